"""Any file of a corpus to its canonical text: by what the file holds, not by what it is called."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from b12assistant.errors import SourceError
from b12assistant.types import Extract

if TYPE_CHECKING:
    from b12assistant.protocols import Loader

# The kind of file that each name promises; a file of another name is no source.
_PROMISED = {
    ".pdf": "pdf",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
}
SUPPORTED_SUFFIXES = frozenset(_PROMISED)
_CALLED = {"pdf": "a PDF", "html": "HTML", "markdown": "Markdown", "text": "plain text"}

_PDF = b"%PDF-"
_PDF_REACH = 1024  # bytes that may stand before a PDF's mark
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])", re.I | re.S
)
_HTML_REACH = 4096  # bytes
_ARCHIVES = {b"PK\x03\x04": "a zip archive or an office document", b"\xd0\xcf\x11\xe0": "an old office document"}
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def load(data: bytes, name: str) -> Extract:
    """Read a file by its content. ``name`` gives its suffix, and is only a promise.

    Raises ``SourceError`` where the file is left out; a wrong name with text that can be read is a warning.
    """
    if not data:
        raise SourceError("empty file")
    suffix = PurePath(name).suffix.lower()
    if suffix not in _PROMISED:
        raise SourceError(f"not a type that can be read ({suffix or 'no suffix'})")
    kind = _kind(data, suffix)
    extract = _loader(kind)(data)
    if not extract.blocks:
        raise SourceError("no text in it")
    misnamed = () if kind == _PROMISED[suffix] else (f"named {suffix} but is {_CALLED[kind]}; read as that",)
    return replace(extract, warnings=(*misnamed, *extract.warnings, *_unseen(extract.text)))


def _kind(data: bytes, suffix: str) -> str:
    """What the file is. Markdown cannot be told from plain text but by its name."""
    promised = _PROMISED[suffix]
    if data.startswith(_PDF) or (promised == "pdf" and _PDF in data[:_PDF_REACH]):
        return "pdf"
    html = _HTML.match(data[:_HTML_REACH].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe"))
    if promised == "pdf":
        raise SourceError(f"named .pdf but is {'HTML' if html else _guess(data)}", hint="give it its true suffix")
    if promised != "html" and _guess(data) != "no PDF":
        raise SourceError(f"named {suffix} but is {_guess(data)}")
    return "html" if html else promised


def _guess(data: bytes) -> str:
    return next((what for magic, what in _ARCHIVES.items() if data.startswith(magic)), "no PDF")


def _loader(kind: str) -> Loader:
    """Imported when asked for: each brings a library that the others do without."""
    match kind:
        case "pdf":
            from b12assistant.loaders.pdf import load as loader
        case "html":
            from b12assistant.loaders.html import load as loader
        case "markdown":
            from b12assistant.loaders.markdown import load as loader
        case _:
            from b12assistant.loaders.text import load as loader
    return loader


def _unseen(text: str) -> tuple[str, ...]:
    """Characters that a reader cannot see, or that change the order of what is seen."""
    found = (
        (len(_CONTROLS.findall(text)), "control character(s)"),
        (len(_BIDI.findall(text)), "character(s) that change the direction of writing"),
    )
    return tuple(f"{count} {what}" for count, what in found if count)
