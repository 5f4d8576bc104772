import codecs

import pytest

from b12assistant.errors import SourceError
from b12assistant.loaders.decoding import decode

GREETING = "Grüße – “so”\r\nnaïve 𝄞"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        pytest.param(codecs.BOM_UTF8, "utf-8", id="utf-8"),
        pytest.param(codecs.BOM_UTF16_LE, "utf-16-le", id="utf-16-le"),
        pytest.param(codecs.BOM_UTF32_BE, "utf-32-be", id="utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_not_text(mark: bytes, encoding: str) -> None:
    decoded = decode(mark + GREETING.encode(encoding), declared="shift_jis")
    assert (decoded.text, decoded.encoding, decoded.warnings) == (GREETING, encoding, ())


def test_utf8_needs_no_mark_and_keeps_line_ends() -> None:
    assert decode(GREETING.encode()).text == GREETING


def test_windows_1252_is_read_with_a_warning() -> None:
    decoded = decode("the café said “no” to all of it".encode("cp1252"))
    assert decoded.text == "the café said “no” to all of it"
    assert "Windows-1252" in decoded.warnings[0]


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        pytest.param("shift_jis", "これは日本語です", id="shift_jis"),
        pytest.param("iso-8859-1", "quotes “as browsers read them”", id="latin-1-is-cp1252"),
    ],
)
def test_a_declared_encoding_is_honoured(declared: str, text: str) -> None:
    wider = {"GB2312": "gb18030", "iso-8859-1": "cp1252"}.get(declared, declared)
    decoded = decode(text.encode(wider), declared=declared)
    assert (decoded.text, decoded.warnings) == (text, ())


@pytest.mark.parametrize("declared", ["zip", "x" * 500])
def test_a_declared_codec_that_is_not_an_encoding_is_not_run(declared: str) -> None:
    assert decode(b"plain \\u0041 words", declared=declared).text == "plain \\u0041 words"


def test_a_wrong_declaration_gives_way_to_utf8() -> None:
    assert decode("naïve €".encode(), declared="shift_jis").encoding in ("utf-8", "cp932")
    assert decode(b"\xe2\x82\xac\xff\xfe ok".replace(b"\xff\xfe", b""), declared="ascii").text.endswith(" ok")


def test_a_few_broken_sequences_do_not_make_utf8_something_else() -> None:
    decoded = decode("äöüß".encode() * 10 + b"\xff end")
    assert decoded.text == "äöüß" * 10 + "\N{REPLACEMENT CHARACTER} end"
    assert decoded.warnings[0].startswith("1 broken utf-8")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("Grüße an alle".encode("utf-16-le"), id="utf-16-without-mark"),
        pytest.param("これは日本語です。".encode("shift_jis"), id="shift_jis-undeclared"),
        pytest.param(b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", id="program"),
    ],
)
def test_data_that_is_not_text_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"binary|encoding|neither"):
        decode(data)


def test_a_stray_control_character_is_kept() -> None:
    assert decode(b"word " * 40 + b"\x00 end").text.endswith("\x00 end")
