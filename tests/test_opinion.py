"""What an opinion decides, what the encoder reads, and what is left if it fails."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from unittest.mock import Mock

import pytest
from builders_opinion import ALONE, ENCODER, flags, no_encoder, second, triage, words_opinion
from fakes import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from b12assistant.answers import FlagKind, Level, Turn
from b12assistant.errors import EncoderError
from b12assistant.index.encoding import load_encoder, red_flag_encoder
from b12assistant.protocols import Encoded
from b12assistant.safety import second_opinion
from b12assistant.safety.opinion import Asked, Concern, Thresholds
from b12assistant.safety.second_opinion import Advice, SecondOpinion, Triagers, load_fitted

SHARES = st.lists(st.floats(0.001, 1), min_size=6, max_size=6).map(lambda each: tuple(x / sum(each) for x in each))


@st.composite
def cuts(draw: st.DrawFn) -> Thresholds:
    emergency, urgent, danger, decision, foreign = (draw(st.floats(0.01, 0.99)) for _ in range(5))
    return Thresholds(emergency, urgent, danger, decision, draw(st.floats(0, emergency)), foreign)


@given(SHARES, cuts())
def test_a_rule_never_makes_a_turn_less_serious_and_never_leaves_it_below_urgent(
    shares: tuple[float, ...], cuts: Thresholds
) -> None:
    with_rule, without = (cuts.decide(shares, ruled=ruled, foreign=False)[0].level for ruled in (True, False))
    order = [*Level, None]
    assert order.index(with_rule) <= order.index(without)
    assert with_rule in (Level.EMERGENCY, Level.URGENT)


@pytest.mark.parametrize(
    ("self_harm", "foreign", "told"),
    [(0.1, False, Concern.SELF_HARM), (0.05, False, Concern.MEDICAL), (0.1, True, Concern.MEDICAL)],
)
def test_an_emergency_that_may_be_self_harm_gets_the_crisis_text_in_english(
    self_harm: float, foreign: bool, told: Concern
) -> None:
    shares = (self_harm, 0.1, 0.7 - self_harm, 0.1, 0.05, 0.05)
    assert load_fitted().cuts.decide(shares, ruled=False, foreign=foreign)[0] is told


def test_the_cut_that_keeps_an_emergency_of_a_rule_is_not_above_the_one_that_finds_it() -> None:
    cuts = load_fitted().cuts
    assert cuts.kept <= cuts.emergency


@given(SHARES, cuts(), st.floats(0, 1), st.integers(3, 5), st.booleans())
def test_more_of_an_emergency_is_never_less_serious(
    shares: tuple[float, ...], cuts: Thresholds, moved: float, taken: int, ruled: bool
) -> None:
    graver = [shares[0] + moved * shares[taken], *shares[1:]]
    graver[taken] *= 1 - moved
    order = [*Level, None]
    before, after = (cuts.decide(tuple(each), ruled=ruled, foreign=False)[0].level for each in (shares, graver))
    assert order.index(after) <= order.index(before)


@given(SHARES, cuts(), st.booleans())
def test_calm_neighbours_take_away_what_is_grave_but_not_what_a_rule_hears(
    shares: tuple[float, ...], cuts: Thresholds, ruled: bool
) -> None:
    alone, among = (cuts.decide(shares, ruled=ruled, foreign=False, calm=calm)[0] for calm in (False, True))
    assert among is alone if ruled else among in (Concern.NONE, Concern.MEDICAL_DECISION)


SPANISH = ("¿Qué comidas tienen vitamina? ", ". No sé qué comer ahora, gracias.")


def among_eggs(words: str) -> Asked:
    said = f"So {words} today"
    return Asked(Turn(0, said), beside=("Eggs are good. ", ". Milk is good."))


def reading(there: float = 9.0, alone: float = 9.0, harm: float = -9.0) -> Mock:
    """Reads every part alike: the logit of danger where it stands, by itself, and that of self-harm."""
    return Mock(scores=lambda _, beside: (alone if beside == " ... " else there, harm))


CALMEST, CALM, GRAVE = second_opinion.CALM_SURE - 0.1, second_opinion.CALM - 0.1, second_opinion.CALM + 1
HEARD = second_opinion.MEANT + 1
CALMED = [
    ("zorp", CALM, CALM, "none"),
    ("frob", CALM, CALM, "none"),
    ("glim", CALM, CALM, "none"),
    ("glim", GRAVE, CALM, "self_harm"),
    ("zorp", GRAVE, CALM, "medical"),
    ("frob", CALM, GRAVE, "urgent"),
]


@pytest.mark.parametrize(("word", "there", "alone", "concern"), CALMED)
def test_only_what_the_model_alone_calls_grave_is_calmed(
    word: str, there: float, alone: float, concern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "CALM_SHARE", 2)
    judge, asked = second(danger=reading(there, alone)), among_eggs(word)
    assert (judge(asked).concern, judge(asked._replace(ruled=True)).concern is Concern.NONE) == (concern, False)


@pytest.mark.parametrize(("above", "concern"), [(0.01, "none"), (-0.01, "medical")])
def test_what_is_calm_is_told_from_a_share_on(above: float, concern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = among_eggs("zorp")
    monkeypatch.setattr(second_opinion, "CALM_SHARE", sum(second()(asked).shares[:4]) + above)
    assert second(danger=reading(CALM, CALM))(asked).concern == concern


def test_nothing_is_calmed_in_another_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "CALM_SHARE", 2)
    asked = among_eggs("zorp")
    assert second(danger=reading(CALM, CALM))(asked._replace(beside=SPANISH)).concern is Concern.MEDICAL


SURE = [
    ("zorp", CALM, -9.0, Concern.MEDICAL, False),
    ("zorp", GRAVE, -9.0, Concern.MEDICAL, False),
    ("zorp", HEARD, -9.0, Concern.MEDICAL, True),
    ("glim", CALM, -9.0, Concern.SELF_HARM, False),
    ("glim", HEARD, -9.0, Concern.SELF_HARM, False),
    ("glim", GRAVE, HEARD, Concern.SELF_HARM, True),
]


@pytest.mark.parametrize(("word", "danger", "harm", "concern", "certain"), SURE)
def test_what_the_model_is_sure_of_is_told_but_takes_no_answer_away_unless_the_network_hears_it_too(
    word: str, danger: float, harm: float, concern: Concern, *, certain: bool
) -> None:
    asked = among_eggs(word)
    assert second()(asked).is_certain
    opinion = second(danger=reading(danger, danger, harm))(asked)
    assert (opinion.concern, opinion.is_certain) == (concern, certain)


def test_what_the_network_is_surest_of_is_calmed_whatever_the_model_says() -> None:
    for word in ("zorp", "glim", "frob"):
        assert second(danger=reading(CALMEST, CALMEST))(among_eggs(word)).concern is Concern.NONE
        assert second(danger=reading(CALM, CALMEST))(among_eggs(word)).concern is not Concern.NONE


MEANT = [("eggs", 6, "self_harm"), ("eggs", -6, "none"), ("frob", 6, "urgent"), ("zorp", 6, "medical")]


@pytest.mark.parametrize(("words", "logit", "concern"), MEANT)
def test_what_only_hints_at_self_harm_is_told_if_its_neighbours_say_so(words: str, logit: int, concern: str) -> None:
    opinion = second(danger=reading(harm=logit))(among_eggs(words))
    assert opinion.concern == concern
    assert (opinion.passed.name == "hinted") == (concern == "self_harm") == (not opinion.is_certain)


def test_self_harm_is_asked_of_no_whole_message_no_rule_and_no_other_language() -> None:
    judge, asked = second(danger=Mock(scores=Mock(side_effect=AssertionError))), among_eggs("eggs")
    foreign = Asked(Turn(0, "No sé qué comer ahora, gracias"), beside=SPANISH)
    for each in (asked._replace(beside=None), asked._replace(ruled=True), asked._replace(beside=SPANISH), foreign):
        assert judge(each).concern is second()(each).concern


def test_an_opinion_names_the_cut_and_its_notice_the_words() -> None:
    text = "I like eggs a lot. So zorp since breakfast. Is milk good?"
    opinion = second()(Asked(Turn(0, text)))
    assert (opinion.concern, opinion.rule) == (Concern.MEDICAL, "second_opinion.emergency")
    assert opinion.passed.name == "emergency"
    (notice,) = triage(f"  {text} ").notices
    assert [place.text for place in notice.evidence] == ["So zorp since breakfast"]


@pytest.mark.parametrize("text", ["", "?", "\u200b", "🦵 ..."])
def test_a_turn_without_words_is_not_judged(text: str) -> None:
    def refusing() -> SecondOpinion:
        raise AssertionError

    assert triage(text, advice=Advice((refusing,))).notices == ()


@given(st.text(max_size=80))
@settings(deadline=None)
def test_shares_add_up(text: str) -> None:
    assert sum(second()(Asked(Turn(0, text + " zorp"))).shares) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("text", ["x" * 20_000, "🦵" * 500 + "a", "\ud800 legs"])
def test_no_text_is_longer_than_the_encoder_reads(text: str) -> None:
    encoder = FakeEncoder(dimension=512, limit=20)
    second(encoder)(Asked(Turn(0, text)))
    assert all(encoder.count(part) <= encoder.limit for part in encoder.encoded)


@dataclass(frozen=True)
class FailingEncoder(FakeEncoder):
    """Fails on every text."""

    tried: list[str] = field(default_factory=list, compare=False)

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        self.tried.extend(texts)
        raise RuntimeError("out of memory")


def test_without_the_encoder_the_words_decide_under_their_own_name() -> None:
    advice = Advice((no_encoder, words_opinion))
    assert flags("zorp", advice=advice) == [("emergency_medical", "words.emergency")]


def test_an_encoder_that_breaks_leaves_the_words_and_is_tried_again() -> None:
    encoder = FailingEncoder(dimension=512)
    opinion = second(encoder)
    advice = Advice((lambda: opinion, words_opinion))
    assert flags("zorp", advice=advice) == flags("zorp", advice=advice) == [("emergency_medical", "words.emergency")]
    assert encoder.tried == ["zorp", "zorp"]


def test_with_everything_gone_the_rules_still_decide() -> None:
    assert flags("I can't breathe", advice=Advice((no_encoder, no_encoder))) == flags("I can't breathe", advice=ALONE)
    assert [text for text, _ in flags("I can't breathe", advice=ALONE)] == ["emergency_medical"]
    assert flags("zorp", advice=Advice((no_encoder, no_encoder))) == []


def test_the_reason_for_a_missing_second_opinion_is_reported() -> None:
    (problem,) = Triagers(lambda: ENCODER).problems
    assert problem.startswith("triage goes without the second opinion: ")
    assert "fitted on another encoder" in problem


@lru_cache(maxsize=1)
def real() -> Triagers:
    return Triagers(lambda: red_flag_encoder(load_encoder()))


@pytest.mark.slow
def test_a_small_model_that_cannot_be_read_is_a_problem() -> None:
    load = Mock(**{"return_value.scores.side_effect": EncoderError("no graph")})
    assert "no graph" in replace(real(), load_danger=load).problems[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "level", "kind"),
    [
        ("both my legs have turned to string since lunch", Level.EMERGENCY, FlagKind.MEDICAL),
        ("nobody would miss me, tonight I will end it all", Level.EMERGENCY, FlagKind.SELF_HARM),
        ("my little girl has eaten a whole packet of grandma's tablets", Level.EMERGENCY, FlagKind.POISONING),
        ("Which foods hold the most B12?", None, None),
        ("How does the body make myelin?", None, None),
    ],
)
def test_the_real_encoder_distinguishes_them(text: str, level: Level | None, kind: FlagKind | None) -> None:
    assert real().problems == ()
    opinion = real().second(Asked(Turn(0, text)))
    assert opinion.concern.level is level
    if kind is not None:
        assert opinion.concern.kind is kind


@pytest.mark.slow
@pytest.mark.parametrize("remark", ["thanks", "gracias", "never mind"])
def test_a_remark_after_a_question_gives_nothing(remark: str) -> None:
    assert real().in_use([Turn(0, "Should I stop my metformin?"), Turn(1, remark)]).flag is None


@pytest.mark.slow
def test_one_figure_of_speech_raises_no_emergency_in_a_long_message() -> None:
    text = (
        "We run a small bakery and I look after the orders, the ovens and the two apprentices. The new oven arrived on "
        "Monday and it is a beauty. My brother nearly died laughing when he saw the size of it. We had to take the "
        "door off its hinges to get it in. Could you tell me which of the breads you know of are enriched with "
        "vitamin B12, and whether baking takes it away again?"
    )
    flag = real().in_use([Turn(0, text)]).flag
    assert flag is None or flag.level is not Level.EMERGENCY


CONTROL = "It isn't happening now"
MADE_UP = st.lists(st.sampled_from(["zorp", "glim", "frob", "quux", "eggs", "I can't breathe", "is it?"]), max_size=6)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zorp", ("emergency_medical", "second_opinion.emergency")),
        ("glim", ("emergency_self_harm", "second_opinion.emergency")),
        ("frob", ("urgent", "second_opinion.urgent")),
        ("quux", ("decision_line", "second_opinion.medical_decision")),
    ],
)
def test_what_the_rules_missed_is_raised_and_reported_separately(text: str, shown: tuple[str, str]) -> None:
    assert flags(text) == [shown]


def test_an_emergency_of_the_rules_is_urgent_where_the_second_opinion_strongly_disagrees() -> None:
    assert flags("I can't breathe", advice=ALONE) == [("emergency_medical", "breathing_or_collapse")]
    assert flags("I can't breathe") == [("urgent", "second_opinion.urgent")]
    assert flags("I can't breathe, quux") == [("urgent", "second_opinion.urgent")]


@given(MADE_UP)
@settings(deadline=None)
def test_an_emergency_of_the_rules_is_never_below_urgent(words: list[str]) -> None:
    flag = triage(f"I can't breathe. {', '.join(words)}").flag
    assert flag is not None
    assert flag.level in (Level.EMERGENCY, Level.URGENT)


@given(MADE_UP)
@settings(deadline=None)
def test_with_the_words_no_level_is_lower_than_by_the_rules(words: list[str]) -> None:
    levels, text = [*Level, None], ", ".join(words)
    alone, both = triage(text, advice=ALONE).flag, triage(text, advice=Advice((words_opinion,))).flag
    assert levels.index(both.level if both else None) <= levels.index(alone.level if alone else None)


def test_an_emergency_that_no_opinion_can_lower_asks_for_none() -> None:
    calls: list[int] = []

    def counting() -> SecondOpinion:
        calls.append(1)
        raise EncoderError("no encoder")

    assert triage("no puedo respirar", advice=Advice((counting,))).flag
    assert calls == []
    assert triage("I can't breathe", advice=Advice((counting,))).flag
    assert calls == [1]


FOODS = "What foods contain B12?"


@pytest.mark.parametrize(
    ("turns", "texts"),
    [
        (("My legs are weak.", "And since today I can't pee."), ["emergency_medical"]),
        (("zorp", "is it serious?"), ["emergency_medical"]),
        (("zorp", FOODS), ["reminder"]),
        (("zorp", CONTROL), ["reminder"]),
        (("zorp", CONTROL, FOODS), []),
        (("glim", "My cat is called Bob."), ["emergency_self_harm"]),
        (("glim", FOODS), ["reminder_crisis"]),
        (("glim", CONTROL, FOODS), []),
        (("no puedo respirar",), ["emergency_medical", "emergency_medical.es"]),
    ],
    ids=str,
)
def test_what_was_found_is_kept_until_a_control_clears_it(turns: tuple[str, ...], texts: list[str]) -> None:
    assert [text for text, _ in flags(*turns)] == texts


def test_a_short_turn_is_read_after_the_one_before() -> None:
    encoder = FakeEncoder(dimension=512)
    second(encoder)(Asked(Turn(1, "since noon"), Turn(0, "can legs go?")))
    assert encoder.encoded == ["can legs go ? . since noon"]


def test_the_turn_before_is_read_and_not_judged() -> None:
    assert second()(Asked(Turn(1, "thanks"), Turn(0, "zorp?"))).concern.level is None


def test_what_is_hidden_or_spelled_out_is_read_as_what_it_says() -> None:
    encoder = FakeEncoder(dimension=512)
    second(encoder)(Asked(Turn(0, "my l\u200begs are n u m b")))
    assert encoder.encoded == ["my legs are numb"]


def test_after_an_emergency_the_next_turn_is_read_by_itself() -> None:
    encoder = FakeEncoder(dimension=512)
    opinion = second(encoder)
    triage("zorp", "which foods are red?", advice=Advice((lambda: opinion,)))
    assert not [text for text in encoder.encoded if "zorp" in text and "red" in text]
