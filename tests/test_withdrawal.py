"""Words that take back an emergency end or soften it, in any language; other words do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import TextId, Triage, Turn
from b12assistant.safety.fixed_texts import CONTROLS, all_texts, controls_for, fitting
from b12assistant.safety.red_flags import Packaged
from b12assistant.safety.triage import Triager, load_rules
from b12assistant.safety.withdrawal import Withdrawal, load_withdrawals

TRIAGER = Triager(load_rules())
WITHDRAWALS = load_withdrawals()
SENT = [text.text for name, text in all_texts().items() if name.partition(".")[0] in CONTROLS]
GONE = "my husband has collapsed in the kitchen"
DIE = "I want to end my life"
FOOD = "What foods contain B12?"

SOFTENED = (
    "I already called the ambulance", "The ambulance is here.", "he is fine now", "Paramedics just got here",
    "my neighbour already rang 999", "On the phone with 911 right now", "We're in A&E", "all good now!!", "It passed.",
    "I have already phoned the poison line", "He came round, he's talking normally now", "AMBULANCE CALLED, thanks",
    "Ya llamé a la ambulancia", "ya está mejor", "J'ai déjà appelé le SAMU", "les pompiers sont là",
    "Ich habe schon den Notarzt gerufen", "ihm geht es wieder gut", "já chamei a ambulância", "ele já está bem",
    "Już zadzwoniłam po karetkę", "karetka jedzie", "لقد اتصلت بالإسعاف", "هو بخير الآن", "maine ambulance bula li hai",
    "मैंने एम्बुलेंस बुला ली है", "वह अब ठीक है", "我已经叫了救护车", "他现在没事了",
)  # fmt: skip
ENDED = (
    "that was years ago", "wrong window", "I am only looking it up", "That happened in 2011", "oops, wrong tab!",
    "Sorry that was meant for my sister", "I was just checking symptoms for a school project", "false alarm",
    "me equivoqué de chat", "eso fue hace diez años", "c'était il y a longtemps", "mauvaise fenêtre",
    "falsches Fenster",
    "das war vor Jahren", "foi há anos", "to było lata temu", "من زمان", "yeh bahut saal pehle ki baat hai",
    "发错窗口了", "那是很多年前的事",
)  # fmt: skip
UNMEANT = (
    "of embarrassment I mean", "it's from a film", "just kidding", "I didn't mean it", "dying of laughter, I mean",
    "it was a line from a song", "figure of speech", "era broma", "je plaisantais", "war nur ein Witz",
    "era só uma brincadeira", "to był żart", "كنت أمزح", "mazak kar raha tha", "मज़ाक कर रहा था", "我开玩笑的",
)  # fmt: skip
NOTHING = (
    "I called but nobody answers", "the ambulance isn't coming", "he isn't fine", "I still want to die",
    "it happens again", "it's getting worse", "I called 999 and they put me on hold", "nobody is picking up",
    "He was fine now he's grey again", "I already called but it's getting worse", "Can I call an ambulance for that?",
    "Do you think he's fine now?", "I don't think it passed", "It isn't a joke", "this is not from a film",
    "no one called the ambulance", "when the ambulance is here what do I say?", "I hope the ambulance is here soon",
    "no contesta nadie", "la ambulancia no viene", "il ne va pas bien", "ihm geht es nicht besser", "ele não está bem",
    "nie jest lepiej", "الإسعاف لم يصل", "ambulance nahi aayi", "救护车没来",
)  # fmt: skip
PAIN = "my dad has chest pain and cant breathe"
UNDERSTOOD = (
    (PAIN, "paramedics just left, all good"), (PAIN, "ems is with me"), (PAIN, "i have called 112"),
    (PAIN, "triple zero called, they said 5 mins away"), (PAIN, "911 has been called"),
    (PAIN, "driving to emergency room right now, my son drives"), (PAIN, "been admitted, on the ward now"),
    (PAIN, "im on oxygen in the hospital now"), (PAIN, "i went to hospital and they ruled out a bleed"),
    (PAIN, "sorted, thanks"), (PAIN, "thats already taken care of"),
    (PAIN, "swelling has gone down and he is breathing fine"),
    (PAIN, "was panic attack, paramedics checked me over and left"), (PAIN, "dont worry ive rung for an ambulance"),
    (PAIN, "no emergency, it was last year"), (PAIN, "just hypothetical"), (PAIN, "pls disregard my last msg"),
    (PAIN, "voice typing got that wrong"), (PAIN, "im asking for a first aid course"), (PAIN, "ambos are here mate"),
    (DIE, "im not going to do anything"), (DIE, "my little brother typed that"), (DIE, "i put the knife away"),
    (DIE, "my friend took my phone and wrote that"), (DIE, "nah mate just copying something off reddit"),
    (DIE, "i talked to samaritans, feeling safer now"), (DIE, "sry for scaring u, i was just venting, im ok"),
    (DIE, "estoy a salvo, mi hermana está conmigo"), (DIE, "je ne vais rien faire, promis"),
    (DIE, "ich tu mir nichts an, keine sorge"), (DIE, "é só jeito de falar"), (DIE, "我不会做傻事的"),
)  # fmt: skip
KEPT = (
    (DIE, "everyone thinks im being dramatic"), (DIE, "i tried years ago"), (DIE, "i have no intention to live"),
    (DIE, "no es broma"), (DIE, "je ne plaisante pas"), (DIE, "não estou brincando"), (DIE, "我不是开玩笑"),
    (PAIN, "it stopped and then another one started"), (PAIN, "the pain has gone to his jaw"),
    (PAIN, "im not going to do anything"),
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


@pytest.mark.parametrize("text", [*SOFTENED, *ENDED, *UNMEANT])
@pytest.mark.parametrize("first", [GONE, DIE])
def test_a_withdrawal_is_answered_by_the_short_reminder_alone(first: str, text: str) -> None:
    answered = triage(first, text)
    assert (shown(first, text), answered.alone) == (["reminder_crisis" if first == DIE else "reminder"], True)


@pytest.mark.parametrize("text", [*SOFTENED[:3], SOFTENED[12], SOFTENED[-1]])
def test_after_a_softening_the_reminder_is_above_every_answer(text: str) -> None:
    assert shown(GONE, text, FOOD) == ["reminder"]
    assert shown(GONE, text, "and eggs?") == ["reminder"]


@pytest.mark.parametrize("text", ENDED)
def test_what_ends_an_emergency_leaves_nothing_of_it(text: str) -> None:
    assert shown(GONE, text, FOOD) == []


@pytest.mark.parametrize("text", ENDED)
def test_only_what_says_so_ends_self_harm(text: str) -> None:
    assert shown(DIE, text, FOOD) == ["reminder_crisis"]


@pytest.mark.parametrize("text", [*UNMEANT, "I'm not suicidal"])
def test_saying_that_it_was_not_meant_ends_self_harm(text: str) -> None:
    assert shown(DIE, text, FOOD) == []


@pytest.mark.parametrize("text", NOTHING)
def test_a_message_that_withdraws_nothing_withdraws_nothing(text: str) -> None:
    assert emergency(GONE, text)
    assert emergency(DIE, text)


@pytest.mark.parametrize(("first", "later"), UNDERSTOOD)
def test_a_withdrawal_is_understood_as_people_type_it(first: str, later: str) -> None:
    assert (emergency(first, later), list(TRIAGER.steps(turns(first, later)))[-1].withdrawn is None) == (False, False)


@pytest.mark.parametrize(("first", "later"), KEPT)
def test_what_is_denied_or_doubted_is_not_withdrawn(first: str, later: str) -> None:
    assert list(TRIAGER.steps(turns(first, later)))[-1].withdrawn is None


@pytest.mark.parametrize("first", ["he is fine now", "that was years ago", "It isn't happening now"])
@pytest.mark.parametrize("later", ["it is happening again", "it got worse", "he isn't fine"])
def test_what_happens_after_all_is_an_emergency_again(first: str, later: str) -> None:
    assert emergency(GONE, first, later)


def test_a_sign_next_to_a_withdrawal_is_read() -> None:
    assert emergency(GONE, "He is fine now. I can't breathe.")
    assert emergency(GONE, "the ambulance is here, he has chest pain")


def test_a_question_next_to_a_withdrawal_is_answered_under_the_reminder() -> None:
    answered = triage(GONE, "wrong window, what foods contain B12?")
    assert ([notice.text for notice in answered.notices], answered.alone) == (["reminder"], False)


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
        assert WITHDRAWALS.is_control(written)
        assert shown(DIE, written) == ["reminder_crisis"]
        assert not triage(DIE, written).alone
        assert shown(DIE, written, FOOD) == []
    assert not WITHDRAWALS.is_control(f"{sentence} but it was")


def test_a_control_is_offered_in_the_language_of_the_reader() -> None:
    texts = all_texts()
    for first, word in (("no puedo respirar", "Esto"), ("मैं मरना चाहता हूँ", "यह"), ("I can't breathe", "It")):
        controls = controls_for(triage(first).notices, texts)
        assert controls[0].text.startswith(word)
        assert len(controls) == len(CONTROLS)


@given(st.text(max_size=80), st.booleans())
def test_reading_raises_nothing_and_keeps_every_place(text: str, flagged: bool) -> None:
    assert len(WITHDRAWALS.read(text, flagged=flagged).masked) == len(text)


def test_the_clearest_kind_counts() -> None:
    assert WITHDRAWALS.read("he is fine now, just kidding", flagged=True).kind is Withdrawal.UNMEANT


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
