"""Write docs/reference/ from the code, so that it cannot say anything else: `make reference`.

With --check nothing is written; the exit status is 1 if a page is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from b12assistant import batching, errors
from b12assistant.cli import commands
from b12assistant.config import Settings, known_keys, values_of
from b12assistant.errors import AssistantError
from b12assistant.invocation import NAME
from b12assistant.labels import languages
from b12assistant.telephones import load_telephones

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
WIDTH = 100
NOTE = "<!-- Written by tools/reference.py from the code: change that, then `make reference`. -->"

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

_REGIONS = ", ".join(load_telephones().regions)
MEANINGS = {
    "paths.corpus": "the folder of documents; `--corpus`",
    "paths.index": "the folder of the index; `--index`",
    "paths.reports": "the folder of reports that the tab Evaluate shows, as `evaluate --out` writes them",
    "encoder.model": "the pinned model, or a local path or hub name of another",
    "encoder.digest": "sha256 that the weights of another model must have",
    "encoder.threads": "threads for bulk encoding; 0: one for each core",
    "loading.seconds": "longest time to read one file",
    "loading.megabytes": "largest file, in MB",
    "loading.memory": "memory of the process that reads files, in MB",
    "chunking.pieces": "word pieces of a passage, at most",
    "chunking.title_pieces": "word pieces of the title put in front of a passage for ranking, at most",
    "chunking.sentence_vectors_up_to": "with more passages than this, sentences are not embedded by themselves",
    "lexical.k1": "BM25F: how soon a repeated word stops counting",
    "lexical.b_body": "BM25F: how much a long passage is marked down, 0 to 1",
    "lexical.b_title": "BM25F: the same for title and headings",
    "lexical.title_weight": "BM25F: weight of title and headings against the text",
    "retrieval.candidates": "passages that meaning and words each propose",
    "retrieval.rescored": "of them, passages scored again by late interaction",
    "retrieval.passages": "of them, passages searched for quotes",
    "retrieval.cross_encoder": "path or hub name of a cross-encoder that re-orders the best; empty: none",
    "retrieval.cross_encoded": "passages it re-orders; quotes change only if more than `retrieval.passages`",
    "quoting.quotes": "quotes of an answer, at most",
    "quoting.sentences": "sentences of a quote, at most",
    "quoting.characters": "characters of a quote, at most",
    "quoting.rate": "score taken off for each 100 characters over 100",
    "quoting.alike": "share of words from which two quotes of one source say the same",
    "quoting.margin": "how far behind the best a further quote may fall",
    "quoting.close": "how close in score two quotes are when the one from a source that sells nothing goes first",
    "red_flags.region": f"whose telephone numbers the safety texts name: {_REGIONS}; empty: general words",
    "red_flags.emergency": "an emergency number of your own, worded to follow “call”; wins over the region's",
    "red_flags.crisis_line": "a crisis line of your own, likewise",
    "red_flags.poison_line": "a poison helpline of your own, likewise",
    "page.frame_ancestors": "sites that may show the page in an iframe, as in `https://www.example.org`, blanks "
    "between; empty: none",
    "page.language": f"language of the page's own words: {', '.join(languages())}; the sources keep theirs",
    "feedback.folder": "where votes and unanswered questions are kept, without identifiers; empty: nothing is kept",
    "quoting.heard": "how far behind one who sells nothing may fall and still be heard",
}


def pages() -> dict[Path, str]:
    """Every page with its text."""
    return {FOLDER / "cli.md": "\n".join(_cli()), FOLDER / "configuration.md": "\n".join(_configuration())}


def main() -> int:
    stale = [page for page, text in pages().items() if not page.is_file() or page.read_text("utf-8") != text]
    if "--check" not in sys.argv[1:]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for page, text in pages().items():
            page.write_text(text, "utf-8")
        return 0
    for page in stale:
        print(f"{page.relative_to(FOLDER.parent.parent)} is stale: run `make reference`")
    return 1 if stale else 0


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
    defaults = values_of(Settings())
    for key in known_keys():
        variable = f"B12_{key.replace('.', '_').upper()}"
        yield f"| `{key}` | `{variable}` | `{defaults[key]!r}` | {MEANINGS[key]} |"
    yield ""


if __name__ == "__main__":
    raise SystemExit(main())
