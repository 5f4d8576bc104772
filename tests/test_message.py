"""A message is answered question by question: which words ask, and what is only told."""

import asyncio
import html
import io
import json
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from browser.conftest import CORPUS
from builders_letters import EGGS, FEET, FISH, LETTER, MYELIN, OPENING, PILLS, QUESTIONS, REFUSED
from fakes import FakeWorkspace, RefusingEncoder, with_weak_quotes
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import measure
from mcp import Client
from mcp.types import TextContent
from rich.console import Console
from serving import small_space

from b12assistant.answering.asked import LONGEST, PART, Finder, parts_of, sentences_of
from b12assistant.answering.assistant import SEARCHED_CHARACTERS
from b12assistant.answering.signals import load_calibration
from b12assistant.answering.thread import Thread
from b12assistant.answers import Answer, Turn
from b12assistant.application.health import check_file
from b12assistant.command.mcp_server import build_server
from b12assistant.display import terminal
from b12assistant.display.json_form import reply_json
from b12assistant.display.labels import label
from b12assistant.display.presentation import present, turn_html
from b12assistant.index.encoding import IN_CONTEXT, asking_weights, load_encoder, tuned_encoder

LETTERS = Path(__file__).parent.parent / "benchmarks" / "data" / "letters"
STORY = "I am 61 and have had injections since 2019, and my feet have been numb for six years without getting worse. "


FINDER = Finder(tuned_encoder(load_encoder(), IN_CONTEXT), *asking_weights())


def asked(text: str, finder: Finder = FINDER) -> list[str]:
    return [each.text for each in finder.asked_of(Turn(0, text))]


@pytest.mark.parametrize("between", ["? ", "? ¿", "?\n- ", "… ", "？ ", ", and ", " & ", " and "])
def test_a_short_message_is_read_for_two_questions_where_something_stands_between_them(between: str) -> None:
    first, second = "is b12 safe in pregnancy", "how much should i take"
    assert [each.strip("?？…¿ ") for each in asked(f"{first}{between}{second}")] == [first, second]


def test_a_short_message_with_nothing_between_two_questions_is_not_read_for_them() -> None:
    text = "does a big lunch stop b12 tablets working"
    assert asked(text, Finder(RefusingEncoder(), *asking_weights())) == [text]


@pytest.mark.parametrize(
    "question",
    [
        "b12 and metformin",
        "How long does recovery take?",
        "my b12 is 180, is that low?",
        "thanks",
        "how much b12 does a 5 year old need",
        "Had six loading injections over two weeks and my feet are still numb, should I be having more?",
    ],
)
def test_a_short_question_is_asked_as_a_whole(question: str) -> None:
    assert asked(question) == [question]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STORY + "Can they still recover?", ["Can they still recover?"]),
        (STORY + "Any idea how long it takes?", ["how long it takes?"]),
        (
            STORY + "My nurse asked me why I stopped the tablets. Is folic acid safe with it?",
            ["Is folic acid safe with it?"],
        ),
        (STORY + "\n> is this from the other letter?\nDoes alcohol matter?", ["Does alcohol matter?"]),
        (
            "does H. pylori lower b12 and does it come back after treatment",
            ["does H. pylori lower b12", "and does it come back after treatment"],
        ),
    ],
    ids=["question mark", "any idea", "asked by the nurse", "quoted message", "two in one"],
)
def test_the_questions_of_a_message_are_found_and_its_story_is_not_asked(text: str, expected: list[str]) -> None:
    assert [each.removeprefix("and ") for each in asked(text)] == [each.removeprefix("and ") for each in expected]


@pytest.mark.parametrize(
    ("text", "expected"), [("> what is MMA?", "> what is MMA?"), ("> hi\nwhat is MMA?", "what is MMA?")]
)
def test_what_is_quoted_is_asked_only_if_nothing_else_is_said(text: str, expected: str) -> None:
    assert asked(text) == [expected]


def test_a_repeated_question_is_asked_once() -> None:
    assert asked("Can numb feet recover? Please! Can numb feet recover? CAN NUMB FEET RECOVER??") == [
        "Can numb feet recover?"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "I'd be grateful if you would tell me what foods have it, who is short of it, and whether eggs help.",
            ["what foods have it", "who is short of it", "whether eggs help"],
        ),
        (
            "Kindly explain what MMA is and why it rises. I would appreciate it if you could say whether tablets help.",
            ["what MMA is", "why it rises", "whether tablets help"],
        ),
        (
            "Please let me know how long it takes. shall i stop metformin?",
            ["how long it takes", "shall i stop metformin?"],
        ),
        (
            "1. Is it safe to drive with numb feet? 2. Does folic acid help with it, and",
            ["Is it safe to drive with numb feet?", "Does folic acid help with it"],
        ),
        (
            "\n1) What is MMA?\n2) Do I need injections for life\n- can I drive\n- how much folic acid is safe",
            ["What is MMA?", "Do I need injections for life", "can I drive", "how much folic acid is safe"],
        ),
    ],
    ids=["one request for three things", "polite", "let me know", "numbers", "lists"],
)
def test_each_thing_that_a_request_or_a_list_asks_is_a_question_without_the_request(
    text: str, expected: list[str]
) -> None:
    found = asked(STORY + text)
    assert len(found) == len(expected)
    assert all(each in slice_ for each, slice_ in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    "wish",
    [
        "Any advice welcome.",
        "Thanks for any help!",
        "I have no idea what to do.",
        "Can anyone help?",
        "My wife asked me whether I had been drinking.",
    ],
)
def test_neither_a_request_for_any_help_nor_a_question_in_the_story_is_asked_beside_a_question(wish: str) -> None:
    assert asked(f"{STORY}{wish} Is folic acid safe with it?") == ["Is folic acid safe with it?"]


def test_a_question_in_other_words_of_the_same_content_is_asked_once() -> None:
    again = "Is folic acid safe with B12? Also is B12 safe with folic acid? Why is folic acid safe with B12?"
    assert asked(STORY + again) == ["Is folic acid safe with B12?", "Why is folic acid safe with B12?"]


def test_a_letter_without_a_question_is_read_as_a_whole() -> None:
    letter = STORY * 3 + "The garden keeps me going and my daughter visits on Sundays."
    assert asked(letter) == [letter]


def test_no_sentence_with_a_question_mark_is_lost_in_any_language_unless_somebody_else_asked_it() -> None:
    letter = f"{STORY}¿Es seguro tomar ácido fólico? My nurse said why bother? Can B12 help my burning feet?"
    assert asked(letter) == ["¿Es seguro tomar ácido fólico?", "Can B12 help my burning feet?"]
    many = asked("".join(f"Is dose {number} of b12 safe? " for number in range(60)))
    assert all(any(f"dose {number} " in each for each in many) for number in range(60))


@settings(max_examples=40)
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([STORY, "Is it safe?", "why", "> ?", "\n", "Can I stop?"]), max_size=12).map(" ".join)
)
def test_every_question_is_a_slice_and_none_overlaps_another(text: str) -> None:
    found = FINDER.asked_of(Turn(0, text))
    assert found
    assert all(0 <= each.start <= each.end <= len(text) for each in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(text[each.start : each.end].strip() for each in sentences_of(text))


@pytest.mark.slow
def test_most_questions_of_letters_by_another_writer_are_found_and_few_others() -> None:
    letters = [json.loads(line) for line in (LETTERS / "calibration.jsonl").read_text("utf-8").splitlines()]
    counted = measure(FINDER, letters)
    assert counted["found"] / counted["questions"] >= 0.89
    assert counted["apart"] / counted["questions"] >= 0.85
    assert counted["false"] / counted["letters"] <= 0.2


@pytest.mark.slow
def test_no_question_of_a_letter_breaks_off_before_the_words_that_end_its_sentence() -> None:
    letters = [json.loads(line)["text"] for line in (LETTERS / "test.jsonl").read_text("utf-8").splitlines()]
    ends = [(each, text[text.index(each) + len(each) :].split("\n")[0]) for text in letters for each in asked(text)]
    broken = [
        (words, rest) for words, rest in ends if words.endswith((" the", " your", " my", " a", " in", " any", " for"))
    ]
    assert [words for words, rest in broken if rest.strip(" .") and len(rest.split(".")[0].split()) <= 8] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "question",
    ["If I stopped the tablets, would it come back?", "once she is on tablets, when should we check her again?"],
)
def test_a_condition_belongs_to_the_question_that_it_opens(question: str) -> None:
    assert asked(f"{STORY}Thank you for all the help so far. {question} It was a long wait for the result.") == [
        question
    ]


def test_without_the_encoder_each_sentence_with_a_question_mark_asks() -> None:
    letter = f"{STORY}Is folic acid safe with it? It rained. Can I drive?"
    assert asked(letter, Finder()) == ["Is folic acid safe with it?", "Can I drive?"]
    assert asked(STORY * 2, Finder()) == [(STORY * 2).strip()]


@given(st.lists(st.sampled_from([STORY, "Is it safe?", "> quoted\n", "\n", "x" * 1_000]), max_size=12).map("".join))
def test_the_parts_of_a_message_hold_all_of_its_sentences(text: str) -> None:
    sentences = sentences_of(text)
    parts = parts_of(sentences)
    assert all(len(text[part.start : part.end]) <= PART for part in parts)
    held = {place for part in parts for place in range(part.start, part.end)}
    assert all(place in held for each in sentences for place in range(each.start, each.end))


def test_a_letter_of_20000_characters_and_40_questions_are_read() -> None:
    letter = "".join(f"{STORY}Is dose number {number} safe to take? " for number in range(40))
    assert len(FINDER.asked_of(Turn(0, letter))) == 40
    assert FINDER.asked_of(Turn(0, STORY * 180))


@pytest.mark.parametrize("part", ["and ", ", what ", "("])
def test_a_part_that_is_repeated_for_20000_characters_is_read_at_once(part: str) -> None:
    begun = time.process_time()
    assert FINDER.asked_of(Turn(0, part * (20_000 // len(part)) + "b12"))
    assert time.process_time() - begun < 5


def test_a_request_is_left_out_once_what_it_asks_for_is_kept() -> None:
    own = "if it affects driving as I don't get lifts any more when my wife is away"
    assert asked(f"{STORY}I would also like to know {own}.") == [own]


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return with_weak_quotes(small_space(tmp_path_factory.mktemp("letters"), CORPUS))


def test_a_part_without_full_stops_is_cut(space: FakeWorkspace) -> None:
    thread = Thread(replace(space.engine, finder=FINDER), load_calibration(), SEARCHED_CHARACTERS)
    story = "my feet tingle and I take metformin and " * 100
    for text in (f"{story} my back aches, does metformin lower b12?", f"does metformin lower b12? {story}", story):
        parts = [each for each in thread.questions((Turn(0, text),)) if each.words]
        assert all(len(each.read_as.own.text) <= LONGEST for each in parts)


def answer(space: FakeWorkspace, message: str) -> Answer:
    return space.ask(message).answer


def all_asked(found: Answer) -> list[str]:
    return [part.words.text for part in (*found.parts,)] + [words.text for words in found.more]


def test_each_question_heads_its_part_and_a_refused_one_hides_no_other(space: FakeWorkspace) -> None:
    shown = present(space.ask(LETTER), space.texts)
    assert [part.question for part in shown.parts] == [MYELIN, REFUSED, PILLS, FEET]
    assert not any(part.read_as for part in shown.parts)  # these sentences are asked nothing to read it as
    assert all(part.headline for part in shown.parts)
    assert [[quote.number for quote in part.quotes] for part in shown.parts] == [[1], [], [], []]
    assert [bool(part.nearest) for part in shown.parts] == [False, True, True, False]
    assert [part.also for part in shown.parts] == [(), (), (), (1,)]
    assert shown.further == (EGGS, FISH)


def test_a_part_without_a_sure_answer_says_so_once_above_its_quotes(space: FakeWorkspace) -> None:
    drawn = html.unescape(turn_html(1, space.ask(LETTER), space.texts))
    doubt = label("headlines.weak_match")
    first, second, third, fourth = drawn.split('<section class="part">')[1:]
    assert [part.count(doubt) for part in (first, second, third, fourth)] == [1, 0, 0, 1]
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
    file.write_text(json.dumps(reply_json(space.ask(LETTER), space.texts)), "utf-8")
    assert all(question in file.read_text("utf-8") for question in QUESTIONS)
    checked = check_file(file, space)
    assert checked.problems == ()


def test_of_40_questions_four_are_answered_and_36_named(space: FakeWorkspace) -> None:
    questions = [f"Does metformin lower cobalamin in {number} people?" for number in range(10, 50)]
    numbered = "\n".join(f"{number}. {question}" for number, question in enumerate(questions, 1))
    for found in (answer(space, OPENING + " ".join(questions)), answer(space, f"{OPENING}\n{numbered}")):
        assert len(found.parts) == 4
        assert all_asked(found) == questions


def test_the_terminal_shows_every_question(space: FakeWorkspace) -> None:
    out = io.StringIO()
    reply = space.ask(LETTER)
    terminal.answer(present(reply, space.texts), Console(file=out, width=200))
    for question in QUESTIONS:
        assert question in out.getvalue()
