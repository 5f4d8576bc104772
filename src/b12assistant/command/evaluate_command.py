"""The command `evaluate`: score answers and the safety check, and fit the limits of the confidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from b12assistant.command.invocation import NAME, as_json, lines, one_line, places, workspace
from b12assistant.errors import UsageError

if TYPE_CHECKING:
    from b12assistant.api import Workspace


@click.command("evaluate red-flags")
@click.argument("messages", type=Path, metavar="FILE.jsonl")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@click.option("--out", type=Path, metavar="DIR", help="Also write them there, as report.json.")
@click.pass_context
def audit(context: click.Context, messages: Path, out: Path | None, *, json_: bool) -> None:
    """Audit the safety check on labelled messages.

    A confusion table, recalls with 95 % intervals, false alarms, by kind of trap, and every miss with its trace. A
    line is {"id", "text", "level"}, the level one of emergency, urgent, medical_decision, none; it may have "history"
    (earlier messages), "acceptable" (levels that are right too), "kind", "category", "trap" and "language". No index
    is needed.

    \b
    Examples:
      b12assistant evaluate red-flags messages.jsonl
      b12assistant evaluate red-flags messages.jsonl --out reports/red-flags
    """
    from b12assistant.evaluation import red_flag_audit
    from b12assistant.evaluation.labelled_set import write_whole

    figures = red_flag_audit.audit(workspace(context), messages)
    if out is not None:
        write_whole(out / "report.json", as_json({"kind": "red_flags", **figures}) + "\n")
    click.echo(as_json(figures)) if json_ else click.echo(lines(red_flag_audit.as_text(figures)))


@click.command()
@places
@click.argument("file", type=Path, metavar="QUESTIONS.jsonl")
@click.option("--out", type=Path, metavar="DIR", help="Write the whole report there, as JSON.")
@click.option(
    "--strict", is_flag=True, help="End with 1 if a question with gold is refused or one without is answered."
)
@click.option(
    "--fit",
    is_flag=True,
    help="Find answering.least and answering.strong, by those of the questions that are not marked.",
)
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
def evaluate(space: Workspace, file: Path, out: Path | None, *, strict: bool, fit: bool, json_: bool) -> None:
    """Score answers on labelled questions.

    A line is {"id", "question", "gold": ["words of the source", …]}; no gold: the corpus holds no answer. The ranking
    alone is measured on test collections by benchmarks/run_collection.py, in a checkout.

    \b
    Examples:
      b12assistant evaluate questions.jsonl --out reports/questions
      b12assistant evaluate --strict questions.jsonl
      b12assistant evaluate --fit questions.jsonl
    """
    from b12assistant.evaluation import labelled_set

    if file.is_dir():
        raise UsageError(
            f"{file} is a folder; evaluate reads a file of labelled questions",
            hint="a test collection is measured in a checkout: python benchmarks/run_collection.py FOLDER",
        )
    if fit:
        if out or strict or json_:
            raise click.UsageError("--fit goes with no other option")
        _fit(space, file)
        return
    figures = labelled_set.score(space, file, out)
    click.echo(as_json(figures)) if json_ else click.echo(labelled_set.table(figures))
    wrong = [*figures[labelled_set.REFUSED], *figures[labelled_set.ANSWERED]]
    if strict and wrong:
        complaint = f"not answered or refused as labelled: {', '.join(wrong)}"
        click.echo(f"{NAME}: {one_line(complaint)}", err=True)
        raise SystemExit(1)


def _fit(space: Workspace, file: Path) -> None:
    """Show which limits fit the questions, what they change, and what to write into the settings."""
    from b12assistant.evaluation import limits

    asked, marked = limits.judged(space, file)
    calibration = space.assistant.in_use
    now = limits.Limits(calibration.possibly, calibration.answered)
    then = limits.limits_of(asked, now)
    if marked:
        click.echo(f"{marked} of the questions are marked in the corpus and left out; a fit needs others.")
    click.echo(lines(limits.changes(asked, now, then)))
    settings = ("[answering]", f"least = {then.least}", f"strong = {then.strong}")
    click.echo(lines(["To use them, write this into b12assistant.toml:", "", *settings]))
