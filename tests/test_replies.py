"""The two controls end an emergency, in any language; a remark, a question and other words do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import Answer, Status, TextId, Triage, Turn
from b12assistant.safety.fixed_texts import CONTROLS, all_texts, controls_for, fitting
from b12assistant.safety.red_flags import Packaged
from b12assistant.safety.replies import Reply, is_control, read_reply
from b12assistant.safety.triage import Triager, load_rules

TRIAGER = Triager(load_rules())
SENT = [text.text for name, text in all_texts().items() if name.partition(".")[0] in CONTROLS]
GONE = "my husband has collapsed in the kitchen"
DIE = "I want to end my life"
FOOD = "What foods contain B12?"

TYPED = (
    "I already called the ambulance", "he is fine now", "that was years ago", "wrong window", "just kidding",
    "it's from a film", "I am not suicidal", "era broma", "falsches Fenster", "我已经叫了救护车",
)  # fmt: skip
REMARKS = (
    "thanks", "OK.", "no", "What?", "never mind", "I don't understand", "Gracias", "Danke!", "merci beaucoup",
    "obrigada",
    "dziękuję", "شكرا", "dhanyavaad", "धन्यवाद", "谢谢",
)  # fmt: skip


def triage(*texts: str) -> Triage:
    return TRIAGER(turns(*texts))


def turns(*texts: str) -> list[Turn]:
    return [Turn(index, text) for index, text in enumerate(texts)]


def shown(*texts: str) -> list[str]:
    return [notice.text for notice in triage(*texts).notices if "." not in notice.text]


def emergency(*texts: str) -> bool:
    return any(name.startswith("emergency") for name in shown(*texts))


@pytest.mark.parametrize("text", TYPED)
def test_words_of_ones_own_end_nothing(text: str) -> None:
    assert emergency(DIE, text)
    assert shown(DIE, text, FOOD) == ["reminder_crisis"]
    assert emergency(GONE, text) or shown(GONE, text) == ["reminder"]
    assert shown(GONE, text, FOOD) == ["reminder"]


@pytest.mark.parametrize("later", ["it is happening again", "it got worse", "he isn't fine", "ça recommence"])
def test_what_happens_after_all_is_an_emergency_again(later: str) -> None:
    assert emergency(GONE, "It isn't happening now", later)
    assert emergency(GONE, "It isn't happening now", FOOD, later)
    assert not emergency("It isn't happening now", later)


def test_a_question_is_answered_under_the_reminder_unless_it_leans() -> None:
    answered = triage(GONE, FOOD)
    assert ([notice.text for notice in answered.notices], answered.alone) == (["reminder"], False)
    assert emergency(GONE, "is it serious?")


@pytest.mark.parametrize("text", REMARKS)
def test_a_remark_repeats_the_reminder_not_the_text(text: str) -> None:
    assert (shown(GONE, text), triage(GONE, text).alone) == (["reminder"], True)
    assert shown(DIE, text) == ["reminder_crisis"]


@pytest.mark.parametrize("text", REMARKS)
def test_a_remark_by_itself_gets_nothing(text: str) -> None:
    assert triage(text).flag is None
    assert shown(text) in ([], ["language"])


def test_a_farewell_after_words_of_self_harm_is_not_a_remark() -> None:
    assert emergency(DIE, "goodbye")
    assert not emergency(GONE, "goodbye")


def test_a_remark_does_not_repeat_a_lesser_text() -> None:
    assert shown("how much B12 should I inject?", "thanks") == []


@pytest.mark.parametrize("sentence", [*SENT, "THIS IS NOT HAPPENING NOW!", "this is not happening now."])
def test_a_control_works_in_every_language_case_and_punctuation(sentence: str) -> None:
    for written in (sentence, sentence.upper(), f" {sentence}…"):
        assert is_control(written)
        assert shown(DIE, written) == ["reminder_crisis"]
        assert not triage(DIE, written).alone
        assert shown(DIE, written, FOOD) == []
    assert not is_control(f"{sentence} but it was")


def test_a_control_is_offered_in_the_language_of_the_reader() -> None:
    texts = all_texts()
    for first, word in (("no puedo respirar", "Esto"), ("मैं मरना चाहता हूँ", "यह"), ("I can't breathe", "It")):
        controls = controls_for(Answer(Turn(0, first), Status.SAFETY_ONLY, None, (), triage(first).notices), texts)
        assert controls[0].startswith(word)
        assert len(controls) == len(CONTROLS)


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    assert read_reply(text) in Reply


@pytest.mark.parametrize(
    "text",
    ["The server is not responding", "My bread collapsed", "The baguette went limp", "the printer isn't moving",
     "My cake sank and collapsed in the middle"],
)  # fmt: skip
def test_a_bakery_with_the_emergency_rules_alone_raises_no_alarm(text: str) -> None:
    assert Triager(load_rules(packaged_rules=Packaged.EMERGENCIES))([Turn(0, text)]).notices == ()


def test_fewer_packaged_rules_flag_less() -> None:
    emergencies, nothing = (Triager(load_rules(packaged_rules=each)) for each in (Packaged.EMERGENCIES, Packaged.NONE))
    assert emergencies([Turn(0, "my legs are weak")]).notices == ()
    assert emergencies([Turn(0, "I can't breathe")]).flag is not None
    assert nothing([Turn(0, "I can't breathe")]).notices == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my son says he wants to kill himself", "emergency_self_harm_other"),
        ("I think my wife is going to kill herself", "emergency_self_harm_other"),
        ("meine Tochter will sich umbringen", "emergency_self_harm_other"),
        ("moja córka chce się zabić", "emergency_self_harm_other"),
        ("मेरा बेटा मरना चाहता है", "emergency_self_harm_other"),
        ("我女儿想自杀", "emergency_self_harm_other"),
        ("my husband left and I want to die", "emergency_self_harm"),
        ("ich will sterben", "emergency_self_harm"),
        ("मैं मरना चाहता हूँ", "emergency_self_harm"),
        ("my throat is closing up after the jab", "emergency_anaphylaxis"),
        ("severe allergic reaction to the injection", "emergency_anaphylaxis"),
    ],
)
def test_the_text_fits_the_words(text: str, name: str) -> None:
    assert shown(text) == [name]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("voglio morire", "it"), ("jag vill dö", "sv"), ("ik wil niet meer leven", "nl"), ("θέλω να πεθάνω", "el"),
        ("я хочу умереть", "ru"), ("я не хочу жити, мені дуже зле", "uk"), ("ölmek istiyorum", "tr"),
        ("死にたい", "ja"),
        ("죽고 싶어요", "ko"), ("ฉันอยากตาย", "th"), ("אני רוצה למות", "he"), ("می‌خواهم بمیرم", "fa"),
        ("tôi muốn chết", "vi"),
        ("میں مرنا چاہتا ہوں", "ur"), ("আমি মরতে চাই", "bn"), ("quali alimenti contengono la vitamina B12", "it"),
    ],
)  # fmt: skip
def test_a_language_that_is_not_read_gets_a_notice_that_says_so_and_no_level(text: str, code: str) -> None:
    assert [notice.text for notice in triage(text).notices] == ["unread", f"unread.{code}"]
    assert triage(text).flag is None


def test_a_language_without_a_name_gets_that_notice_in_english() -> None:
    assert [notice.text for notice in triage("მინდა სიკვდილი").notices] == ["unread"]


@pytest.mark.parametrize(("text", "name"), [("I feel so depressed", "urgent_low_mood"), ("my legs are weak", "urgent")])
def test_the_text_of_something_urgent_fits_the_words_too(text: str, name: str) -> None:
    assert fitting(TextId("urgent"), text) == name
