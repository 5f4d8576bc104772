"""Files that are damaged, hostile or odd, through the real reader: left out with their reason, the rest indexed."""

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from builders_pdf import assemble, build_pdf, column, encrypt
from corpora import NERVES, write
from fakes import PLAIN, FakeEncoder

from b12assistant.config import LoadingSettings, Settings
from b12assistant.errors import SourceFactsError
from b12assistant.indexing import Built, Indexer
from b12assistant.loaders.isolation import IsolatedLoader
from b12assistant.types import FileEnd, FileReport

PDF = build_pdf(column("Numb feet can be a sign.", "They should be looked at soon."))
SLOW_PDF = assemble([b"BT /F1 11 Tf 72 700 Td " + b"(word ) Tj " * 400_000 + b"ET"])
BAD = {
    "empty.pdf": b"",
    "encrypted.pdf": encrypt(PDF, password="secret", algorithm="AES-256"),  # noqa: S106 - a test's own
    "truncated.pdf": PDF[: len(PDF) // 2],
    "header only.pdf": b"%PDF-1.7\n",
    "scanned.pdf": assemble([b"0 0 100 100 re f"]),
    "really html.pdf": b"<!doctype html><html><body><p>Hello there.</p></body></html>",
    "really a zip.md": b"PK\x03\x04" + bytes(100),
    "noise.pdf": bytes(range(256)) * 4,
    "binary.txt": bytes(range(256)) * 4,
    "nothing but a script.html": b"<html><head><script>alert(1)</script></head></html>",
    "nothing but a menu.html": b"<html><body><nav><a href=/>Home</a> <a href=/b>Shop</a></nav></body></html>",
    "a picture.png": b"\x89PNG\r\n\x1a\n",
    "huge.txt": b"word " * 300_000,
}
REASONS = {
    "empty.pdf": "empty",
    "encrypted.pdf": "password",
    "truncated.pdf": "damaged",
    "scanned.pdf": "no text layer",
    "really html.pdf": "named .pdf but is HTML",
    "really a zip.md": "named .md but is a zip archive",
    "noise.pdf": "named .pdf but is no PDF",
    "a picture.png": "not a type that can be read (.png)",
    "nothing but a menu.html": "no quotable text",
    "huge.txt": "larger than 1 MB",
}


def build(corpus: Path, reader: AbstractContextManager[IsolatedLoader]) -> dict[str, FileReport]:
    with reader as opened:
        built: Built = Indexer(opened, FakeEncoder(), PLAIN, Settings()).build(corpus)
    assert built.facts["counts"] == {
        "files": len(built.reports),
        "documents": sum(report.end is not FileEnd.LEFT_OUT for report in built.reports),
        "passages": sum(report.passages for report in built.reports),
        "left_out": sum(report.end is FileEnd.LEFT_OUT for report in built.reports),
    }
    assert json.loads(built.files["left_out.json"]) == [
        [report.file, list(report.reasons)] for report in built.reports if report.end is FileEnd.LEFT_OUT
    ]
    return {report.file: report for report in built.reports}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write(tmp_path / "corpus", {"good.md": NERVES})


def reader_of(corpus: Path, *, seconds: float = 30, megabytes: int = 50) -> IsolatedLoader:
    memory = LoadingSettings().memory << 20
    return IsolatedLoader(root=corpus, seconds=seconds, size=megabytes * 1_000_000, memory=memory)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileReport]:
    """One run over all the bad files and two good ones, of which one comes last."""
    corpus = write(tmp_path_factory.mktemp("bad"), {**BAD, "good.md": NERVES, "zz/last.pdf": PDF})
    return build(corpus, reader_of(corpus, megabytes=1))


@pytest.mark.parametrize("file", BAD)
def test_a_bad_file_is_left_out_with_its_reason(reports: dict[str, FileReport], file: str) -> None:
    report = reports[file]
    assert (report.end, report.passages) == (FileEnd.LEFT_OUT, 0)
    assert REASONS.get(file, "") in report.reasons[0]
    assert "\n" not in report.reasons[0]


def test_the_rest_is_indexed(reports: dict[str, FileReport]) -> None:
    good = {file for file, report in reports.items() if report.end is FileEnd.INDEXED}
    assert good == {"good.md", "zz/last.pdf"}
    assert reports.keys() == {*BAD, *good}


def test_a_file_that_hangs_costs_itself_only(corpus: Path) -> None:
    write(corpus, {"a slow one.pdf": SLOW_PDF})
    found = build(corpus, reader_of(corpus, seconds=2))
    assert found["a slow one.pdf"].reasons == ("took longer than 2 s",)
    assert found["good.md"].end is FileEnd.INDEXED


def test_a_link_out_of_the_corpus_is_left_out(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("My password is swordfish.")
    (corpus / "link.txt").symlink_to(tmp_path / "secret.txt")
    (corpus / "folder").symlink_to(tmp_path)
    (corpus / "loop").symlink_to(corpus)
    (corpus / "nowhere.txt").symlink_to("gone")
    (corpus / "inside.md").symlink_to("good.md")
    found = build(corpus, reader_of(corpus))
    assert {file: report.end is FileEnd.LEFT_OUT for file, report in found.items()} == {
        "folder": True,
        "good.md": False,
        "inside.md": False,
        "link.txt": True,
        "loop": True,
        "nowhere.txt": True,
    }
    assert found["link.txt"].reasons == found["folder"].reasons == ("a link out of the corpus",)
    assert found["inside.md"].reasons == ("the same bytes as good.md",)


@pytest.mark.parametrize("name", ["pipe.txt", "pipe.pdf"])
def test_a_pipe_does_not_hang(corpus: Path, name: str) -> None:
    os.mkfifo(corpus / name)
    assert build(corpus, reader_of(corpus))[name].reasons == ("not a regular file",)


def test_a_folder_named_like_a_file_is_a_folder(corpus: Path) -> None:
    write(corpus, {"folder.md/inside.md": "Words inside.\n"})
    assert build(corpus, reader_of(corpus)).keys() == {"good.md", "folder.md/inside.md"}


def test_a_folder_that_cannot_be_listed_is_named(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files would else be lost without a word."""
    write(corpus, {"closed/inside.md": "Words inside.\n"})
    real = os.scandir

    def scandir(path: str) -> object:
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = build(corpus, reader_of(corpus))
    assert found["closed"].end is FileEnd.LEFT_OUT
    assert found.keys() == {"closed", "good.md"}


ODD_NAMES = {
    "newline": b"two\nlines.md",
    "bidi": "a\u202egnp.md".encode(),
    "not UTF-8": b"latin \xe9.md",
    "escape": b"\x1b[31mred.md",
    "dots": b"...md.md",
    "long": b"n" * 252 + b".md",
    "quotes": b"'\"\\ $(id).md",
}


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_a_file_of_any_name_is_indexed_under_it(corpus: Path, name: bytes) -> None:
    write(corpus, {os.fsdecode(name): "Words of it.\n"})
    assert build(corpus, reader_of(corpus))[os.fsdecode(name)].end is FileEnd.INDEXED


def test_bad_front_matter_in_a_file_of_an_odd_name_is_an_error_of_ours(corpus: Path) -> None:
    write(corpus, {"a\nb.md": "---\nkinde: blog\n---\nWords.\n"})
    with pytest.raises(SourceFactsError, match="unknown key 'kinde'"):
        build(corpus, reader_of(corpus))


@pytest.mark.slow
def test_the_program_survives_them_all(tmp_path: Path) -> None:
    """The command line with the real encoder: one index, every file listed, nothing but text on the terminal."""
    odd = {os.fsdecode(name): f"Words of number {number}.\n" for number, name in enumerate(ODD_NAMES.values())}
    bad = {file: data for file, data in BAD.items() if file != "huge.txt"}  # within the limit of the command line
    write(tmp_path / "corpus", {**bad, **odd, "good.md": NERVES})
    os.mkfifo(tmp_path / "corpus" / "pipe.txt")
    command = [sys.executable, "-m", "b12assistant", "index", "--corpus", "corpus", "--index", "index"]
    text = subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert b"\x1b" not in text.stdout
    assert "\u202e" not in text.stdout.decode()
    report = json.loads(subprocess.run([*command, "--json"], check=True, capture_output=True, cwd=tmp_path).stdout)
    assert len(report["files"]) == len(bad) + len(odd) + 2
