"""`evaluate red-flags` on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from b12assistant.command.invocation import as_json, lines, workspace


@click.command("evaluate red-flags")
@click.argument("messages", type=Path, metavar="FILE.jsonl")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@click.option("--html", type=Path, metavar="FILE", help="Write them as a page too; it needs nothing beside itself.")
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
    from b12assistant.evaluation import auditing, red_flag_html, red_flag_report, runs

    if html is not None and html.exists() and html.samefile(messages):
        raise click.UsageError("--html names the file of messages itself; name another")
    figures = auditing.audit(workspace(context, None, None), messages)
    if html is not None:
        batching.write_lines(html, [red_flag_html.page(figures)])
    if out is not None:
        runs.write_whole(out / "report.json", as_json({"kind": "red_flags", **figures}) + "\n")
        runs.write_whole(out / "audit.html", red_flag_html.page(figures))
    click.echo(as_json(figures)) if json_ else click.echo(lines(red_flag_report.as_text(figures)))
