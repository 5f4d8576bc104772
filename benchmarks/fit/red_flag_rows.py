"""The labelled utterances: as written, mangled as people may send them, and among others; what the rules say of them.

What a mangled one asks for stays the same, and so does its label. What is put around it is the same for every level, so
that it is no cue for any.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from b12assistant.answers import Level, Turn
from b12assistant.language.folding import fold
from b12assistant.safety.assertion import without_denied
from b12assistant.safety.opinion import CONCERNS
from b12assistant.safety.triage import Rules, Triager, said_before
from b12assistant.safety.turn_parts import parts_told
from fit.data import DATA, SEED, labelled_rows

PART = "part "  # begins the id of a part of a message
NONE = len(CONCERNS) - 1
WORD = re.compile(r"[^\W\d_]{4,}")
LEET = str.maketrans("aeios", "@31o$") | str.maketrans("o", "0")
MANGLES = ("lower", "lower", "shouted", "mistyped", "mistyped", "leet", "spelled out", "order", "order")
ORDERS = (DATA / "red_flags" / "orders.txt").read_text("utf-8").splitlines()


@dataclass(frozen=True)
class Row:
    """One labelled utterance. ``concern``: its place in ``CONCERNS``. ``serious``: the words that make it so."""

    id: str
    turn: Turn
    former: Turn | None
    concern: int
    level: str
    acceptable: frozenset[str]
    trap: str
    language: str
    serious: str = ""


def load(split: str) -> list[Row]:
    found = []
    for row in labelled_rows(f"red_flags/{split}.jsonl"):
        turns = [Turn(i, text) for i, text in enumerate([*row["history"], row["text"]])]
        concern = CONCERNS.index(row["kind"] if row["level"] == "emergency" else row["level"])
        former: Turn | None = None  # all that was said before, as triage reads it
        for turn in turns[:-1]:
            former = said_before(former, turn)
        said = (frozenset(row["acceptable"]), row["trap"], row["language"], row.get("serious", ""))
        found.append(Row(row["id"], turns[-1], former, concern, row["level"], *said))
    return found


def letters(split: str) -> list[Row]:
    """Return the harmless letters of a split of `benchmarks/data/letters`."""
    return [as_row(row) for row in labelled_rows(f"letters/{split}.jsonl") if row["level"] == "none"]


def told_letters() -> list[Row]:
    """Return the letters to learn from of which it is known which words are serious, if any are."""
    return [as_row(row) for row in labelled_rows("letters/train_more.jsonl") if "serious" in row]


def as_row(row: dict[str, Any]) -> Row:
    level = row["level"]
    concern = CONCERNS.index(row["kind"] if level == "emergency" else level)
    turn = Turn(0, row["text"])
    return Row(f"letter-{row['id']}", turn, None, concern, level, frozenset(), "none", "en", row.get("serious", ""))


def labelled_parts(rows: Sequence[Row], rules: Rules, most: int) -> list[Row]:
    """Return parts of English messages, at most ``most`` of each: harmless ones, and those that hold what is serious.

    Each part of a harmless message is harmless, whatever it sounds like by itself, unless the rules call it an
    emergency: then it needs its neighbours. Parts that hold half of what is serious are left out.
    """
    rng, found = random.Random(SEED), []
    for row in rows:
        if row.language != "en" or not (row.level == "none" or row.serious):
            continue
        text = without_denied(row.turn.text)
        parts = parts_told(text, fold(text))
        start = row.turn.text.find(row.serious) if row.serious else len(text)
        calm, grave = [], []
        for each in parts:
            if each.start <= start and start + len(row.serious) <= each.end + 1:
                grave.append(each.text)
            elif each.end <= start or each.start >= start + len(row.serious):
                calm.append(each.text)
        for part in rng.sample(calm, min(most, len(calm))) if len(parts) > 1 else ():
            calm_row = replace(row, concern=NONE, level="none", acceptable=frozenset(), serious="")
            found.append(as_part(calm_row, part))
        for part in rng.sample(grave, min(most, len(grave))):
            found.append(as_part(row, part))
    calm_rows = [row for row in found if row.level == "none"]
    alarming = {row.turn.text for row, is_one in zip(calm_rows, by_rules(calm_rows, rules), strict=True) if is_one}
    return [row for row in found if row.level != "none" or row.turn.text not in alarming]


def as_part(row: Row, text: str) -> Row:
    return replace(row, id=f"{PART}{row.id}", turn=Turn(0, text), former=None)


def mangled(rows: Sequence[Row], seed: int = 0) -> list[Row]:
    rng = random.Random(SEED + seed)
    return [replace(row, turn=Turn(row.turn.index, noisy(row.turn.text, rng))) for row in rows]


def by_rules(rows: Sequence[Row], rules: Rules) -> np.ndarray:
    """Return whether the rules alone say emergency, (n,)."""
    triager = Triager(rules)
    flags = (triager([turn for turn in (row.former, row.turn) if turn]).flag for row in rows)
    return np.array([flag is not None and flag.level is Level.EMERGENCY for flag in flags])


def closed(text: str) -> str:
    return text if text[-1] in ".?!。？！؟।" else f"{text}."


def among(text: str, innocent: Sequence[str], words: int, rng: random.Random) -> list[tuple[str, bool]]:
    """Put at least ``words`` words of ``innocent`` before, after or around ``text``.

    Returns the sentences in order, each with whether it is ``text``.
    """
    parts, place, added = [(text, True)], rng.randrange(3), 0
    while added < words:
        other = rng.choice(innocent)
        at = (0, len(parts), rng.randrange(len(parts) + 1))[place]
        parts.insert(at, (other, False))
        added += max(1, len(other.split()), len(other) // 12)
    return [(closed(part), own) for part, own in parts]


def noisy(text: str, rng: random.Random) -> str:
    """Mangle ``text`` in one to three ways."""
    for how in rng.sample(MANGLES, rng.choice((1, 1, 2, 3))):
        text = _noisy(text, how, rng) or text
    return text


def _noisy(text: str, how: str, rng: random.Random) -> str:
    match how:
        case "lower":
            return re.sub(r"[.,;:!?'’\"]+", "", text.lower()).strip()
        case "shouted":
            return text.upper()
        case "mistyped":
            return _some(text, rng, lambda word: _slip(word, rng))
        case "leet":
            return _some(text, rng, lambda word: word.translate(LEET))
        case "spelled out":
            return _some(text, rng, lambda word: rng.choice(" .-").join(word), most=1)
    order = rng.choice(ORDERS)
    return rng.choice((f"{order} {text}", f"{closed(text)} {order.rstrip(',:')}"))


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return rng.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))


def _some(text: str, rng: random.Random, change: Callable[[str], str], most: int = 3) -> str:
    """Apply ``change`` to one to ``most`` words."""
    found = list(WORD.finditer(text))
    for match in sorted(rng.sample(found, min(len(found), rng.randint(1, most))), key=lambda m: -m.start()):
        text = text[: match.start()] + change(match.group()) + text[match.end() :]
    return text
