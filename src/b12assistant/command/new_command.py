"""`new` on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from b12assistant.command.invocation import lines


@click.command()
@click.argument("folder", type=Path)
def new(folder: Path) -> None:
    """Write the skeleton of a project with a corpus of its own.

    The folder must be new or empty. It gets a corpus with a template, files for source facts, red flags, vocabulary,
    differences and fixed texts to adapt, a configuration, a Makefile and a README that says what to do in which order.

    \b
    Example:
      b12assistant new my-project
    """
    from b12assistant.command.skeleton import write_skeleton

    for file in write_skeleton(folder):
        click.echo(lines([str(folder / file)]))
    click.echo(lines([f"Next: go to {folder}, run `b12assistant index`, then ask. README.md says what to adapt."]))
