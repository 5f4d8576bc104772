"""The command `evaluate`: a folder is a test collection, a file holds labelled questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from b12assistant.command.invocation import NAME, as_json, lines, one_line, places, workspace

if TYPE_CHECKING:
    from b12assistant.api import Workspace


@click.command("evaluate red-flags")
@click.argument("messages", type=Path, metavar="FILE.jsonl")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@click.option("--html", type=Path, metavar="FILE", help="Also write them as one HTML page.")
@click.option("--out", type=Path, metavar="DIR", help="Write report.json and audit.html there, for the page.")
@click.pass_context
def audit(context: click.Context, messages: Path, html: Path | None, out: Path | None, *, json_: bool) -> None:
    """Audit the safety check on labelled messages.

    A confusion table, recalls with 95 % intervals, false alarms, by kind of trap, and every miss with its trace. A
    line is {"id", "text", "level"}, the level one of emergency, urgent, medical_decision, none; it may have "history"
    (earlier messages), "acceptable" (levels that are right too), "kind", "category", "trap" and "language". No index
    is needed.

    \b
    Examples:
      b12assistant evaluate red-flags messages.jsonl
      b12assistant evaluate red-flags messages.jsonl --html audit.html
      b12assistant evaluate red-flags messages.jsonl --out reports/red-flags
    """
    from b12assistant.application import batching
    from b12assistant.evaluation import measures, red_flag_audit

    if html is not None and html.exists() and html.samefile(messages):
        raise click.UsageError("--html is the file of messages; choose another file")
    figures = red_flag_audit.audit(workspace(context), messages)
    if html is not None:
        batching.write_lines(html, [red_flag_audit.page(figures)])
    if out is not None:
        measures.write_whole(out / "report.json", as_json({"kind": "red_flags", **figures}) + "\n")
        measures.write_whole(out / "audit.html", red_flag_audit.page(figures))
    click.echo(as_json(figures)) if json_ else click.echo(lines(red_flag_audit.as_text(figures)))


@click.command()
@places
@click.argument("dataset", type=Path, metavar="DATASET")
@click.option("--split", metavar="NAME", help="Judgements to use.  [default: dev, validation, train; test if alone]")
@click.option("--queries", metavar="FILE", help="Other queries of the folder, with the same ids.")
@click.option(
    "--ranking",
    "rankings",
    multiple=True,
    metavar="NAME",
    help="A ranking to measure: shipped, bm25, dense or fused, or one without a part, such as without_words.",
)
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=Path,
    metavar="FILE",
    help="A ranking of your own. This and --ranking may be repeated: each is compared with the first.",
)
@click.option("--run", "run_file", type=Path, metavar="FILE", help="A TREC run: scored if it exists, written if not.")
@click.option(
    "--out", type=Path, metavar="DIR", help="Write the whole report there: JSON, a table of all queries, pages, runs."
)
@click.option(
    "--against", type=Path, metavar="DIR", help="An earlier --out of labelled questions; the page says what changed."
)
@click.option("--relevant", default=1, show_default=True, type=click.IntRange(1), help="Least grade that is relevant.")
@click.option("--cache", type=Path, metavar="DIR", help="Where embeddings are kept.  [default: build/bench-cache]")
@click.option(
    "--strict", is_flag=True, help="End with 1 if a question with gold is refused or one without is answered."
)
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
def evaluate(
    space: Workspace,
    dataset: Path,
    split: str | None,
    queries: str | None,
    rankings: tuple[str, ...],
    configs: tuple[Path, ...],
    run_file: Path | None,
    out: Path | None,
    against: Path | None,
    relevant: int,
    cache: Path | None,
    strict: bool,
    json_: bool,
) -> None:
    """Score the ranking on a test collection, or answers on labelled questions.

    A folder is a test collection in BEIR's form (corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv, plain or gzipped) or
    TREC's; the ranking alone is scored, without triage or refusal. A file holds questions about the corpus, a line
    {"id", "question", "gold": ["words of the source", …]}; no gold: the corpus holds no answer.

    \b
    Examples:
      b12assistant evaluate scifact/ --split train --out build/scifact
      b12assistant evaluate scifact/ --ranking shipped --ranking bm25
      b12assistant evaluate scifact/ --run other_system.trec
      b12assistant evaluate questions.jsonl --out reports/questions
      b12assistant evaluate questions.jsonl --out reports/new --against reports/questions
      b12assistant evaluate --strict questions.jsonl
    """
    if not dataset.is_dir():
        if any((split, queries, rankings, configs, run_file)):
            raise click.UsageError("--split, --queries, --ranking, --config and --run are only for a folder")
        _evaluate_questions(space, dataset, out, against, strict=strict, as_data=json_)
        return
    for option, given in (("--against", against is not None), ("--strict", strict)):
        if given:
            raise click.UsageError(f"{option} is for a file of labelled questions; this is a folder")
    from b12assistant.evaluation import bench, bench_index, bench_report

    all_configs = (*map(bench_index.packaged, rankings), *configs)
    request = bench.Request(dataset, split, queries, all_configs, run_file, out, cache or bench.CACHE, relevant)
    report = bench.Bench(space, request, _say).report()
    click.echo(as_json(report)) if json_ else click.echo(lines(bench_report.text(report)))


def _evaluate_questions(
    space: Workspace, file: Path, out: Path | None, against: Path | None, *, strict: bool, as_data: bool
) -> None:
    from b12assistant.evaluation import labelled_set, question_page

    if against is not None and out is None:
        raise click.UsageError("--against needs --out, where the page is written")
    earlier = question_page.read(against) if against else None
    figures = labelled_set.score(space, file, out)
    if out is not None:
        question_page.write(out, earlier)
    click.echo(as_json(figures)) if as_data else click.echo(labelled_set.table(figures))
    wrong = [*figures[labelled_set.REFUSED], *figures[labelled_set.ANSWERED]]
    if strict and wrong:
        _say(f"not answered or refused as labelled: {', '.join(wrong)}")
        raise SystemExit(1)


def _say(sentence: str) -> None:
    click.echo(f"{NAME}: {one_line(sentence)}", err=True)
