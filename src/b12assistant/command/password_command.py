"""`password` on the command line: who may log in."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("file", type=Path, metavar="FILE")
@click.argument("name")
def password(file: Path, name: str) -> None:
    """Let somebody log in to the page and the API.

    The password is asked for; FILE holds names and Argon2id hashes. Where standard input is no terminal, its first line
    is the password. To take somebody out, delete their line: they are logged out at once. The page asks for a login
    when web.passwords names FILE.

    \b
    Examples:
      b12assistant password passwords.txt anna
      B12_WEB_PASSWORDS=passwords.txt b12assistant serve
    """
    from b12assistant.web import passwords

    if sys.stdin.isatty():
        typed = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    passwords.write(file, name, typed)
    click.echo(f"{name} may log in", err=True)
