"""Understanding the last turn of a conversation: which earlier words it is read with, and when a refusal stays one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from builders_answers import EASY, assistant, source
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.assistant import Answerer
from b12assistant.answering.context import load_text_model
from b12assistant.answering.found import Found
from b12assistant.answering.thread import stands_alone
from b12assistant.answering.turn_forms import greets, is_remark, lead_in, move_of, new_topic, sign_off, states
from b12assistant.answers import Answer, Interpretation, Move, Reason, Status, Triage, Turn
from b12assistant.index.encoding import load_encoder, tuned_encoder
from b12assistant.protocols import Encoder
from b12assistant.safety.triage import Triager, load_rules

NERVES = source("Myelin wraps nerves in the arm. Tea is hot.", "nerves.txt")
LEGS = source("Myelin wraps nerves in the leg. Rice is white.", "legs.txt")
SHOP = source("An injection heals. Salt is cheap.", "shop.txt")
READER = assistant(NERVES, LEGS, SHOP)
ASKED = "What wraps nerves?"
UNKNOWN = "Does zyx hurt nerves?"
MOST = 2_000
LONG_TURN = ("Does it wrap myelin and nerves? " * 700)[:20_000]
# Refuses a question of which the sources have little.
WARY = replace(EASY, possibly=0.05)


WARY_READER = replace(READER, calibration=WARY)


def read(*texts: str, reader: Answerer = READER) -> Found:
    return reader.understood(texts[-1], texts[:-1])


def read_as(*texts: str) -> Interpretation:
    return read(*texts).sought.read_as


def turns_read(interpretation: Interpretation) -> set[int]:
    return {part.turn.index for part in interpretation.parts}


def is_answered(found: Found) -> bool:
    return found.likely >= found.least


def test_a_whole_question_after_another_is_read_alone() -> None:
    assert turns_read(read_as(ASKED, "What is myelin in the leg?")) == {1}


def test_a_turn_that_leans_is_read_with_the_last_question() -> None:
    found = read_as("What wraps nerves in the leg?", "and an injection?")
    assert found.earlier
    assert turns_read(found) == {0, 1}


@pytest.mark.parametrize(("said", "read"), [("thanks!", {0, 2}), ("that was last year", {0, 1, 2})])
def test_a_remark_is_passed_over_and_what_tells_something_is_not(said: str, read: set[int]) -> None:
    assert turns_read(read_as(ASKED, said, "why is that?")) == read


@pytest.mark.parametrize(
    ("text", "move"), [("tell me more", Move.MORE), ("who says so?", Move.SOURCES)], ids=["more", "sources"]
)
def test_a_turn_that_asks_nothing_new_is_read_as_the_last_question(text: str, move: Move) -> None:
    asked, again = read(ASKED), read(ASKED, text)
    assert again.windows == asked.windows
    assert again.sought.read_as == replace(asked.sought.read_as, move=move)


def test_a_refused_topic_stays_refused() -> None:
    assert not is_answered(read(UNKNOWN, reader=WARY_READER))
    assert not is_answered(read(UNKNOWN, "even once?", reader=WARY_READER))


def test_words_of_a_refused_topic_are_not_left_out_by_a_pronoun() -> None:
    assert not is_answered(read(UNKNOWN, "does it hurt nerves in the arm?", reader=WARY_READER))


def test_a_whole_question_after_a_refused_one_is_answered() -> None:
    assert is_answered(read(UNKNOWN, ASKED, reader=WARY_READER))


def test_a_reading_of_a_long_history_fits_what_is_searched() -> None:
    found = read_as(*([LONG_TURN] * 19), "and why is that?")
    assert found.own.turn.index == 19
    assert len(found.text) <= MOST


MORE = source("Myelin wraps nerves in the leg. Rice is white.", "more.txt")


def one_quote() -> Answerer:
    asked = assistant(NERVES, MORE, SHOP)
    quoting = replace(asked.settings.quoting, quotes=1)
    return replace(asked, settings=replace(asked.settings, quoting=quoting))


ASSISTANT = one_quote()


def ask(question: str, *history: str, as_typed: bool = False) -> Answer:
    return ASSISTANT.reply(question, history, literal=as_typed).answer


def said(answer: Answer) -> list[str]:
    return [quote.best.text for quote in answer.quotes]


def reading_of(answer: Answer) -> Interpretation:
    assert answer.interpretation is not None
    return answer.interpretation


def test_more_gives_what_was_not_quoted_yet() -> None:
    first, second = said(ask(ASKED)), said(ask("tell me more", ASKED))
    assert sorted(first + second) == ["Myelin wraps nerves in the arm.", "Myelin wraps nerves in the leg."]


@pytest.mark.parametrize("marks", ["???", "👍", " "])
def test_a_message_without_a_word_is_not_what_more_is_asked_of(marks: str) -> None:
    assert said(ask("tell me more", ASKED, marks)) == said(ask("tell me more", ASKED)) != []


def test_the_reply_says_when_nothing_is_left() -> None:
    answer = ask("more", ASKED, "more", "go on")
    assert (answer.status, answer.reason, answer.quotes) == (Status.NO_ANSWER, Reason.NOTHING_MORE, ())


def test_as_typed_no_word_is_read_as_another_and_no_earlier_turn_is_used() -> None:
    answer = ask("a jab heals", ASKED, as_typed=True)
    assert answer.interpretation is None
    assert said(answer) == ["An injection heals."]


def test_a_flagged_turn_is_never_searched_with_later_questions() -> None:
    flagged = Turn(1, "I can't pee and my legs are weak")

    def triage(turns: Sequence[Turn]) -> Triage:
        return Triage(apart=tuple(turn for turn in turns if turn == flagged))

    wary = replace(ASSISTANT, triage=triage)
    answer = wary.reply("why is that?", (ASKED, flagged.text, "it was last year, all is fine")).answer
    assert {part.turn.index for part in reading_of(answer).parts} == {0, 3}
    assert wary.reply("why is that?", ("", flagged.text)).answer.interpretation is None


def test_the_rules_say_which_turns_are_kept_apart() -> None:
    turns = [Turn(0, "I can't pee and my legs went weak today"), Turn(1, "It isn't happening now"), Turn(2, ASKED)]
    assert Triager(load_rules())(turns).apart == tuple(turns[:2])


@pytest.mark.parametrize("text", ["¿Y las pastillas?", "وماذا عن الأقراص؟", "那片剂呢？"])
def test_turns_in_other_languages_are_read(text: str) -> None:
    assert ask(text, ASKED).question.text == text
    assert ask("why is that?", text).question.index == 1


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return tuned_encoder(load_encoder())


def leans(encoder: Encoder, text: str) -> bool:
    model = load_text_model("leaning")
    assert model.encoder == encoder.digest
    return model.holds(encoder.each([text])[0].vector)


@pytest.mark.parametrize(
    "text",
    [
        "What is myelin?",
        "Can vegans get enough B12?",
        "why is it called cobalamin",
        "Is it safe to take B12 while pregnant?",
        "How long does it take for nerves to heal on b12?",
        "Does metformin lower B12 and should I stop it?",
    ],
)
def test_a_whole_question_stands_alone(encoder: Encoder, text: str) -> None:
    assert not leans(encoder, text)


@pytest.mark.parametrize(
    "text",
    [
        "why?",
        "even once?",
        "and folate?",
        "what about injections",
        "Does that hurt the nerves?",
        "taste too?",
        "Why so long?",
        "No, I meant tablets.",
        "and if she's on the tablets not the jabs",
    ],
)
def test_a_turn_leans(encoder: Encoder, text: str) -> None:
    assert leans(encoder, text)


# Each form, what it says of a turn, and the turns of which it says so.
FORMS: tuple[tuple[Callable[[str], object], object, tuple[str, ...]], ...] = (
    *(
        (form, True, ("Thanks!", "ok great", "wow", "makes sense", "that's scary", "thx", "good to know", "mm ok"))
        for form in (is_remark, stands_alone)
    ),
    (stands_alone, True, ("Forget that. What is ataxia?",)),
    (is_remark, False, ("and how much a day", "thanks, and folate?", "great, what is myelin", "", "numb feet")),
    (states, True, ("I get that in bed", "that was last year")),
    (states, False, ("is it?", "it hurts, why?")),
    (greets, True, ("good morning", "Good afternoon!", "hello, good evening all", "Goodnight.")),
    (greets, False, ("morning", "is it good in the morning", "good morning tablets", "good day for a walk?")),
    (
        move_of,
        Move.MORE,
        (
            *("tell me more", "Tell me more about it.", "more", "go on", "What else?", "Thanks. Tell me more, please."),
            "anything else?",
        ),
    ),
    (
        move_of,
        Move.SOURCES,
        (
            *("who says so?", "Says who?", "Is that from a seller?", "And are they selling something?"),
            *("Is this a shop talking?", "where does that come from?", "source?", "Can I trust that?"),
            *("which page is that from?", "which study says so"),
        ),
    ),
    (
        move_of,
        Move.ASKS,
        (
            *("Tell me more about folate.", "tell me more, what does the brain make of that", "more tablets?", ""),
            *("Is vitamin B12 from a seller?", "Who says that folate hides it?", "what else causes numbness?"),
            *("Do they sell oral vitamin B12 in shops?", "Anything?", "Who wrote it?", "What is myelin?"),
            *("and folate?", "is it from diet?", "where does it begin?"),
        ),
    ),
)


@pytest.mark.parametrize(
    ("form", "expected", "text"),
    [
        pytest.param(form, expected, text, id=f"{form.__name__} {expected}: {text}")
        for form, expected, texts in FORMS
        for text in texts
    ],
)
def test_a_form_is_read_from_the_words_alone(form: Callable[[str], object], expected: object, text: str) -> None:
    assert form(text) == expected


@pytest.mark.parametrize(
    ("start", "text", "rest"),
    [
        (lead_in, "Great. What is it?", "What is it?"),
        (lead_in, "No, I meant folate", "folate"),
        (lead_in, "OK, thanks, and feet?", "and feet?"),
        (lead_in, "I mean the feet", "the feet"),
        (lead_in, "Great Britain?", "Great Britain?"),
        (lead_in, "NICE guideline 2024", "NICE guideline 2024"),
        (lead_in, "right foot gone numb", "right foot gone numb"),
        (lead_in, "right, which foot?", "which foot?"),
        (lead_in, "nice thanks and tablets", "and tablets"),
        (lead_in, "ok to drive after a jab?", "ok to drive after a jab?"),
        (lead_in, "No feeling in the feet", "No feeling in the feet"),
        (lead_in, "Okra?", "Okra?"),
        (lead_in, "Thanks.", "Thanks."),
        (lead_in, "Hi there, do eggs have it?", "do eggs have it?"),
        (lead_in, "Evening, is it late?", "is it late?"),
        (lead_in, "Evening primrose oil?", "Evening primrose oil?"),
        (lead_in, "Dear Sir or Madam, is it late?", "is it late?"),
        (lead_in, "morning all can i drive", "can i drive"),
        (lead_in, "Hi there is a lump", "Hi there is a lump"),
        (lead_in, "Hi all is well but it hurts", "Hi all is well but it hurts"),
        (lead_in, "Morning, lunch or bedtime?", "Morning, lunch or bedtime?"),
        (lead_in, "hi-dose tablets", "hi-dose tablets"),
        (lead_in, "Hi doctor said it is low", "Hi doctor said it is low"),
        (new_topic, "Forget the food. What does it do?", "What does it do?"),
        (new_topic, "OK forget that. Why?", "Why?"),
        (new_topic, "New question: why?", "why?"),
        (new_topic, "something else - why?", "why?"),
    ],
)
def test_what_leads_in_or_closes_a_topic_is_passed_over(start: Callable[[str], int], text: str, rest: str) -> None:
    assert text[start(text) :] == rest


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Will it come back? With many thanks, Peter", "Will it come back?"),
        ("is it worse after jabs ta", "is it worse after jabs"),
        ("why am i so tired all the time pls", "why am i so tired all the time"),
        ("does it help please", "does it help"),
        ("is it safe after a TIA", "is it safe after a TIA"),
        ("what is normal thanks mine is 143", "what is normal thanks mine is 143"),
        ("CAN I HAVE JABS THANKS AM PREGNANT", "CAN I HAVE JABS THANKS AM PREGNANT"),
        ("Is it safe? Thanks. Pregnant.", "Is it safe? Thanks. Pregnant."),
        ("can i take it please and thank you", "can i take it"),
        ("am i low thanks to metformin", "am i low thanks to metformin"),
        ("can you please tell me more", "can you please tell me more"),
        ("thanks", "thanks"),
    ],
)
def test_what_signs_off_is_passed_over(text: str, asked: str) -> None:
    assert text[: sign_off(text)] == asked


@given(st.text(max_size=400))
def test_any_text_is_read_and_something_is_always_left(text: str) -> None:
    assert stands_alone(text) or len(text) <= 300
    if any(character.isalnum() for character in text):
        assert any(character.isalnum() for character in text[lead_in(text) :])
        assert any(character.isalnum() for character in text[new_topic(text) :])
        assert any(character.isalnum() for character in text[lead_in(text) : sign_off(text, lead_in(text))])


@pytest.mark.parametrize("part", ["ok ", "is it a ", "hi there ", " many thanks a", "dear a or "])
def test_a_long_turn_is_read_to_its_end(part: str) -> None:
    """A pattern that tried every way to read such a turn would not finish."""
    text = part * (20_000 // len(part))
    move_of(text)
    assert 0 <= lead_in(text) <= len(text)
    assert 0 <= sign_off(text) <= len(text)
    assert 0 <= new_topic(text) <= len(text)


def test_a_long_turn_stands_alone() -> None:
    assert stands_alone("it " * 7_000)
