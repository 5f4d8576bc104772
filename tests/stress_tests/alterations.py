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

from b12assistant.application import pack
from b12assistant.application.batching import asked
from b12assistant.application.exporting import SavedConversation, SavedFormat, export, render
from b12assistant.application.quote_checks import check_file
from b12assistant.application.workspace import local_today
from b12assistant.display.addresses import of_quote
from b12assistant.display.json_form import reply_json
from b12assistant.errors import AssistantError, UsageError
from stress_tests.forgeries import OF_A_CONVERSATION, OF_A_LINE, OF_A_PACK, Data, forged
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


def is_found(text: str, suffix: str, space: FakeWorkspace, folder: Path) -> bool:
    """Whether `verify` says that something is wrong with the file."""
    file = folder / f"altered.{suffix}"
    file.write_text(text, "utf-8", newline="")
    try:
        return not check_file(file, space).is_verified
    except UsageError:
        return True


def altered_exports(count: int, folder: Path) -> Tries:
    """One alteration per try: `verify` finds it, and finds nothing wrong with unaltered files."""
    space, files = saved_conversations(folder)
    for form, text in files.items():
        yield f"{form}: a false alarm" if is_found(text, _SUFFIXES[form], space, folder) else None
    draw = random.Random(23)  # noqa: S311 - places, not secrets
    for number in range(count):
        form = list(SavedFormat)[number % len(SavedFormat)]
        by_hand = form is not SavedFormat.JSON and draw.random() < 0.5
        what, text = (_by_hand if by_hand else _in_the_data)(files, form, draw)
        yield None if is_found(text, _SUFFIXES[form], space, folder) else f"{form}, {what}: was missed"


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
    return f"{name}: {what}", _drawn(other, files[form], form)


def _drawn(data: Data, text: str, form: SavedFormat) -> str:
    """A file drawn again from changed data; if that cannot be drawn, ``text`` with the data exchanged."""
    try:
        if "turns" in data:
            return render(SavedConversation.model_validate(data), form)
        return pack.render(pack.SavedPack.model_validate(data), form)
    except (AssistantError, ValidationError, ValueError, LookupError):
        return text.replace(_data(text, form), json.dumps(data))


def saved_pack(space: FakeWorkspace) -> Mapping[SavedFormat, str]:
    """A pack of quotes in each format, with an address whose words are gone."""
    replies = [space.ask(question) for question in QUESTIONS]
    links = [of_quote(quote) for reply in replies for quote in reply.answer.shown]
    links = [*dict.fromkeys(links), "/d/sheath.md?at=0-5&is=0123456789abcdef#hit"]
    pins = [(link, pack.read_pin(link, space.entries)) for link in links]
    generation = space.opened.collection.generation
    return {form: pack.write(pins, space.setting(), generation, form) for form in SavedFormat}


def saved_lines(space: FakeWorkspace) -> list[Data]:
    """What `ask --json` writes: two questions, one of them after another."""
    replies = [
        asked(space, question, QUESTIONS[:number], as_typed=False) for number, question in enumerate(QUESTIONS[:2])
    ]
    return [json.loads(json.dumps(reply_json(reply, space.texts, today=local_today()))) for reply in replies]


def forged_answers(count: int, folder: Path) -> Tries:
    """Every kind of change that was thought of, in every form: `verify` finds it, and nothing in untouched files."""
    space, files = saved_conversations(folder)
    packs, lines = saved_pack(space), saved_lines(space)
    untouched = [*((text, _SUFFIXES[form]) for made in (files, packs) for form, text in made.items())]
    untouched.append(("\n".join(map(json.dumps, lines)), "jsonl"))
    for text, suffix in untouched:
        yield f"an untouched {suffix} file: a false alarm" if is_found(text, suffix, space, folder) else None
    tries: list[tuple[str, str, str]] = []
    for made, changes in ((files, OF_A_CONVERSATION), (packs, OF_A_PACK)):
        for name, change in changes.items():
            other = forged(json.loads(made[SavedFormat.JSON]), change)
            tries += (
                (name, _drawn(other, text, form) if other else "", _SUFFIXES[form]) for form, text in made.items()
            )
    for name, change in OF_A_LINE.items():
        others = [other for line in lines if (other := forged(line, change))]  # a line may not have what is changed
        tries += ((name, json.dumps(other), "jsonl") for other in others or [{}])
    for name, text, suffix in tries[:: max(1, len(tries) // count)]:
        found = text not in ("", "{}") and is_found(text, suffix, space, folder)
        yield None if found else f"{suffix}, {name}: was missed, or changes nothing"


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
