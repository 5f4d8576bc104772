"""Write docs/reference/ from the code, so that it cannot say anything else: `make reference`.

It also writes the words by which other languages are known, from the files of data/red_flags/languages/.

With --ask the examples of openapi.json are asked again, of an index of the starter corpus and the real encoder: run it
when answers or the corpus changed.
"""

import inspect
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from starlette.testclient import TestClient

from b12assistant import api, errors
from b12assistant.application import batching
from b12assistant.command.cli import commands
from b12assistant.command.invocation import NAME
from b12assistant.config import DEFAULTS, load_configuration
from b12assistant.corpus.entries import load_page_words
from b12assistant.data_files import read_data
from b12assistant.errors import AssistantError
from b12assistant.safety.fixed_texts import load_regions
from b12assistant.safety.languages import WORDS_FILE, Spoken, read_spoken, usual_of
from b12assistant.safety.red_flags import load_red_flags
from b12assistant.web.service import build_app, build_router, describe

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
WORD = re.compile(r"(?<=[ (|:)?])([a-z]{3,})(\??)")  # of a wording
LISTED = FOLDER.parent.parent / "src" / "b12assistant" / "data" / "red_flags" / WORDS_FILE
EXAMPLES = Path(__file__).with_name("openapi_examples.json")  # by operation and name
WIDTH = 100
NOTE = "<!-- Written by tools/reference.py from the code: change that, then `make reference`. -->"

QUESTIONS: dict[str, dict[str, Any]] = {
    "answered": {"question": "Can low B12 damage nerves without anaemia?"},
    "follow_up": {"question": "What about metformin?", "history": ["Which medicines lower B12?"]},
    "no_answer": {"question": "Who won the football on Sunday?"},
    "emergency": {"question": "My legs gave way this morning and I cannot pass urine."},
}
SEARCH: dict[str, Any] = {"question": "folic acid hides the anaemia", "k": 2}

STATUSES = """\
| exit status | means |
|---|---|
| 0 | done; of `ask` also when the sources hold no answer, or when a safety notice is the answer |
| 1 | the work failed: nothing to index, a damaged index, a quote that is not in its source, a bad line of `batch` |
| 2 | wrong use: an unknown option, setting or file, a question that cannot be read |
| 130 | stopped with Ctrl-C |

Whatever goes wrong, standard error gets one line that says what happened and what to do. Files are written beside their
place and renamed when they are whole. Standard output is UTF-8 when it goes to a file or a pipe, in any locale.
Set `NO_COLOR` to get no colours."""

LINES = f"""\
A line of the input is `{{"id", "question", "history": ["earlier user turn", …], "as_typed": false}}`; only the question
must be there, `id` is a text or a number, blank lines are passed over. Each other line gives one line of output, in
the same order: `{{"id", "answer", "timings_ms", "index"}}` or `{{"id", "error": {{"code", "message", "hint"}}}}`. The
code is that of an error below, or

| code | means |
|---|---|
| `{batching.BAD_LINE}` | the line is not UTF-8, not JSON, or its id is neither a text nor a number |
| `{batching.INTERNAL}` | a fault in the program; the other lines are answered all the same |"""

_REGIONS = ", ".join(load_regions())
MEANINGS = {
    "paths.corpus": "the folder of documents; `--corpus`",
    "paths.index": "the folder of the index; `--index`",
    "corpus.language": "of documents and page: `en`, `de`, `fr` or `es` ([how](../how-to/other-languages.md))",
    "encoder.model": "the pinned model, or the folder of another",
    "encoder.digest": "sha256 that the weights of another model must have",
    "index.engine": "what finds candidates: `faiss` in this process, or `milvus` ([how](../how-to/milvus.md))",
    "index.uri": "of Milvus: `http://HOST:19530`, or a path ending in `.db` (Milvus Lite); empty: beside the index",
    "index.collection": "the name of this index on Milvus; one index, one name",
    "encoder.threads": "threads for bulk encoding; 0: one for each core",
    "encoder.tuned": "use the shipped encoder as it was tuned to vitamin B12 and nerves; `false` with another model",
    "loading.seconds": "most processor time to read and mark one file",
    "loading.megabytes": "largest file, in MB",
    "answering.least": "confidence, 0 to 1, below which nothing is quoted; 0: as fitted. `evaluate` finds it",
    "answering.strong": "confidence from which a quote is shown without reserve; 0: as fitted",
    "quoting.quotes": "quotes of an answer, at most",
    "red_flags.packaged": "packaged rules that are on: `all` (made for questions on health), `emergencies`, or `none`",
    "red_flags.model": "`true`: a model fitted on questions about health may raise what rules miss; not with `none`",
    "red_flags.region": f"whose telephone numbers the safety texts name: {_REGIONS}; `none`: general words",
    "red_flags.emergency": "an emergency number of your own, worded to follow “call”; wins over the region's",
    "red_flags.crisis_line": "a crisis line of your own, likewise",
    "red_flags.poison_line": "a poison helpline of your own, likewise",
    "page.run_by": "who runs the page and how to reach them, as in `Anytown Surgery, b12@surgery.example`; empty: the "
    "page does not say",
    "page.signature": "signature below a reply that is copied, as in `Anna, B12 support team`; empty: `page.run_by`",
    "web.seconds": "longest time from a question to its answer; after that it is reported as late",
    "web.hosts": "names the server is reached by besides its address, as in `b12.example.org`, blanks between",
    "web.behind_proxy": "`true`: a proxy asks for passwords and speaks TLS, so `serve --host` may name any address",
    "web.log": "lines of the log on standard error, in JSON: `info` (each question and response), `warning` or `error`",
}


def pages() -> dict[Path, str]:
    """Return every page with its text."""
    written = {"cli.md": _cli(), "configuration.md": _configuration(), "python.md": _python()}
    return {
        **{FOLDER / name: "\n".join(lines) for name, lines in written.items()},
        FOLDER / "openapi.json": as_text(document()),
        LISTED: _language_words(),
    }


def main() -> None:
    if "--ask" in sys.argv[1:]:
        EXAMPLES.write_text(as_text(examples()), "utf-8")
    for page, text in pages().items():
        page.write_text(text, "utf-8")


def _language_words() -> str:
    """Return, for each language, a line of the words of its wordings and its usual spellings, as its file has them."""
    kinds = {finding.id: finding.kind for finding in load_red_flags().findings}
    codes = sorted(file.stem for file in LISTED.with_name("languages").glob("*.toml"))
    usual = {code: usual_of(read_data("red_flags", "languages", f"{code}.toml")) for code in codes}
    listed = {code: {"usual": usual[code], "words": sorted(_words(read_spoken(code, kinds)))} for code in codes}
    lines = (f"{json.dumps(code)}: {json.dumps(table, ensure_ascii=False)}" for code, table in listed.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _words(spoken: Spoken) -> frozenset[str]:
    """Return the words of a language's wordings, with and without a last letter that may be missing."""
    findings, cues = spoken
    parts = (part for each in (*findings.wordings, *cues.values()) for part in each.expressions())
    found = [pair for part in parts for pair in WORD.findall(f"(?:{part})")]
    return frozenset(word for word, _ in found) | {word[:-1] for word, optional in found if optional}


def _cli() -> Iterator[str]:
    yield from ("# Command line", "", NOTE, "", STATUSES, "")
    root = click.Context(commands, info_name=NAME, terminal_width=WIDTH, help_option_names=["-h", "--help"])
    yield from _help(NAME, commands.get_help(root))
    for name in sorted(commands.commands):
        command = commands.commands[name]
        context = click.Context(command, parent=root, info_name=name, terminal_width=WIDTH)
        yield from _help(f"{NAME} {name}", command.get_help(context))
        if name == "batch":
            yield from (LINES, "")
    yield from ("## Errors", "", "| code | exit status | means |", "|---|---|---|")
    for error in _errors(AssistantError):
        yield f"| `{error.code}` | {error.exit_status} | {' '.join((error.__doc__ or '').split())} |"
    yield ""


def _help(heading: str, text: str) -> Iterator[str]:
    yield from (f"## {heading}", "", "```", text, "```", "")


def _errors(root: type[AssistantError]) -> Iterator[type[AssistantError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _errors(child)


def _configuration() -> Iterator[str]:
    yield from ("# Configuration", "", NOTE, "")
    yield "Defaults, then `b12assistant.toml` in the working directory (or the file of `--config`), then the"
    yield "environment, then options: the last wins. An unknown key is an error. `b12assistant doctor` shows every"
    yield "value and its origin."
    yield from ("", "```toml", "# b12assistant.toml", "[quoting]", "quotes = 2", "```", "")
    yield from ("| key | environment | default | what it sets |", "|---|---|---|---|")
    for key, default in DEFAULTS.items():
        variable = f"B12_{key.replace('.', '_').upper()}"
        yield f"| `{key}` | `{variable}` | `{default!r}` | {MEANINGS[key]} |"
    yield ""


def _python() -> Iterator[str]:
    yield from ("# Python", "", NOTE, "", (inspect.getdoc(api) or "").replace("``", "`"), "")
    yield from ("```python", "from b12assistant.api import Assistant, build_index", "```", "")
    yield from _member("Assistant", api.Assistant, heading="##")
    for name, member in vars(api.Assistant).items():
        if not name.startswith("_"):
            yield from _member(f"Assistant.{name}", getattr(member, "__func__", member), heading="###")
    yield from _member("build_index", api.build_index, heading="##")
    yield from (
        "What is raised is an `AssistantError` with `code`, `message` and `hint`: [the list](cli.md#errors).",
        "",
    )


def _member(name: str, member: object, *, heading: str) -> Iterator[str]:
    """Yield its signature, if it has one, and what its docstring says; examples in the docstring become code."""
    yield from (f"{heading} {name}", "")
    if inspect.isfunction(member):
        signature = str(inspect.signature(member)).replace("'", "")  # annotations are not evaluated
        yield from ("```python", name + re.sub(r"^\((self|cls)(, )?", "(", signature), "```", "")
    prose, _, examples = (inspect.getdoc(member) or "").partition(">>> ")
    yield from (prose.replace("``", "`").strip(), "")
    if examples:
        yield from ("```pycon", f">>> {examples.strip()}", "```", "")


def document() -> dict[str, Any]:
    """Return the description as the code has it now; nothing is loaded for it."""
    described = describe(build_router(api.Workspace).routes, load_page_words())
    recorded = json.loads(EXAMPLES.read_text("utf-8"))
    for path in described["paths"].values():
        for operation in path.values():
            exemplify(operation, recorded[operation["operationId"]])
    return described


def exemplify(operation: dict[str, Any], examples: dict[str, Any]) -> None:
    """Add recorded requests with their responses to an operation."""
    answers = {name: {"value": example["response"]} for name, example in examples.items()}
    if answers:
        operation["responses"]["200"]["content"]["application/json"]["examples"] = answers
    asked = {name: {"value": example["request"]} for name, example in examples.items() if "request" in example}
    if asked:
        operation["requestBody"]["content"]["application/json"]["examples"] = asked
    for parameter in operation.get("parameters", []):
        given = {name: example.get("parameters", {}) for name, example in examples.items()}
        values = {name: {"value": all_[parameter["name"]]} for name, all_ in given.items() if parameter["name"] in all_}
        if values:
            parameter["examples"] = values


def examples() -> dict[str, Any]:
    """Ask every example of a fresh index, through the routes themselves."""
    with tempfile.TemporaryDirectory() as index:
        flags = {"paths.corpus": str(FOLDER.parent.parent / "corpus"), "paths.index": index}
        space = api.Workspace(load_configuration(environment={}, flags=flags))
        space.index()
        client = TestClient(build_app(lambda: space))
        asked = {name: _posted(client, "ask", body) for name, body in QUESTIONS.items()}
        found = _posted(client, "search", SEARCH)
        shortest = min((entry.document for entry in space.opened.entries), key=lambda each: len(each.text)).id
        passage = found["response"]["hits"][0]["passage"]
        return {
            "ask": asked,
            "search": {"phrase": found},
            "get_document": {"document": _got(client, "/api/v1/documents/{id}", id=shortest)},
            "get_passage": {"passage": _got(client, "/api/v1/passages/{id}", id=passage)},
            "healthz": {"alive": _got(client, "/healthz")},
            "readyz": {"ready": _got(client, "/readyz")},
        }


def _posted(client: TestClient, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"request": body, "response": client.post(f"/api/v1/{operation}", json=body).raise_for_status().json()}


def _got(client: TestClient, path: str, **parameters: Any) -> dict[str, Any]:
    named = {name: value for name, value in parameters.items() if f"{{{name}}}" not in path}
    response = client.get(path.format(**parameters), params=named).raise_for_status()
    return {"parameters": parameters, "response": response.json()}


def as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
