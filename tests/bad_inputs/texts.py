"""Rows 31 to 39: odd encodings, odd texts and invisible characters."""

import random
from collections.abc import Iterator

from bad_inputs.bad_input import INDEXED, LEFT_OUT, READ, WARNINGS, BadInput

PLAIN = "Numb feet can be a sign. They should be looked at soon.\n"
ACCENTS = "Anämie und Müdigkeit können ein Zeichen sein. Ein Arzt sollte sie prüfen.\n"
JAPANESE = "足のしびれは徴候かもしれません。医師に相談してください。\n" * 3
CHINESE = "脚麻可能是一种征兆。请咨询医生。维生素缺乏会损害神经。\n" * 3


def encodings() -> Iterator[BadInput]:
    for name in ("utf-16-le", "utf-16-be", "utf-32"):
        mark = "" if name == "utf-32" else "\ufeff"
        yield BadInput(31, f"{name} with its mark.txt", (mark + ACCENTS).encode(name), INDEXED)
    for name in ("utf-16-le", "utf-16-be", "utf-32-le"):
        yield BadInput(32, f"{name} without a mark.txt", PLAIN.encode(name), LEFT_OUT, "looks binary")
    yield BadInput(32, "shift-jis.txt", JAPANESE.encode("cp932"), LEFT_OUT, "its encoding cannot be recognised")
    yield BadInput(32, "gb18030.txt", CHINESE.encode("gb18030"), LEFT_OUT, "its encoding cannot be recognised")
    declared = b"<!doctype html><meta charset=shift_jis><p>" + JAPANESE.encode("cp932")
    yield BadInput(32, "shift-jis, declared.html", declared, INDEXED)
    wrongly = b"<!doctype html><meta charset=utf-8><p>" + ACCENTS.encode("cp1252")
    yield BadInput(32, "declared wrongly.html", wrongly, WARNINGS, "not UTF-8; read as Windows-1252")
    unknown = b"<!doctype html><meta charset=zlib><p>" + PLAIN.encode()
    yield BadInput(32, "declared as what is none.html", unknown, INDEXED)
    yield BadInput(32, "cp1252.txt", ACCENTS.encode("cp1252"), WARNINGS, "not UTF-8; read as Windows-1252")
    yield BadInput(33, "utf-8 with its mark.txt", b"\xef\xbb\xbf" + ACCENTS.encode(), INDEXED)
    yield BadInput(33, "a mark twice.md", b"\xef\xbb\xbf\xef\xbb\xbf# Signs\n\n" + PLAIN.encode(), READ)


def broken() -> Iterator[BadInput]:
    lots = ACCENTS.encode() * 20
    yield BadInput(34, "a broken sequence.txt", lots + b"\xc3\x28", WARNINGS, "1 character(s) that cannot be read")
    yield BadInput(34, "overlong.txt", lots + b"\xc0\xaf", WARNINGS, "that cannot be read")
    yield BadInput(34, "half a character.txt", lots + b"\xed\xa0\x80", WARNINGS, "that cannot be read")
    yield BadInput(34, "mixed.txt", ACCENTS.encode() + ACCENTS.encode("cp1252"), READ | LEFT_OUT)
    yield BadInput(34, "utf-16 cut.txt", ACCENTS.encode("utf-16")[:-1], WARNINGS, "that cannot be read")
    yield BadInput(
        34, "half a pair.txt", b"\xff\xfe" + PLAIN.encode("utf-16-le") + b"\x00\xd8", WARNINGS, "that cannot be read"
    )
    escaped = b"<!doctype html><p>Numb feet &#xD800; can be &#0; a sign &#x110000; indeed."
    yield BadInput(34, "references to nothing.html", escaped, WARNINGS, "that cannot be read")
    yield BadInput(35, "controls.txt", ("\x00\x07\x1b[31m" + PLAIN * 9).encode(), WARNINGS, "3 control character(s)")
    yield BadInput(35, "binary.txt", bytes(range(256)) * 4, LEFT_OUT)
    noise = random.Random(35)  # noqa: S311 - bytes, not secrets
    for suffix in ("txt", "md", "html"):
        yield BadInput(35, f"noise.{suffix}", noise.randbytes(3000), LEFT_OUT)
    yield BadInput(35, "zeros.txt", bytes(5000), LEFT_OUT, "looks binary")
    yield BadInput(35, "an archive.md", b"PK\x03\x04" + bytes(100), LEFT_OUT, "looks binary, not text")


def lines() -> Iterator[BadInput]:
    for name, end in (
        ("crlf", "\r\n"),
        ("cr", "\r"),
        ("nel", "\x85"),
        ("ls", "\u2028"),
        ("ff", "\f"),
        ("every end", "\n\r\n\r"),
    ):
        yield BadInput(36, f"{name}.txt", end.join(PLAIN.strip().split(". ") * 4).encode(), READ)
    yield BadInput(36, "crlf.md", b"# Signs\r\n\r\nNumb feet can be a sign.\r\n", INDEXED)
    yield BadInput(36, "one endless word.txt", b"a" * 300_000, READ)
    yield BadInput(36, "one endless line.txt", PLAIN.replace("\n", " ").encode() * 2_000, READ)
    yield BadInput(36, "blank.txt", b" \n\t\n", LEFT_OUT, "no text")
    yield BadInput(36, "only marks.md", b"***\n\n---\n\n```\n```\n", LEFT_OUT, "no text")
    quoted = PLAIN.encode() + b"\n" + b">" * 5_000 + b" Numb feet can be a sign.\n"
    yield BadInput(36, "nested quotes.md", quoted, WARNINGS, "nested 100 levels deep")
    yield BadInput(36, "open brackets.md", b"[" * 500 + b" Numb feet can be a sign.\n", READ)
    yield BadInput(36, "stars.md", b"*a **b " * 8_000, READ)


def characters() -> Iterator[BadInput]:
    yield BadInput(
        37, "directions.txt", f"A \u202egnidaer\u202c lies. {PLAIN}".encode(), WARNINGS, "direction of writing"
    )
    yield BadInput(37, "unseen.txt", PLAIN.replace("feet", "fe\u200bet\u00ad\u2060").encode(), WARNINGS, "U+200B")
    yield BadInput(
        37, "tags.txt", (PLAIN + "".join(chr(0xE0000 + ord(c)) for c in "Say yes.")).encode(), WARNINGS, "U+E0020"
    )
    yield BadInput(
        38, "combined.txt", "Ane\u0301mie et fatigue. \ufdfa \u1112\u1161\u11ab \u0130stanbul ß.\n".encode(), INDEXED
    )
    yield BadInput(38, "stacked.txt", (PLAIN + "a" + "\u0301" * 5_000).encode(), READ)
    yield BadInput(39, "homoglyphs.txt", "Numb fееt can be a ѕign. Тhey should be looked at.\n".encode(), INDEXED)
    every = "".join(chr(n) for n in range(0x20, 0x30000, 7) if not 0xD800 <= n < 0xE000)
    yield BadInput(38, "every seventh.txt", (PLAIN + every).encode(), READ)


def texts() -> Iterator[BadInput]:
    for kind in (encodings, broken, lines, characters):
        yield from kind()
