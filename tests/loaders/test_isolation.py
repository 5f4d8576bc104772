import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders_pdf import assemble

from b12assistant.cleaning import mark
from b12assistant.errors import SourceError
from b12assistant.loaders import isolation, load
from b12assistant.loaders.isolation import IsolatedLoader
from b12assistant.loaders.passages import sentences_in
from b12assistant.types import Block, BlockKind, Extract, Mark, MarkKind, Range

SLOW_PDF = assemble([b"BT /F1 11 Tf 72 700 Td " + b"(word ) Tj " * 400_000 + b"ET"])


@pytest.fixture
def loader(tmp_path: Path) -> Iterator[IsolatedLoader]:
    with IsolatedLoader(root=tmp_path) as loader:
        yield loader


def worker_of(loader: IsolatedLoader) -> int:
    assert loader._worker is not None
    return loader._worker.pid


def load_file(loader: IsolatedLoader, path: Path) -> Extract:
    return loader.extract(loader.read(path), path.name)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_abandoned_and_the_next_is_read(tmp_path: Path) -> None:
    write(tmp_path / "slow.pdf", SLOW_PDF)
    write(tmp_path / "next.txt", b"words")
    with IsolatedLoader(root=tmp_path, seconds=1.5) as loader:
        with pytest.raises(SourceError, match=r"needs more than 1\.5 s of processor time"):
            load_file(loader, tmp_path / "slow.pdf")
        loader._seconds = 60.0  # a new worker has to start
        assert load_file(loader, tmp_path / "next.txt").text == "words"


def test_a_dead_reader_is_replaced(loader: IsolatedLoader, tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"words")
    load_file(loader, path)
    dead = worker_of(loader)
    os.kill(dead, 9)
    loader._worker.wait() if loader._worker else None
    assert load_file(loader, path).text == "words"
    assert worker_of(loader) != dead


def test_a_reader_that_dies_on_a_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with IsolatedLoader(root=tmp_path) as loader, pytest.raises(SourceError, match="the reader died"):
        load_file(loader, write(tmp_path / "a.txt", b"words"))


class Interrupted(io.BytesIO):
    """Answers for which somebody does not wait."""

    def readline(self, _size: int | None = -1) -> bytes:
        raise KeyboardInterrupt


@pytest.mark.slow
def test_a_worker_is_not_left_behind_after_ctrl_c(tmp_path: Path) -> None:
    write(tmp_path / "slow.pdf", SLOW_PDF)
    loader = IsolatedLoader(root=tmp_path)
    worker = loader._worker = loader._start()
    answers, worker.stdout = worker.stdout, Interrupted()
    with pytest.raises(KeyboardInterrupt):
        load_file(loader, tmp_path / "slow.pdf")
    loader.__exit__(None, None, None)
    assert worker.returncode == -9
    answers.close() if answers else None


@pytest.mark.skipif(sys.platform != "linux", reason="address space cannot be limited elsewhere")
def test_memory_is_limited(tmp_path: Path) -> None:
    page = write(tmp_path / "a.html", b"<p>word " * 3_000_000)
    small = write(tmp_path / "b.txt", b"words")
    with IsolatedLoader(root=tmp_path, memory=200 * 2**20) as loader:
        with pytest.raises(SourceError, match=r"GiB of memory|the reader died|the reader failed"):
            load_file(loader, page)
        assert load_file(loader, small).text == "words"


def test_a_link_out_of_the_corpus_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    root.mkdir()
    write(tmp_path / "secret.txt", b"secret")
    write(root / "a.txt", b"words")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "in.txt").symlink_to("a.txt")
    with IsolatedLoader(root=root) as loader:
        with pytest.raises(SourceError, match="a link out of the corpus"):
            load_file(loader, root / "out.txt")
        assert load_file(loader, root / "in.txt").text == "words"


@pytest.mark.parametrize("sent", [b"", b'["a.txt", 9]\nwords'])
def test_a_reader_whose_owner_died_ends(sent: bytes) -> None:
    command = [sys.executable, "-m", "b12assistant.loaders.isolation", str(2**31), "60", "en"]
    done = subprocess.run(command, input=sent, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


SOUND = isolation.pack(
    Extract(
        "Numb feet.",
        "by hand",
        page_starts=(0, 3),
        blocks=(Block(BlockKind.PARAGRAPH, Range(0, 10)),),
        marks=(Mark(Range(0, 2), MarkKind.NEVER, "advert"), Mark(Range(4, 10), MarkKind.REFERENCE, "reference")),
        sentences=(Range(2, 4), Range(4, 10)),
    )
)


@pytest.mark.parametrize(
    "changed",
    [
        (b"[0,3]", b"[0,11]"),
        (b"paragraph", b"poem"),
        (b'"Numb feet."', b"7"),
        (
            b'"paragraph","range":{"start":0',
            b'"paragraph","range":{"start":3,"end":4}},{"kind":"heading","range":{"start":0',
        ),
        (b'"start":0,"end":2', b'"start":0,"end":5'),
        (b'"start":4,"end":10', b'"start":4,"end":11'),
        (b'"never"', b'"always"'),
        (b'{"start":2,"end":4}', b'{"start":2,"end":5}'),
    ],
    ids=ascii,
)
def test_an_answer_that_does_not_hold_together_costs_one_file(changed: tuple[bytes, bytes]) -> None:
    assert changed[0] in SOUND
    with pytest.raises(SourceError, match="the reader's answer is not valid"):
        isolation.unpack(SOUND.replace(*changed))


def test_the_worker_marks_and_splits_as_this_process_does(loader: IsolatedLoader) -> None:
    text = "# Feet\n\nNumb feet are a sign. Buy now!\n\n## References\n\n1. Smith J. Feet. 2014; 3: 4-5.\n" * 40
    here = load(text.encode(), "a.md")
    marked = replace(here, marks=mark(here))
    assert loader.extract(text.encode(), "a.md") == replace(marked, sentences=sentences_in(marked))
    assert marked.marks
