"""Add the writers' plain-text exemplars to the three splits of `benchmarks/data/red_flags/`, and check them.

    python benchmarks/red_flag_exemplars.py FOLDER

``FOLDER`` holds the writers' new files, one situation after another:

    = situation-id | category
    E terse | an utterance as typed
    U/E followup | an earlier turn >> the turn that is judged ## category_of_its_own

Letter: E emergency, U urgent, D medical decision, N none; after the slash, levels that are right as well. A situation
goes whole to one split: those of `w_test.txt` to test, of others some (`ONE_IN`, by the digest of the id) to
calibration, the rest to train. Existing rows stay; the writers' files of earlier rounds are not needed.

A new line that shares a run of five words with another split is left out; so is a repeated line. A new test line wins
over existing rows. What is left out, and what cannot be read, is printed.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from b12assistant.language.folding import fold

OUT = Path(__file__).parent / "data" / "red_flags"
SPLITS = ("test", "calibration", "train")  # the one to judge on comes first
TEST_FILE = "w_test.txt"
# One in so many situations of a file goes to calibration.
ONE_IN = {"h2.txt": 3, "h5.txt": 1_000, "h6.txt": 1_000, "m5.txt": 3, "m6.txt": 3, "m9.txt": 3}
USUALLY_ONE_IN = 6
RUN = 5  # words in a row that two splits may not share
LETTERS = {"E": "emergency", "U": "urgent", "D": "medical_decision", "N": "none"}
# writers who name the language in the id of a situation; later ones name it in the heading
MANY_LANGUAGES = ("l1", "l2", "l3", "wt", "wu", "h3", "h4")
LANGUAGES = ("es", "fr", "de", "pt", "hi", "zh", "ar", "pl")
KINDS = {"suicide_self_harm": "self_harm", "overdose": "poisoning"}
HEAD = re.compile(r"=\s*(?P<situation>[\w-]+)\s*\|\s*(?P<category>\w+)(?:\s*\|\s*(?P<language>[\w-]+))?\s*$")
LINE = re.compile(r"(?P<letters>[EUDN](?:/[EUDN])*)\s+(?P<trap>\w+)\s*\|\s*(?P<rest>.*\S)\s*$")
OWN = re.compile(r"\s+##\s*(?P<category>\w+)(?:\s+(?P<language>[a-z]{2,3}(?:-\w+)?))?\s*$")


@dataclass(frozen=True)
class Exemplar:
    """One labelled utterance. ``history``: earlier user turns, oldest first."""

    id: str
    situation: str
    text: str
    history: tuple[str, ...]
    level: str
    kind: str | None
    category: str
    trap: str
    language: str
    acceptable: tuple[str, ...]

    @property
    def row(self) -> dict[str, object]:
        return {name: list(v) if isinstance(v := getattr(self, name), tuple) else v for name in self.__annotations__}

    @property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Every run of five words of its turns."""
        return frozenset(run for turn in (*self.history, self.text) for run in runs_of(turn))


@dataclass
class Told:
    """What could not be used, as sentences."""

    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)


def runs_of(text: str) -> Iterator[tuple[str, ...]]:
    words = [word.text for word in fold(text).words if word.text not in ".?,"]
    return zip(*(words[i:] for i in range(RUN)), strict=False)


def read(path: Path, tell: Told) -> Iterator[Exemplar]:
    """Yield the exemplars of one writer's file."""
    situation = category = language = ""
    count = 0
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        where = f"{path.name}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        if head := HEAD.match(line):
            situation, category, count = head["situation"], head["category"], 0
            language = head["language"] or language_of(situation)
        elif (found := LINE.match(line)) and situation:
            count += 1
            yield exemplar(found, f"{situation}-{count}", situation, category, language)
        else:
            tell(f"{where}: cannot be read: {line[:60]}")


def language_of(situation: str) -> str:
    """``l2-hi-legs`` and ``wt-hi-legs`` are Hindi; a writer of English names none."""
    parts = situation.split("-")
    return parts[1] if parts[0] in MANY_LANGUAGES and parts[1] in LANGUAGES else "en"


def exemplar(found: re.Match[str], id_: str, situation: str, category: str, language: str) -> Exemplar:
    level, *acceptable = (LETTERS[letter] for letter in found["letters"].split("/"))
    rest = found["rest"]
    if own := OWN.search(rest):
        rest, category, language = rest[: own.start()], own["category"], own["language"] or language
    *history, text = (part.strip() for part in rest.split(" >> "))
    kind = KINDS.get(category, "medical") if level == "emergency" else None
    return Exemplar(
        id_, situation, text, tuple(history), level, kind, category, found["trap"], language, tuple(acceptable)
    )


def split_of(situation: str, file: str) -> str:
    """Return the split of a situation: the digest of its id decides."""
    if file == TEST_FILE:
        return "test"
    one_in = ONE_IN.get(file, USUALLY_ONE_IN)
    return "calibration" if hashlib.sha256(situation.encode()).digest()[0] % one_in == 0 else "train"


def merged(groups: Iterable[tuple[str, Iterable[Exemplar]]], tell: Told) -> dict[str, list[Exemplar]]:
    """Merge groups of exemplars, each with its split, the first wins: no repeats, no run of words in two splits."""
    seen: dict[tuple[str, ...], str] = {}
    runs: dict[str, set[tuple[str, ...]]] = {split: set() for split in SPLITS}
    result: dict[str, list[Exemplar]] = {split: [] for split in SPLITS}
    for split, exemplars in groups:
        for one in exemplars:
            words = (*one.history, fold(one.text).text)
            shared = {run for other in SPLITS if other != split for run in one.runs & runs[other]}
            if words in seen:
                tell(f"{one.id}: the same as {seen[words]}, left out")
            elif shared:
                tell(f"{one.id}: shares {' '.join(min(shared))!r} with another split, left out of {split}")
            else:
                seen[words] = one.id
                result[split].append(one)
                runs[split] |= one.runs
    return result


def collect(folder: Path, tell: Told) -> dict[str, list[Exemplar]]:
    """Read the existing rows and the writers' files of ``folder``, and merge them."""
    present = {split: [known(line) for line in (OUT / f"{split}.jsonl").open(encoding="utf-8")] for split in SPLITS}
    owner = {one.situation: f"the {split} split" for split in SPLITS for one in present[split]}
    new: dict[str, list[Exemplar]] = {split: [] for split in SPLITS}
    for path in sorted(folder.glob("*.txt")):
        for one in read(path, tell):
            if owner.setdefault(one.situation, path.name) != path.name:
                tell(f"{path.name}: situation {one.situation} stands in {owner[one.situation]} too, left out")
                continue
            new[split_of(one.situation, path.name)].append(one)
    order = (("test", new), ("test", present), ("calibration", present), ("train", present))
    groups = [(split, rows[split]) for split, rows in (*order, ("calibration", new), ("train", new))]
    return merged(groups, tell)


def known(line: str) -> Exemplar:
    """Read a row of a split."""
    row: dict[str, Any] = json.loads(line)
    row |= {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return Exemplar(**row)


def counts(rows: Iterable[Exemplar]) -> str:
    rows = list(rows)
    levels = Counter(one.level for one in rows)
    told = ", ".join(f"{levels[level]} {level}" for level in LETTERS.values())
    return f"{len(rows)} utterances, {len({one.situation for one in rows})} situations ({told})"


def main(folder: Path) -> None:
    tell = Told()
    splits = collect(folder, tell)
    for split in SPLITS:
        rows = sorted(splits[split], key=lambda one: one.id)
        lines = [json.dumps(one.row, ensure_ascii=False) + "\n" for one in rows]
        (OUT / f"{split}.jsonl").write_text("".join(lines), "utf-8")
        print(f"{split}: {counts(rows)}")
    print("\n".join(tell.lines))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit("usage: python benchmarks/red_flag_exemplars.py FOLDER (the writers' files)")
    main(Path(sys.argv[1]))
