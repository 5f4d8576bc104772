"""Rows 40 to 45: special files, awkward names, and files that may not be read."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from bad_inputs.bad_input import INDEXED, LEFT_OUT, WARNINGS, BadInput

WORDS = "Numb feet can be a sign of {}. They should be looked at soon.\n"
ODD_NAMES = {
    "newline": b"two\nlines.md",
    "bidi": "a\u202egnp.md".encode(),
    "escape": b"\x1b[31mred.md",
    "dots": b"a...md.md",
    "long": b"n" * 252 + b".md",
    "quotes": b"'\"\\ $(id).md",
    "dash": b"-rf.md",
    "nothing seen": "\u200b\u00ad.md".encode(),
    "tab": b"a\tb.md",
}


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket address holds about 100 bytes
    try:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(path.name)
    finally:
        os.chdir(here)


def _link_out(path: Path) -> None:
    secret = path.parent.parent / "secret.txt"
    secret.write_text("The password is swordfish.\n")
    path.symlink_to(secret)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def _locked(path: Path) -> None:
    path.write_text(WORDS.format("nothing"))
    path.chmod(0)


def links() -> Iterator[BadInput]:
    outside = "a link out of the corpus"
    yield BadInput(40, "a link out.txt", b"", LEFT_OUT, outside, placed=_link_out)
    yield BadInput(40, "a folder out", b"", LEFT_OUT, outside, placed=lambda path: path.symlink_to("/etc"))
    yield BadInput(
        40, "a password file.txt", b"", LEFT_OUT, outside, placed=lambda path: path.symlink_to("/etc/passwd")
    )
    yield BadInput(40, "nowhere.txt", b"", LEFT_OUT, "cannot be read", placed=lambda path: path.symlink_to("gone"))
    yield BadInput(
        40, "in a circle.txt", b"", LEFT_OUT, "cannot be read", placed=lambda path: path.symlink_to(path.name)
    )


def no_files() -> Iterator[BadInput]:
    for suffix in ("txt", "pdf"):
        yield BadInput(41, f"a pipe.{suffix}", b"", LEFT_OUT, "not a regular file", placed=_pipe)
    yield BadInput(41, "a socket.txt", b"", LEFT_OUT, "not a regular file", placed=_socket)
    yield BadInput(41, "a device.txt", b"", LEFT_OUT, "a link out", placed=lambda path: path.symlink_to("/dev/zero"))


def names() -> Iterator[BadInput]:
    for number, name in enumerate(ODD_NAMES.values()):
        yield BadInput(42, os.fsdecode(name), WORDS.format(number).encode(), INDEXED)
    latin = os.fsdecode(b"latin \xe9.md")
    yield BadInput(42, latin, WORDS.format("Latin-1").encode(), LEFT_OUT, "a name that is not UTF-8")
    yield BadInput(42, "no suffix", WORDS.format("no suffix").encode(), LEFT_OUT, "no suffix")
    yield BadInput(42, "a picture.png", b"\x89PNG\r\n\x1a\n", LEFT_OUT, "not a type that can be read (.png)")
    yield BadInput(43, "first.txt", WORDS.format("twins").encode(), INDEXED)
    yield BadInput(43, "twin.txt", WORDS.format("twins").encode(), WARNINGS, "the same bytes as first.txt")


def sizes() -> Iterator[BadInput]:
    yield BadInput(44, "a gigabyte.txt", b"", LEFT_OUT, "larger than", placed=_sparse)
    if os.geteuid():  # the superuser can read everything
        yield BadInput(45, "closed.txt", b"", LEFT_OUT, "Permission denied", placed=_locked)


def places() -> Iterator[BadInput]:
    for kind in (links, no_files, names, sizes):
        yield from kind()
