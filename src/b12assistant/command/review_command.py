"""The command `review`: a sheet of the sentences quoted most for people with a licence, and back into the corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from b12assistant.command.invocation import lines, places

if TYPE_CHECKING:
    from b12assistant.application.workspace import Workspace


@click.command()
@places
@click.option("--out", type=Path, metavar="DIR", help="Write review.html and review.csv there.")
@click.option("--in", "sheet", type=Path, metavar="FILE", help="Read a filled-in review.csv back into the corpus.")
@click.option("--questions", type=Path, metavar="FILE.jsonl", help="Questions to ask.  [default: the labelled ones]")
@click.option("-n", "--most", default=400, show_default=True, type=click.IntRange(1), help="How many sentences.")
def review(space: Workspace, out: Path | None, sheet: Path | None, questions: Path | None, most: int) -> None:
    """Have the sentences that are quoted most reviewed by people with a licence.

    --out writes a page to print and a table with empty columns for verdict (right, change, remove), wording, name, role
    and date. --in reads the table back: a sentence found right is marked with name and date until its words change.
    A bad row is named with its line, and then nothing is kept.

    \b
    Examples:
      b12assistant review --out review/ -n 100
      b12assistant review --in review/review.csv
    """
    if (out is None) == (sheet is None):
        raise click.UsageError("give either --out or --in")
    if out is not None:
        from b12assistant.evaluation import review_sheet

        count = review_sheet.write(space, review_sheet.question_files(questions), out, most)
        click.echo(lines([f"{count} sentences in {out / review_sheet.PAGE} and {out / review_sheet.SHEET}."]))
    elif sheet is not None:
        from b12assistant.application.workspace import local_today
        from b12assistant.corpus import reviews

        outcome = reviews.read_back(sheet, space.corpus, local_today())
        asked = [
            f"line {row.line}: {row.verdict}: {row.document}: {row.sentence}"
            + (f" → {row.wording}" if row.wording else "")
            for row in outcome.asked
        ]
        marked = f"{outcome.agreed} sentences marked as reviewed, {len(asked)} to be changed or removed."
        click.echo(lines([*asked, marked, "Run `b12assistant index` to show it."]))
