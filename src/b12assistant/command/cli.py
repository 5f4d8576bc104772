"""The command line: turn arguments into calls, errors into sentences, results into text or JSON."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b12assistant.command.invocation import as_json, complain, lines, places, run, words
from b12assistant.corpus.publishers import PublisherKind
from b12assistant.errors import UsageError

if TYPE_CHECKING:
    from b12assistant.application.workspace import Workspace


_KINDS = click.Choice([kind.value for kind in PublisherKind])
_NEW = 200_000  # objects, before they are looked through for reference cycles: opening an index makes as many
_YEARS = click.IntRange(1, 9999)


class _OneOrTwoWords(click.Group):
    """A group of commands named by one word, `evaluate FILE`, or by two, `evaluate red-flags FILE`."""

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        both = " ".join(args[:2])
        if " " in both and both in self.commands:
            return both, self.commands[both], args[2:]
        return super().resolve_command(context, args)


@click.group(cls=_OneOrTwoWords, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--corpus", metavar="DIR", help="The folder of documents.  [default: corpus]")
@click.option("--index", "index_folder", metavar="DIR", help="The folder of the index.  [default: index]")
@click.option("--config", metavar="FILE", help="A configuration file.  [default: b12assistant.toml, if it exists]")
@click.version_option(package_name="b12assistant")
@click.pass_context
def commands(context: click.Context, corpus: str | None, index_folder: str | None, config: str | None) -> None:
    """Answer questions only by quoting documents; those that ship are about vitamin B12 and nerves.

    \b
    Examples:
      b12assistant index
      b12assistant ask "Can low B12 damage nerves without anaemia?"
      b12assistant --index other/ search "folic acid"
    """
    context.obj = {"corpus": corpus, "index": index_folder, "config": config}


@commands.command()
@places
@click.option("--strict", is_flag=True, help="Publish nothing if a file would be left out.")
@click.option("--json", "json_", is_flag=True, help="Print the report as JSON.")
def index(space: Workspace, strict: bool, json_: bool) -> None:
    """Build the index from the corpus; only changed text is embedded again.

    \b
    Examples:
      b12assistant index
      b12assistant index --corpus guides/ --index index/ --strict
    """
    from b12assistant.display import terminal

    first = space.store.current() is None
    with terminal.progress() as bar:

        def progress(stage: str, done: int, of: int) -> None:
            if first and of and (stage, done) == ("embedding", 0):
                click.echo(f"First index: {of} file{'s' if of != 1 else ''} to embed …", err=True)
            bar(stage, done, of)

        report = space.index(strict=strict, progress=progress)
    if json_:
        from b12assistant.display.json_form import index_report_json

        click.echo(as_json(index_report_json(report)))
    else:
        terminal.index_report(report, terminal.console())


@commands.command()
@places
@click.argument("question", required=False)
@click.option(
    "--history", multiple=True, metavar="TEXT", help="An earlier question of the conversation; may be repeated."
)
@click.option("--as-typed", is_flag=True, help="Search for exactly the words of this question.")
@click.option("--json", "json_", is_flag=True, help="Print the answer as JSON.")
def ask(space: Workspace, question: str | None, history: tuple[str, ...], as_typed: bool, json_: bool) -> None:
    """Answer a question with quotes; without a question, start a conversation.

    If standard input is not a terminal, or the question is -, the question is read from it.

    \b
    Examples:
      b12assistant ask "Can low B12 damage nerves without anaemia?"
      b12assistant ask --history "Which medicines lower B12?" "What about metformin?"
      b12assistant ask --as-typed "pins and needles"
      echo "What is myelin?" | b12assistant ask --json
    """
    from b12assistant.command import prompt

    earlier = [words(turn) for turn in history]
    if question is None and not json_ and sys.stdin.isatty():
        prompt.converse(space, earlier)
        return
    asked = prompt.piped() if question in (None, "-") else words(question)
    space.load_ahead()
    prompt.answer_once(space, asked, earlier, json_=json_, as_typed=as_typed)


@commands.command()
@places
@click.argument("question")
@click.option("-k", "--most", default=10, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@click.option("--publisher", default="", metavar="NAME", help="Only what publications of this publisher say.")
@click.option("--kind", "kinds", multiple=True, type=_KINDS, help="Only publications of this kind; may be repeated.")
@click.option("--since", type=_YEARS, metavar="YEAR", help="Only publications of this year or later.")
@click.option("--until", type=_YEARS, metavar="YEAR", help="Only publications of this year or earlier.")
@click.option("--json", "json_", is_flag=True, help="Print the hits as JSON.")
def search(
    space: Workspace,
    question: str,
    most: int,
    publisher: str,
    kinds: tuple[str, ...],
    since: int | None,
    until: int | None,
    json_: bool,
) -> None:
    """Find passages by meaning and words; nothing is hidden.

    \b
    Examples:
      b12assistant search "folic acid hides the anaemia" -k 5
      b12assistant search "injections" --publisher nice --kind guideline --since 2020
    """
    from b12assistant.answering.lookup import Sieve
    from b12assistant.display import terminal
    from b12assistant.display.presentation import present_notices
    from b12assistant.display.quoted import Quoted

    question = words(question)
    if since and until and since > until:
        raise UsageError(f"--since {since} is after --until {until}", hint="swap them")
    sieve = Sieve(words(publisher).strip(), frozenset(map(PublisherKind, kinds)), since, until)
    notices, hits = space.search(question, most, sieve)
    if json_:
        from b12assistant.display.json_form import search_json

        generation = space.opened.collection.generation
        click.echo(as_json(search_json(question, notices, hits, space.texts, generation)))
        return
    results = [Quoted.of_passage(hit.passage, hit.rank) for hit in hits]
    terminal.hits(present_notices(notices, space.texts), results, terminal.console())


@commands.command()
@places
@click.option(
    "--input", "input_", required=True, metavar="FILE", type=Path, help="JSON lines of questions; - for stdin."
)
@click.option("--output", required=True, metavar="FILE", type=Path, help="JSON lines of answers; - for stdout.")
def batch(space: Workspace, input_: Path, output: Path) -> None:
    """Answer many questions with one model load, in order.

    A line is {"id", "question", "history": ["earlier user turn", …]}. A bad line gives {"id", "error"}; the run
    goes on and ends with exit status 1. FILE is replaced when all is written.

    \b
    Example:
      b12assistant batch --input questions.jsonl --output answers.jsonl
    """
    from b12assistant.application import batching

    failed, of = batching.run(space, input_, output, as_json)
    if failed:
        raise SystemExit(complain(f"{failed} of {of} lines have an error in place of an answer", 1))


@commands.command()
@places
@click.argument("name")
@click.option("--json", "json_", is_flag=True, help="Print it as JSON.")
def show(space: Workspace, name: str, json_: bool) -> None:
    """Show a document or a passage by its id, with its source.

    \b
    Examples:
      b12assistant show guides/testing.md
      b12assistant show 3f2a9c
    """
    from b12assistant.display import terminal
    from b12assistant.display.quoted import Quoted
    from b12assistant.index.documents import export_line
    from b12assistant.types import DocumentId

    name = words(name)
    entry = space.entries.get(DocumentId(name))
    if entry is None:
        passage = space.passage(name)
        if json_:
            from b12assistant.display.json_form import passage_json

            click.echo(as_json(passage_json(passage)))
            return
        terminal.passage(Quoted.of_passage(passage), terminal.console())
    elif json_:
        click.echo(as_json(export_line(entry)))
    else:
        document = entry.document
        whole = Quoted((document.span(0, len(document.text)),))
        terminal.document(whole, terminal.console())


@commands.command()
@places
@click.argument("file", type=Path, metavar="FILE.jsonl")
def export(space: Workspace, file: Path) -> None:
    """Write every document as a line of JSON; - for stdout.

    A line has the text, sections, marked ranges, passages and source facts.

    \b
    Example:
      b12assistant export corpus.jsonl
    """
    from b12assistant.application import batching
    from b12assistant.index.documents import export_line

    batching.write_lines(file, (as_json(export_line(entry)) for entry in space.opened.entries))


@commands.command()
@places
@click.argument("file", required=False, type=Path)
@click.option("--repair", is_flag=True, help="Rebuild the index from the corpus if it has a problem.")
@click.option("--json", "json_", is_flag=True, help="Print the findings as JSON.")
def verify(space: Workspace, file: Path | None, repair: bool, json_: bool) -> None:
    """Check the index, its corpus, and a file of answers.

    The file comes from `batch` or `ask --json`. Each quote is compared with its document; then every question is asked
    again, and the answers are compared. The last line is the verdict on the file. Only the index that gave an answer
    can confirm it.

    \b
    Examples:
      b12assistant verify
      b12assistant verify answers.jsonl
      b12assistant verify --repair
    """
    from b12assistant.application import health
    from b12assistant.display import terminal

    with terminal.progress() as bar:
        findings = health.verify(space, file, progress=lambda done, of: bar("asking again", done, of))
    if repair and findings.index_problems:
        with terminal.progress() as progress:
            space.renewed().index(from_scratch=True, progress=progress)
        findings = replace(health.verify(space.renewed(), file), fixed=findings.index_problems)
    click.echo(as_json(findings.as_json())) if json_ else click.echo(lines(findings.sentences()))
    if not findings.sound:
        raise SystemExit(1)


@commands.command()
@places
@click.option("--json", "json_", is_flag=True, help="Print it as JSON.")
def doctor(space: Workspace, json_: bool) -> None:
    """Show problems and settings, and where each setting comes from.

    \b
    Example:
      b12assistant doctor
    """
    from b12assistant.application import health

    report = health.examine(space)
    click.echo(as_json(report)) if json_ else click.echo(lines(health.sentences(report)))
    if report["problems"]:
        raise SystemExit(1)


@commands.command()
@places
@click.argument("file", type=Path, metavar="QUESTIONS.jsonl")
@click.option("--out", type=Path, metavar="DIR", help="Write the whole report there, as JSON.")
@click.option(
    "--strict", is_flag=True, help="End with 1 if a question is not answered or refused as labelled, or gold is lost."
)
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
def evaluate(space: Workspace, file: Path, out: Path | None, *, strict: bool, json_: bool) -> None:
    """Score answers on labelled questions.

    A line is {"id", "question", "gold": ["words of the source", …]}; no gold: the corpus holds no answer. The limits
    that fit are for answering.least and answering.strong. The ranking alone is measured on test collections by
    benchmarks/run_collection.py, in a checkout.

    \b
    Examples:
      b12assistant evaluate questions.jsonl --out reports/questions
      b12assistant evaluate --strict questions.jsonl
    """
    from b12assistant.evaluation import labelled_set

    figures = labelled_set.score(space, file, out)
    click.echo(as_json(figures)) if json_ else click.echo(labelled_set.table(figures))
    wrong = [*figures[labelled_set.REFUSED], *figures[labelled_set.ANSWERED]]
    if strict and wrong:
        raise SystemExit(complain(f"not answered or refused as labelled: {', '.join(wrong)}", 1))
    if strict and (lost := figures[labelled_set.LOST]):
        raise SystemExit(complain(f"the gold of these is in no document, so correct it: {', '.join(lost)}", 1))


@commands.command("evaluate red-flags")
@places
@click.argument("messages", type=Path, metavar="FILE.jsonl")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
def audit(space: Workspace, messages: Path, *, json_: bool) -> None:
    """Audit the safety check on labelled messages.

    A confusion table, recalls with 95 % intervals, false alarms, by kind of trap, and every miss. A
    line is {"id", "text", "level"}, the level one of emergency, urgent, medical_decision, none; it may have "history"
    (earlier messages), "acceptable" (levels that are right too), "kind", "category", "trap" and "language". No index
    is needed.

    \b
    Examples:
      b12assistant evaluate red-flags messages.jsonl
      b12assistant evaluate red-flags --json messages.jsonl > report.json
    """
    from b12assistant.evaluation import red_flag_audit

    figures = red_flag_audit.audit(space, messages)
    click.echo(as_json(figures)) if json_ else click.echo(lines(red_flag_audit.as_text(figures)))


@commands.command()
@places
@click.argument("file", type=Path, metavar="QUESTIONS")
def improve(space: Workspace, file: Path) -> None:
    """Mark answers, so that the next index finds them better.

    QUESTIONS is a text file with a question on each line. Each is shown with its answer as a reader sees it and the
    twenty nearest sentences; one key marks it. A mark is written at once into the corpus's own lists (sentences/,
    not_answered.txt), and u takes it back; no document is changed.

    \b
    Example:
      b12assistant improve asked.txt
    """
    from b12assistant.application.improvement import Improver, read_questions
    from b12assistant.command import prompt

    if space.configuration.is_packaged:
        raise UsageError(
            "the corpus that comes with the program is not edited", hint="make a project with `b12assistant new`"
        )
    questions, complaints = read_questions(file)
    space.opened  # noqa: B018 - raises here if there is no index
    improver = Improver(space)
    for sentence in complaints:
        click.echo(lines([sentence]))
    prompt.Desk(improver, tuple(questions), prompt.key).work()


@commands.command()
@places
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=7860, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes any.")
@click.option("--behind-proxy", is_flag=True, help="A proxy protects the server: allow a HOST other than this machine.")
def serve(space: Workspace, host: str, port: int, *, behind_proxy: bool) -> None:
    """Serve the web page and the HTTP API, as `python app.py` does.

    The server has no passwords, so it listens on this machine only. To let others in, use a reverse proxy that asks
    for passwords and uses TLS (docs/how-to/reverse-proxy.md).

    \b
    Examples:
      b12assistant serve --port 8000
      b12assistant serve --host 192.168.1.5 --behind-proxy
    """
    from b12assistant.web import site

    site.serve(space, host, port, behind_proxy=behind_proxy)


@commands.command()
@places
def mcp(space: Workspace) -> None:
    """Serve tools for other assistants (MCP): ask, search, open_passage.

    They get exact quotes with citations, and safety texts first. Another program starts this command and talks to it
    over standard input and output. Needs the package mcp.

    \b
    Example:
      b12assistant mcp
    """
    from b12assistant.command import mcp_server

    mcp_server.serve_stdio(space)


@commands.command()
@click.argument("folder", type=Path)
def new(folder: Path) -> None:
    """Create a project with its own corpus.

    The folder must be new or empty. It gets a corpus with a template, files to adapt (source facts, red flags,
    vocabulary, differences, asked questions, fixed texts), a configuration, a Makefile and a README that says what to
    do first.

    \b
    Example:
      b12assistant new my-project
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder", hint="choose a new folder")
    with resources.as_file(resources.files("b12assistant").joinpath("data", "skeleton")) as skeleton:
        shutil.copytree(skeleton, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    (folder / "gitignore").rename(folder / ".gitignore")  # packages leave out files that begin with a dot
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    click.echo(lines(str(folder / file) for file in files))
    click.echo(lines([f"Next: go to {folder}, run `b12assistant index`, then ask. README.md says what to change."]))


def main() -> None:
    """Run the command line. Exit status 0: done; 1: the work failed; 2: wrong use; 130: stopped with Ctrl-C."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's products are small: two threads wait for each other
    gc.set_threshold(_NEW)
    raise SystemExit(run(commands))
