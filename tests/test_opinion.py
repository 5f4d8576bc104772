"""What an opinion comes to, which parts the encoder reads, and what is left when it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pytest
from builders_opinion import ALIKE, ALONE, CUTS, ENCODER, flags, knowing_head, no_encoder, second, words_opinion
from fakes import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from b12assistant.answers import FlagKind, Level, Turn, TurnSlice
from b12assistant.errors import EncoderError
from b12assistant.index.encoding import load_encoder
from b12assistant.protocols import Encoded
from b12assistant.safety.clauses import MOST
from b12assistant.safety.opinion import CONCERNS, Concern, Cuts, Judged, Role, conclude
from b12assistant.safety.second_opinion import Advice, Fitted, SecondOpinion, load_fitted
from b12assistant.safety.triagers import Triagers
from b12assistant.safety.word_model import load_word_model


@pytest.mark.parametrize(
    ("shares", "concern"),
    [
        ((0.1, 0.2, 0.4, 0.1, 0.1, 0.1), Concern.MEDICAL),
        ((0.4, 0.2, 0.1, 0.1, 0.1, 0.1), Concern.SELF_HARM),
        ((0.1, 0.1, 0.1, 0.45, 0.1, 0.15), Concern.URGENT),
        ((0, 0, 0.05, 0.1, 0.7, 0.15), Concern.MEDICAL_DECISION),
        ((0, 0, 0.3, 0.25, 0.3, 0.15), Concern.URGENT),
        ((0.1, 0.1, 0.1, 0.2, 0.2, 0.3), Concern.NONE),
    ],
)
def test_shares_pass_a_cut_or_come_to_nothing(shares: tuple[float, ...], concern: Concern) -> None:
    assert CUTS.concern(shares) is concern


def test_the_most_serious_part_decides_and_the_clause_that_says_it_is_the_evidence() -> None:
    opinion = second()(Turn(0, "I like eggs, zorp since breakfast. Is milk good?"))
    assert opinion.concern is Concern.MEDICAL
    assert opinion.evidence is not None
    assert opinion.evidence.text == "zorp since breakfast."
    assert opinion.rule == "second_opinion.emergency"


@pytest.mark.parametrize("role", [Role.WHOLE, Role.SENTENCE, Role.STRETCH])
def test_every_role_has_cuts_of_its_own(role: Role) -> None:
    judged = [Judged(TurnSlice(Turn(0, "eggs and zorp"), 0, 13), (0, 0, 0.9, 0.1, 0, 0), role)]
    never = Cuts(2, 2, 2)
    assert conclude("x", judged, [CUTS if each is role else never for each in Role]).concern is Concern.MEDICAL
    assert conclude("x", judged, [never if each is role else CUTS for each in Role]).concern is Concern.NONE


def test_mere_evidence_decides_nothing() -> None:
    judged = [Judged(TurnSlice(Turn(0, "eggs and zorp"), 0, 13), (0, 0, 0.9, 0.1, 0, 0), Role.EVIDENCE)]
    assert conclude("x", judged, [CUTS] * 3).concern is Concern.NONE


@given(st.text(max_size=80))
@settings(deadline=None)
def test_shares_add_up_and_evidence_lies_in_the_turn(text: str) -> None:
    opinion = second()(Turn(0, text + " zorp"))
    for each in opinion.judged:
        assert sum(each.shares) == pytest.approx(1, abs=1e-3)
        assert each.place.text in text + " zorp"
    assert opinion.evidence is not None


def test_the_words_that_spoke_are_named() -> None:
    (judged,) = words_opinion()(Turn(0, "zorp for ever")).judged
    assert CONCERNS[judged.shares.index(max(judged.shares))] is Concern.MEDICAL
    assert judged.because == ("zorp",)


def test_at_most_twenty_four_parts_are_encoded_the_suspicious_ones_first() -> None:
    encoder = FakeEncoder(dimension=512)
    text = "eggs are good. " * 50 + "zorp since noon. " + "eggs are good. " * 50
    opinion = second(encoder)(Turn(0, text))
    assert len(encoder.encoded) == len(opinion.judged) == MOST
    assert opinion.concern is Concern.MEDICAL


@pytest.mark.parametrize("text", ["x" * 20_000, "?a" * 400, "🦵" * 500 + "a", "\ud800 legs", "a b " * 5_000])
def test_no_part_is_longer_than_the_encoder_reads(text: str) -> None:
    encoder = FakeEncoder(dimension=512, limit=20)
    second(encoder)(Turn(0, text))
    assert all(encoder.count(part) <= encoder.limit for part in encoder.encoded)


def test_other_weights_than_it_was_fitted_on_are_refused() -> None:
    with pytest.raises(EncoderError, match="fitted on other weights"):
        SecondOpinion(words_opinion(), Fitted("1" * 64, {}, knowing_head(), ALIKE), ENCODER)


@dataclass(frozen=True)
class FailingEncoder(FakeEncoder):
    """Breaks at every text."""

    tried: list[str] = field(default_factory=list, compare=False)

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        self.tried.extend(texts)
        raise RuntimeError("out of memory")


def test_with_the_encoder_gone_the_words_speak_under_their_own_name() -> None:
    advice = Advice((no_encoder, words_opinion))
    assert flags("zorp", advice=advice) == [("emergency_medical", "words.emergency")]


def test_an_encoder_that_breaks_leaves_the_words_and_is_tried_again() -> None:
    encoder = FailingEncoder(dimension=512)
    opinion = second(encoder)
    advice = Advice((lambda: opinion, words_opinion))
    assert flags("zorp", advice=advice) == flags("zorp", advice=advice) == [("emergency_medical", "words.emergency")]
    assert encoder.tried == ["zorp", "zorp"]


def test_with_everything_gone_the_rules_stand() -> None:
    assert flags("I can't breathe", advice=Advice((no_encoder, no_encoder))) == flags("I can't breathe", advice=ALONE)
    assert [text for text, _ in flags("I can't breathe", advice=ALONE)] == ["emergency_medical"]
    assert flags("zorp", advice=Advice((no_encoder, no_encoder))) == []


def test_why_there_is_no_second_opinion_is_told() -> None:
    (problem,) = Triagers(lambda: ENCODER).problems
    assert problem.startswith("triage goes without the second opinion: ")
    assert "fitted on other weights" in problem


def test_what_ships_belongs_together() -> None:
    model, fitted = load_word_model(), load_fitted()
    assert len(model.keys) == len(model.weights) == len(np.unique(model.keys)) > 1_000
    assert np.all(np.diff(model.keys.astype(np.int64)) > 0)
    assert fitted.head.hidden[0].shape[1] == 384
    for cuts, roles in ((model.cuts, 2), (fitted.cuts, 3)):
        assert set(cuts) == {*Level, None}
        assert all(len(by_role) == roles for by_role in cuts.values())
        assert all(0 < each.emergency <= 2 for by_role in cuts.values() for each in by_role)


@lru_cache(maxsize=1)
def real() -> Triagers:
    return Triagers(load_encoder)


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
def test_the_real_encoder_tells_them_apart(text: str, level: Level | None, kind: FlagKind | None) -> None:
    assert real().problems == ()
    opinion = real().second(Turn(0, text))
    assert opinion.concern.level is level
    if kind is not None:
        assert opinion.concern.kind is kind


@pytest.mark.slow
def test_the_same_turn_gets_the_same_opinion() -> None:
    first, again = (Triagers(load_encoder).second(Turn(0, "my legs feel odd, is milk good?")) for _ in range(2))
    assert first == again
