"""A text changed in an index whose digests were updated is found by `verify`."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

from b12assistant.application import health
from b12assistant.index.documents import DOCUMENTS, entries_from_bytes, entries_to_bytes
from b12assistant.index.store import Store
from stress_tests.runner import Tries
from stress_tests.small_index import corpora, workspace

_UNTOUCHED = 10  # one unchanged try for every ten changed ones


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
