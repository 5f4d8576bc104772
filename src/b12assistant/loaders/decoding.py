"""Decode bytes without changing a character: no newline translation, no silent replacement."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from b12assistant.errors import SourceError

# UTF-32 first: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_BINARY_SHARE = 0.02  # control characters per character; text has hardly any
_WESTERN_SHARE = 0.3  # bytes above 0x7f; Western text has a few per cent, other scripts are nearly all above
_DAMAGE_RATIO = 4  # a file with this many sound multi-byte characters per broken one is damaged UTF-8

# As in browsers (WHATWG Encoding), an older name means the wider character set.
_WIDENED = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-8",  # a declaration that could be read as ASCII is not UTF-16
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
# Python also has codecs that decompress or decode something other than text: a file may declare only these.
_DECLARABLE = re.compile(
    r"utf-8|cp125[0-8]|cp866|cp932|cp949|iso8859-\d+|koi8-[ru]|mac-\w+|euc_jp|iso2022_jp|gb18030|big5"
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, without its byte order mark, and how it was read."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes, *, declared: str | None = None) -> Decoded:
    """Decode by byte order mark, else as ``declared``, else as UTF-8, else as Windows-1252 with a warning.

    Raises ``SourceError`` for bytes that are not text in any of these.
    """
    decoded = _by_mark(data) or _as_declared(data, declared) or _as_utf8(data) or _as_western(data)
    if len(CONTROLS.findall(decoded.text)) > _BINARY_SHARE * len(decoded.text):
        raise SourceError("looks binary, not text", hint="save it as UTF-8 text")
    return decoded


def _by_mark(data: bytes) -> Decoded | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, errors="replace")
            return Decoded(text, encoding, _damage(text, encoding))
    return None


def _as_declared(data: bytes, declared: str | None) -> Decoded | None:
    encoding = _known(declared) if declared else None
    if encoding is None:
        return None
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return None


def _known(declared: str) -> str | None:
    try:
        name = codecs.lookup(declared.strip()).name
    except (LookupError, ValueError):
        return None
    name = _WIDENED.get(name, name)
    return name if _DECLARABLE.fullmatch(name) else None


def _as_utf8(data: bytes) -> Decoded | None:
    """Decode UTF-8 even if a few sequences are broken: as Windows-1252, all others would be garbled."""
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    broken = text.count(_REPLACEMENT)
    sound = len(text) - len(text.encode("ascii", errors="ignore")) - broken
    if sound < _DAMAGE_RATIO * broken:
        return None
    return Decoded(text, "utf-8", _damage(text, "utf-8"))


def _as_western(data: bytes) -> Decoded:
    high = len(data) - len(data.decode("ascii", errors="ignore"))
    if high > _WESTERN_SHARE * len(data):
        raise SourceError("its encoding cannot be recognised", hint="save it as UTF-8 text")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise SourceError("neither UTF-8 nor Windows-1252 text", hint="save it as UTF-8 text") from error
    return Decoded(text, "cp1252", ("not UTF-8; read as Windows-1252, so check accents and quotation marks",))


def _damage(text: str, encoding: str) -> tuple[str, ...]:
    broken = text.count(_REPLACEMENT)
    return (f"{broken} broken {encoding} sequences shown as {_REPLACEMENT}",) if broken else ()
