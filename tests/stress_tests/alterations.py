"""Saved conversations altered in one place: in the file itself, or in its data, from which it is written again."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from corpora import again, capsules, summaries, write
from fakes import FakeWorkspace, fake_workspace
from pydantic import ValidationError

from b12assistant.application.exporting import SavedConversation, SavedFormat, export, render
from b12assistant.application.quote_checks import Against, check_file
from b12assistant.errors import AssistantError, UsageError
from stress_tests.runner import Tries

QUESTIONS = (
    "What wraps every nerve: <myelin>?",
    "Do swallowed capsules work as well as a syringe?",
    "Do plants dream of paint, glass and brass bands in winter?",
    "My legs went weak today and I can't pee",
    "Does our golden drip warm cold feet?",
    "Which organ stores the vitamin for years?",
    "Age 4 to 6: 1.5 mcg?",
)
_INVENTED = "Bleach cures nerves."
_SUFFIXES = {SavedFormat.HTML: "html", SavedFormat.MARKDOWN: "md", SavedFormat.JSON: "json"}


def saved_conversations(folder: Path) -> tuple[FakeWorkspace, Mapping[SavedFormat, str]]:
    """A workspace with an index, and a conversation in each format."""
    made = fake_workspace(write(folder / "corpus", summaries() | capsules()), folder / "index")
    made.index()
    space = again(made)
    replies = [space.ask(question, QUESTIONS[:number]) for number, question in enumerate(QUESTIONS)]
    generation = space.opened.collection.generation
    return space, {form: export(replies, space.setting(), generation, form) for form in SavedFormat}


def is_found(text: str, form: SavedFormat, against: Against, folder: Path) -> bool:
    """Whether `verify` says that something is wrong with the file."""
    file = folder / f"altered.{_SUFFIXES[form]}"
    file.write_text(text, "utf-8", newline="")
    try:
        checked = check_file(file, against)
    except UsageError:
        return True
    return bool(checked.problems) or any(quote.is_problem for quote in checked.quotes)


def altered_exports(count: int, folder: Path) -> Tries:
    """One alteration per try: `verify` finds it, and finds nothing wrong with unaltered files."""
    space, files = saved_conversations(folder)
    against = Against.of(space)
    for form, text in files.items():
        yield f"{form}: a false alarm" if is_found(text, form, against, folder) else None
    draw = random.Random(23)  # noqa: S311 - places, not secrets
    for number in range(count):
        form = list(SavedFormat)[number % len(SavedFormat)]
        by_hand = form is not SavedFormat.JSON and draw.random() < 0.5
        what, text = (_by_hand if by_hand else _in_the_data)(files, form, draw)
        yield None if is_found(text, form, against, folder) else f"{form}, {what}: was missed"


def _by_hand(files: Mapping[SavedFormat, str], form: SavedFormat, draw: random.Random) -> tuple[str, str]:
    """Alter what the file shows, as in an editor."""
    text = files[form]
    while True:
        at = draw.randrange(len(text))
        lines = text.split("\n")
        line = draw.randrange(len(lines))
        match draw.randrange(5):
            case 0:
                what, other = f"letter {at} replaced", text[:at] + draw.choice("aeiou0<&*") + text[at + 1 :]
            case 1:
                what, other = f"letter {at} taken out", text[:at] + text[at + 1 :]
            case 2:
                what, other = f"words put in at {at}", text[:at] + _INVENTED + text[at:]
            case 3:
                what, other = f"line {line} taken out", "\n".join(lines[:line] + lines[line + 1 :])
            case _:
                second = draw.randrange(len(lines))
                lines[line], lines[second] = lines[second], lines[line]
                what, other = f"lines {line} and {second} exchanged", "\n".join(lines)
        if other.replace("\r\n", "\n") != text:
            return what, other


def _in_the_data(files: Mapping[SavedFormat, str], form: SavedFormat, draw: random.Random) -> tuple[str, str]:
    """Alter the data in one place, and write the file from it again if possible."""
    data = json.loads(files[SavedFormat.JSON])
    while True:
        other = copy.deepcopy(data)
        places = list(_places(other))
        name, holder, key = draw.choice(places)
        what = _change(holder, key, draw)
        if other != data:
            break
    try:
        return f"{name}: {what}", render(SavedConversation.model_validate(other), form)
    except (AssistantError, ValidationError, ValueError, LookupError):
        return f"{name}: {what}, not drawn", files[form].replace(_data(files[form], form), json.dumps(other))


def _data(text: str, form: SavedFormat) -> str:
    """The data as written in a file."""
    begin, end = {
        SavedFormat.HTML: ('id="data">', "</script>"),
        SavedFormat.MARKDOWN: ("<!-- data\n", "\n-->"),
        SavedFormat.JSON: ("", ""),
    }[form]
    return text if form is SavedFormat.JSON else text.split(begin)[1].split(end)[0]


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
