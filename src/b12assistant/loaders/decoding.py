"""Read a regular file, safe against links, pipes and devices, and decode its bytes as they are.

No newline is translated; ``load`` warns of what cannot be read.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from b12assistant.data_files import open_regular
from b12assistant.errors import SourceError


def read_file(path: Path, *, root: Path, limit: int) -> bytes:
    """Read all bytes of ``path``, at most ``limit``.

    ``root``: the folder that the file must be in once links are followed. Raises ``SourceError`` with the reason, which
    never names the file: the report does.
    """
    name = os.path.relpath(path, root)
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise SourceError("a name that is not UTF-8: rename it") from error
    if any(part.startswith(".") and part != os.pardir for part in Path(name).parts):
        raise SourceError("its name begins with a dot, so it is not for readers")
    try:
        # Not ``Path.resolve``: it raises RuntimeError for links in a circle, which is not handled as this file's error.
        target = Path(os.path.realpath(path, strict=True))
        if not target.is_relative_to(os.path.realpath(root, strict=True)):
            raise SourceError("a link out of the corpus")
        # Check before opening, which may have effects on a device. The file may be swapped between the two.
        file = open_regular(target) if stat.S_ISREG(target.lstat().st_mode) else None
        if file is None:
            raise SourceError("not a regular file")
        with file:
            data = file.read(limit + 1)
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror or type(error).__name__})") from error
    if len(data) > limit:
        raise SourceError(f"larger than {limit / 1_000_000:g} MB")
    return data


# UTF-32 first: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
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
    # A declaration that could be read as ASCII is not UTF-16.
    **dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be"), "utf-8"),
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
            return Decoded(data[len(mark) :].decode(encoding, errors="replace"), encoding)
    return None


def _as_declared(data: bytes, declared: str | None) -> Decoded | None:
    with suppress(LookupError, ValueError):  # no such codec, or the bytes are not in it
        name = codecs.lookup((declared or "").strip()).name
        encoding = _WIDENED.get(name, name)
        if _DECLARABLE.fullmatch(encoding):
            return Decoded(data.decode(encoding), encoding)
    return None


def _as_utf8(data: bytes) -> Decoded | None:
    """Decode UTF-8 even if a few sequences are broken: as Windows-1252, all others would be garbled."""
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    broken = text.count(REPLACEMENT)
    sound = len(text) - len(text.encode("ascii", errors="ignore")) - broken
    return Decoded(text, "utf-8") if sound >= _DAMAGE_RATIO * broken else None


def _as_western(data: bytes) -> Decoded:
    high = len(data) - len(data.decode("ascii", errors="ignore"))
    if high > _WESTERN_SHARE * len(data):
        raise SourceError("its encoding cannot be recognised", hint="save it as UTF-8 text")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise SourceError("neither UTF-8 nor Windows-1252 text", hint="save it as UTF-8 text") from error
    return Decoded(text, "cp1252", ("not UTF-8; read as Windows-1252, so check accents and quotation marks",))
