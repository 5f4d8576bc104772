"""A letter is answered in parts, the same in every output; nothing of it is lost without a word."""

from __future__ import annotations

import asyncio
import html
import io
import json
from pathlib import Path

import pytest
from browser.conftest import CORPUS
from builders_letters import EGGS, FEET, FISH, LETTER, MYELIN, PILLS, QUESTIONS, REFUSED, STORY
from fakes import FakeWorkspace, with_weak_quotes
from mcp import Client
from mcp.types import TextContent
from rich.console import Console
from serving import small_space

from b12assistant.answers import Answer
from b12assistant.application.health import check_file
from b12assistant.application.workspace import local_today
from b12assistant.display import terminal
from b12assistant.display.json_form import reply_json
from b12assistant.display.labels import label
from b12assistant.display.presentation import present, turn_html
from b12assistant.integrations.mcp_server import build_server


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return with_weak_quotes(small_space(tmp_path_factory.mktemp("letters"), CORPUS))


def answer(space: FakeWorkspace, message: str) -> Answer:
    return space.ask(message).answer


def asked(found: Answer) -> list[str]:
    return [part.words.text for part in (*found.parts,)] + [words.text for words in found.more]


def test_each_question_heads_its_part_and_a_refused_one_hides_no_other(space: FakeWorkspace) -> None:
    shown = present(space.ask(LETTER), space.setting())
    assert [part.question for part in shown.parts] == [MYELIN, REFUSED, PILLS, FEET]
    assert [part.read_as for part in shown.parts] == ["", f"“{MYELIN}”", "", ""]
    assert all(part.headline for part in shown.parts)
    assert [[quote.number for quote in part.quotes] for part in shown.parts] == [[1], [], [2], []]
    assert [bool(part.nearest) for part in shown.parts] == [False, True, False, False]
    assert [part.also for part in shown.parts] == [(), (), (), (1,)]
    assert shown.further == (EGGS, FISH)


def test_a_part_without_a_sure_answer_says_so_once_above_its_quotes(
    space: FakeWorkspace,
) -> None:
    drawn = html.unescape(turn_html(1, space.ask(LETTER), space.setting()))
    doubt = label("headlines.weak_match")
    first, second, third, fourth = drawn.split('<section class="part">')[1:]
    assert [part.count(doubt) for part in (first, second, third, fourth)] == [1, 0, 1, 1]
    assert f'class="again alone" value="{REFUSED}"' in second
    assert '<a href="#t1q1">' in fourth
    assert f'class="again" value="{EGGS}"' in fourth


def test_mcp_gives_every_question(space: FakeWorkspace) -> None:
    async def called() -> list[str]:
        async with Client(build_server(space)) as client:
            result = await client.call_tool("ask", {"question": LETTER})
            return [block.text for block in result.content if isinstance(block, TextContent)]

    text = "\n".join(asyncio.run(called()))
    assert all(f"words of the user: {question}" in text for question in QUESTIONS)


def test_a_saved_letter_is_verified(space: FakeWorkspace, tmp_path: Path) -> None:
    file = tmp_path / "letter.jsonl"
    file.write_text(json.dumps(reply_json(space.ask(LETTER), space.texts, today=local_today())), "utf-8")
    assert all(question in file.read_text("utf-8") for question in QUESTIONS)
    checked = check_file(file, space)
    assert checked.problems == ()


def test_of_40_questions_four_are_answered_and_36_named(space: FakeWorkspace) -> None:
    questions = [f"Does metformin lower cobalamin in {number} people?" for number in range(10, 50)]
    numbered = "\n".join(f"{number}. {question}" for number, question in enumerate(questions, 1))
    for found in (answer(space, STORY + " ".join(questions)), answer(space, f"{STORY}\n{numbered}")):
        assert len(found.parts) == 4
        assert asked(found) == questions


def test_the_terminal_shows_every_question(space: FakeWorkspace) -> None:
    out = io.StringIO()
    reply, setting = space.ask(LETTER), space.setting()
    terminal.answer(present(reply, setting), Console(file=out, width=200))
    for question in QUESTIONS:
        assert question in out.getvalue()
