"""Saved answers altered in one place: `verify` finds it."""

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from corpora import again, capsules, summaries, write
from fakes import FakeWorkspace, fake_workspace

from b12assistant.application.health import check_file
from b12assistant.display.json_form import reply_json
from b12assistant.errors import UsageError
from stress_tests.runner import Tries

QUESTIONS = (
    "What wraps every nerve: <myelin>?",
    "Do swallowed capsules work as well as a syringe?",
    "Do nerves ever dream of brass bands in winter crowns?",
    "My legs went weak today and I can't pee",
    "Does our golden drip warm cold feet?",
    "Which organ stores the vitamin for years?",
    "Age 4 to 6: 1.5 mcg?",
)
_INVENTED = "Bleach cures nerves."
Data = dict[str, Any]


def saved_answers(folder: Path) -> tuple[FakeWorkspace, list[Data]]:
    """A workspace with an index, and a conversation as `ask --json` writes it, a line for each answer."""
    made = fake_workspace(write(folder / "corpus", summaries() | capsules()), folder / "index")
    made.index()
    space = again(made)
    replies = [space.ask(question, QUESTIONS[:number]) for number, question in enumerate(QUESTIONS)]
    return space, [json.loads(json.dumps(reply_json(reply, space.texts))) for reply in replies]


def is_found(lines: Sequence[Data], space: FakeWorkspace, folder: Path) -> bool:
    """Whether `verify` says that something is wrong with the file."""
    file = folder / "altered.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8", newline="")
    try:
        return not check_file(file, space).is_verified
    except UsageError:
        return True


def altered_answers(count: int, folder: Path) -> Tries:
    """One alteration per try: `verify` finds it, and finds nothing wrong with unaltered files."""
    space, lines = saved_answers(folder)
    yield "a false alarm" if is_found(lines, space, folder) else None
    draw = random.Random(23)  # noqa: S311 - places, not secrets
    for _ in range(count):
        what, other = _altered(draw.choice(lines), draw)
        yield None if is_found([other], space, folder) else f"{what}: was missed"


# What was asked, which another question with the same answer may replace, and measures.
_ASKED = (".answer.question", ".history", ".as_typed", ".timings_ms")


def _altered(line: Data, draw: random.Random) -> tuple[str, Data]:
    while True:
        other = copy.deepcopy(line)
        name, holder, key = draw.choice([place for place in _places(other) if not place[0].startswith(_ASKED)])
        what = _change(holder, key, draw)
        if other != line:
            return f"{name}: {what}", other


def _places(value: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every place in the data: its name, its container and its key there."""
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield f"{name}.{key}", value, key
        yield from _places(value[key], f"{name}.{key}")


def _change(holder: Any, key: Any, draw: random.Random) -> str:
    value = holder[key]
    changes: list[tuple[str, Callable[[], object]]] = [("taken out", lambda: holder.pop(key))]
    match value:
        case bool():
            changes.append(("turned", lambda: holder.__setitem__(key, not value)))
        case int() | float():
            changes.append(("raised", lambda: holder.__setitem__(key, value + 1)))
        case str():
            changes.append(("written over", lambda: holder.__setitem__(key, _INVENTED)))
            changes.append(("lengthened", lambda: holder.__setitem__(key, f"{value} not")))
        case list():
            changes.append(("reversed", lambda: value.reverse()))
            changes.append(("doubled", lambda: value.extend(copy.deepcopy(value[:1]))))
        case dict():
            changes.append(("a key put in", lambda: value.__setitem__("more", _INVENTED)))
        case _:
            changes.append(("filled", lambda: holder.__setitem__(key, _INVENTED)))
    what, change = draw.choice(changes)
    change()
    return what
