"""An index changed on disk is refused, naming the file, before a changed byte is parsed."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from b12assistant.application import health
from b12assistant.errors import IndexDamagedError
from b12assistant.index import parts
from b12assistant.index.documents import DOCUMENTS, entries_from_bytes, entries_to_bytes
from b12assistant.index.store import Store
from stress_tests.runner import Tries
from stress_tests.small_index import corpora, workspace

_UNTOUCHED = 10  # one unchanged try for every ten changed ones


def damaged_indexes(count: int, folder: Path) -> Tries:
    """In turn, an index without a spare, which must be refused, and one whose spare must serve and say so."""
    old, new, _ = corpora(folder)
    alone, spared = folder / "alone", folder / "spared"
    spare = workspace(old, folder / "spare")
    workspace(new, alone).index()
    for corpus in (old, new):
        workspace(corpus, spared).index()
    spare.index()
    draw = random.Random(7)  # noqa: S311 - damage, not secrets
    for number in range(count):
        root = (alone, spared)[number % 2]
        name = (root / "CURRENT").read_text().strip()
        path = draw.choice(sorted((root / "generations" / name).iterdir()))
        before = path.read_bytes()
        what = damage(path, draw, root)
        fault = _refused(new, root, path) if root is alone else _passed_over(new, root, path, spare.store)
        if path.is_dir():
            path.rmdir()
        path.write_bytes(before)
        yield fault and f"{path.name}, {what}: {fault}"


def damage(path: Path, draw: random.Random, root: Path) -> str:
    """Change a file so that it differs; return how."""
    before = path.read_bytes()
    data = bytearray(before)
    at, length = draw.randrange(len(data)), draw.randint(1, 4096)
    kind = draw.randrange(9)
    match kind:
        case 0 | 1:
            data[at] ^= 1 << draw.randrange(8)
        case 2:
            del data[at:]
        case 3:
            data += draw.randbytes(length)
        case 4:
            data[at : at + length] = bytes(len(data[at : at + length]))
        case 5:
            data[at:at] = draw.randbytes(length)
        case 6:
            data[:] = draw.choice(sorted(root.rglob("*.*"))).read_bytes()
        case 7:
            path.unlink()
            return "removed"
        case _:
            path.unlink()
            path.mkdir()
            return "a folder in its place"
    if data == before:  # zeros over zeros, or the file's own bytes
        data[at] ^= 255
    path.write_bytes(data)
    return f"damage {kind} at {at}"


def _refused(corpus: Path, root: Path, path: Path) -> str | None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "read_parts", lambda generation: pytest.fail("damaged bytes were parsed"))
        try:
            workspace(corpus, root).opened  # noqa: B018 - opened here, or it raises
        except IndexDamagedError as error:
            return None if str(path) in error.message else f"the file is not named: {error}"
    return "it was opened"


def _passed_over(corpus: Path, root: Path, path: Path, spare: Store) -> str | None:
    opened = workspace(corpus, root).opened
    if opened.collection.generation != spare.open().id:
        return "another generation than the last good one serves"
    if not any(str(path) in problem for problem in opened.problems):
        return f"the file is not named: {opened.problems}"
    return None


def tampered_texts(count: int, folder: Path) -> Tries:
    """`verify` finds one changed character of a stored text though every digest was updated, as only a person could.

    One try in eleven changes nothing, and must be found sound.
    """
    corpus, *_ = corpora(folder)
    space = workspace(corpus, folder / "index")
    space.index()
    generation = space.store.open()
    facts = {key: value for key, value in generation.manifest.items() if key not in _OF_THE_STORE}
    entries = entries_from_bytes(bytes(generation.files[DOCUMENTS]))
    draw = random.Random(12)  # noqa: S311 - places, not secrets
    for number in range(count + count // _UNTOUCHED):
        touched = bool((number + 1) % (_UNTOUCHED + 1))
        which = draw.randrange(len(entries))
        text = entries[which].document.text
        at = draw.randrange(len(text))
        other = (
            draw.choice([each for each in "aeiou 0179.,\n\u202e\u0301é" if each != text[at]]) if touched else text[at]
        )
        document = replace(entries[which].document, text=text[:at] + other + text[at + 1 :])
        passages = tuple(
            replace(each, sentences=tuple(document.span(span.start, span.end) for span in each.sentences))
            for each in entries[which].passages
        )
        forged = [
            *entries[:which],
            replace(entries[which], document=document, passages=passages),
            *entries[which + 1 :],
        ]
        root = folder / "forged"
        with Store(root).writing():
            Store(root).publish({**generation.files, DOCUMENTS: entries_to_bytes(forged)}, facts)
        found = health.verify(workspace(corpus, root), None)
        if found.sound == touched:
            yield f"{document.id}, {at}: {text[at]!r} to {other!r} {'was missed' if touched else 'was a false alarm'}"
        else:
            yield None
        shutil.rmtree(root)


_OF_THE_STORE = ("schema", "files", "generation", "counter", "seal")
