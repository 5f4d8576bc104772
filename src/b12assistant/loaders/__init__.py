"""Extract the canonical text of any file of a corpus, by its content, not its name."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module
from pathlib import PurePath

from b12assistant.errors import SourceError
from b12assistant.language.folding import hiding
from b12assistant.loaders.decoding import CONTROLS, REPLACEMENT
from b12assistant.types import Extract

# The kind of file that each suffix promises; files with other suffixes are not sources.
_PROMISED = {
    ".pdf": "pdf",
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".md", ".markdown", ".mdx"), "markdown"),
    **dict.fromkeys((".txt", ".text"), "text"),
}
SUPPORTED_SUFFIXES = frozenset(_PROMISED)
_CALLED = {"pdf": "a PDF", "html": "HTML"}  # what content shows

# Formats that have a text, but that are not read, with what to do.
_CONVERT = dict.fromkeys(
    (".rst", ".rest", ".adoc", ".docx", ".odt", ".rtf", ".epub"), "save it as HTML, Markdown or PDF"
)

_PDF = b"%PDF-"
_PDF_REACH = 1024  # bytes that may come before a PDF's signature
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])", re.I | re.S
)
_HTML_REACH = 4096  # bytes
_MOST_CODES = 5
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def load(data: bytes, name: str) -> Extract:
    """Read a file by its content; the suffix of ``name`` is only a hint.

    Raises ``SourceError`` if the file is left out. A wrong suffix on readable text is only a warning.
    """
    if not data:
        raise SourceError("empty file")
    suffix = PurePath(name).suffix.lower()
    if suffix not in _PROMISED:
        raise SourceError(f"not a type that can be read ({suffix or 'no suffix'})", hint=_CONVERT.get(suffix, ""))
    kind = _kind(data, suffix)
    # Each has a library that the others do not need.
    extract: Extract = import_module(f"b12assistant.loaders.{kind}").load(data)
    if not extract.blocks:
        raise SourceError("no text in it")
    misnamed = () if kind == _PROMISED[suffix] else (f"named {suffix} but is {_CALLED[kind]}; read as that",)
    return replace(extract, warnings=(*misnamed, *extract.warnings, *_odd(extract)))


def _kind(data: bytes, suffix: str) -> str:
    """Return a file's kind. Only the suffix separates the kinds of text."""
    promised = _PROMISED[suffix]
    if data.startswith(_PDF) or (promised == "pdf" and _PDF in data[:_PDF_REACH]):
        return "pdf"
    html = _HTML.match(data[:_HTML_REACH].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe"))
    if promised == "pdf":
        raise SourceError(f"named .pdf but is {'HTML' if html else 'no PDF'}", hint="give it the right suffix")
    return "html" if html else promised


def _odd(extract: Extract) -> tuple[str, ...]:
    """Warn of characters that nobody can read or see, or that change the order of what is seen."""
    title = extract.title or ""
    unread = (extract.text, extract.front or "", "" if title in extract.text else title)
    hidden = "".join(extract.text[run.start : run.end] for run in hiding(extract.text))
    others = _BIDI.sub("", hidden)
    codes = ", ".join(f"U+{ord(letter):04X}" for letter in sorted(set(others))[:_MOST_CODES])
    counts = (
        (sum(part.count(REPLACEMENT) for part in unread), f"character(s) that cannot be read, shown as {REPLACEMENT}"),
        (len(CONTROLS.findall(extract.text)), "control character(s)"),
        (len(_BIDI.findall(extract.text)), "character(s) that change the direction of writing"),
        (len(others), f"invisible letter(s) ({codes}), whose sentences are not quoted"),
    )
    return tuple(f"{count} {what}" for count, what in counts if count)
