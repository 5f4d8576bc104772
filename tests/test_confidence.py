"""The limits of the confidence that fit labelled questions."""

import json
from dataclasses import replace
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import build_collection, build_document
from builders_answers import assistant, source
from corpora import again, three_files, write
from fakes import PLAIN, FakeEncoder, FakeWorkspace
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.engine import Engine
from b12assistant.answering.signals import (
    Calibration,
    Signals,
    absent,
    is_barred,
    load_calibration,
    load_topics,
    names_another,
)
from b12assistant.answers import Answer, Interpretation, Reason, Status, Strength, Turn, TurnSlice
from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.errors import EncoderError
from b12assistant.evaluation.labelled_set import LEAST, STRONG, Labelled, Outcome, limits_of, score
from b12assistant.index.encoding import FOLDER, RANKER, JointReader, load_encoder, open_reader, tuned_encoder

COMMITTED = load_calibration()
shares = st.floats(0, 1)


@pytest.mark.parametrize(("asked", "barred", "is_so"), [(0.8, 0.7, False), (0.7, 0.7, True), (None, 0.8, True)])
def test_a_question_about_as_near_to_one_that_nothing_answers_is_barred(
    asked: float | None, barred: float | None, *, is_so: bool
) -> None:
    assert is_barred(Signals(0, 0, 0, asked, barred)) is is_so


def altered(found: Signals, name: str, value: object) -> Signals:
    changed: dict[str, Any] = {name: value}
    return replace(found, **changed)


SIGNS = [("asked", 1), ("barred", -1), ("closeness", 1), ("absent", -1), ("unknown", -1), ("ahead", 1), ("headed", 1)]


UNASKED = COMMITTED.suited(asked_throughout=False)
cosines = st.none() | shares
sparse = st.builds(
    Signals,
    closeness=shares,
    absent=shares,
    unknown=shares,
    asked=cosines,
    barred=cosines,
    thorough=st.just(False),
    ahead=st.floats(-1, 1),
    headed=shares,
)


def in_context(found: Signals) -> Signals:
    return replace(found, thorough=True, read=True)


BOTH = pytest.mark.parametrize("weights", [COMMITTED, UNASKED], ids=["asked", "not asked"])


def is_let_through(weights: Calibration, found: Signals) -> bool:
    return weights.confidence(found) >= weights.possibly and not is_barred(found)


@BOTH
@given(found=sparse | sparse.map(lambda each: replace(each, thorough=True, barred=each.barred or 0.0)), added=shares)
def test_one_more_question_that_nothing_answers_makes_no_other_more_answerable(
    weights: Calibration, found: Signals, added: float
) -> None:
    longer = replace(found, barred=max(added, found.barred or 0))
    assert weights.confidence(longer) <= weights.confidence(found)
    assert is_let_through(weights, found) >= is_let_through(weights, longer)


@given(found=sparse, added=shares)
def test_one_more_question_asked_of_a_sentence_never_makes_it_less_likely_an_answer(
    found: Signals, added: float
) -> None:
    asked = replace(found, asked=max(added, found.asked or 0))
    assert UNASKED.confidence(asked) >= UNASKED.confidence(found)
    assert is_let_through(UNASKED, asked) >= is_let_through(UNASKED, found)


@BOTH
@pytest.mark.parametrize(("name", "sign"), SIGNS)
@given(
    first=sparse | sparse.map(lambda each: replace(each, thorough=True)) | sparse.map(in_context),
    values=st.lists(shares, min_size=2, max_size=5).map(sorted),
)
def test_no_signal_counts_the_wrong_way(
    weights: Calibration, name: str, sign: int, first: Signals, values: list[float]
) -> None:
    certain = [sign * weights.confidence(altered(first, name, value)) for value in values]
    assert all(a <= b for a, b in pairwise(certain))


def test_being_close_is_not_enough_where_nothing_is_asked() -> None:
    """The constant for what is not asked once let anything pass that had a word of the question."""
    close = Signals(closeness=0.25, absent=0.2, unknown=0, thorough=False)
    assert not is_let_through(UNASKED, close)
    assert is_let_through(UNASKED, replace(close, closeness=0.7, ahead=0.2))


def judged(confidence: float, *, right: bool, gold: bool, times: float = 1.0) -> Outcome:
    """A question with the confidence of its best quote, and how many times answering.least that must reach."""
    line = {"id": "q", "question": "what?", "gold": ["words"] * gold}
    refused = Answer(Turn(0, "what?"), Status.NO_ANSWER, Reason.NOTHING_CLOSE, (), ())
    return Outcome(Labelled.model_validate(line), refused, (), (right,), 0, 0, confidence, times)


RIGHT = [judged(0.5 + place / 100, right=True, gold=True) for place in range(40)]
WRONG = [judged(0.3 + place / 50, right=False, gold=False) for place in range(20)]


def test_the_lower_limit_keeps_nearly_all_right_quotes_and_refuses_what_is_below() -> None:
    assert limits_of([*RIGHT, *WRONG], 1)[LEAST] == pytest.approx(0.51, abs=0.002)


def test_no_limit_refuses_more_than_one_in_ten_of_the_answerable_questions() -> None:
    missed = [judged(0.1 + place / 100, right=False, gold=True) for place in range(20)]
    least = limits_of([*RIGHT, *missed, *WRONG], 1)[LEAST]
    assert sum(each.confidence < least for each in (*RIGHT, *missed)) == 6


def test_from_the_upper_limit_on_most_quotes_are_right_and_from_a_lower_one_they_are_not() -> None:
    asked = [*RIGHT, *WRONG]
    strong = limits_of(asked, 1)[STRONG]
    right = [(each.confidence, any(each.ranked)) for each in asked]
    shares = {limit: [is_so for confidence, is_so in right if confidence >= limit] for limit in (strong, strong - 0.02)}
    assert sum(shares[strong]) >= 0.85 * len(shares[strong])
    assert sum(shares[strong - 0.02]) < 0.85 * len(shares[strong - 0.02])


def test_a_question_with_a_limit_of_its_own_is_refused_below_that() -> None:
    half = [replace(each, confidence=each.confidence / 2, least=0.5) for each in (*RIGHT, *WRONG)]
    assert limits_of(half, 1)[LEAST] == limits_of([*RIGHT, *WRONG], 1)[LEAST]
    twice = judged(1.0, right=False, gold=False, times=2)  # refused from 0.5 on, however strong
    assert limits_of([*RIGHT, *WRONG, *[twice] * 20], 1) == limits_of([*RIGHT, *WRONG], 1)


def test_few_questions_fit_no_limits() -> None:
    assert limits_of([*RIGHT[:9], *WRONG], 1) == {}
    assert limits_of([*RIGHT, *WRONG[:4]], 1) == {}


def test_the_limits_that_fit_refuse_what_they_were_fitted_to(tmp_path: Path) -> None:
    words = ["ales", "bread", "cider", "dates", "eggs", "figs", "grapes", "honey", "icing", "jam", "kale", "lemons"]
    space = three_files(tmp_path)
    write(space.corpus, {f"{word}.txt": f"The cellar keeps {word} cold on the shelf of {word}.\n" for word in words})
    space.index()
    told = " that my neighbour brought along with her when she came on a rainy Sunday in October"
    keeps = [{"id": word, "question": f"Where are {word} kept cold?"} for word in words]
    keeps += [{"id": f"long {word}", "question": f"Where are {word} kept cold{told}?"} for word in words]
    rows: list[dict[str, Any]] = [
        {**each, "gold": [f"The cellar keeps {each['id'].split()[-1]} cold"]} for each in keeps
    ]
    rows += [{"id": f"none {n}", "question": f"Who won race {n} of the shelf?", "gold": []} for n in range(5)]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    def limited(flags: dict[str, float]) -> FakeWorkspace:
        """A long question needs less than a short one, as over the corpus that ships."""
        opened = again(space, flags=flags)
        given = opened.assistant.calibration.suited(asked_throughout=False)
        vars(opened)["assistant"] = replace(opened.assistant, calibration=replace(given, longer=given.possibly / 3.7))
        return opened

    def refused(opened: FakeWorkspace) -> list[int]:
        answers = [(opened.ask(row["question"]).answer, bool(row["gold"])) for row in rows]
        return [sum(each.status is Status.NO_ANSWER for each, has in answers if has is gold) for gold in (True, False)]

    found = score(limited({}), file)
    fits = {"answering.least": found[LEAST], "answering.strong": found.get(STRONG, 0.0)}
    assert (refused(limited({})), refused(limited(fits))) == ([1, 5], [0, 5])


def test_marked_questions_are_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = three_files(tmp_path)
    space.index()
    asked_of = {"text": "Metformin lowers B12 in some people.", "asked": ["Does metformin lower B12?"]}
    lists = {"sentences/pills.txt.jsonl": json.dumps(asked_of), "not_answered.txt": "Who won?\n"}
    write(space.corpus, lists)
    questions = ["Does metformin lower B12?", "Metformin: does it lower B12?", "who won", "LOWER b12 does metformin"]
    file = tmp_path / "questions.jsonl"
    rows = [{"id": str(number), "question": question, "gold": []} for number, question in enumerate(questions)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8-sig")
    asked: list[str] = []

    def limits_of(outcomes: list[Outcome], _: float) -> dict[str, float]:
        asked.extend(each.labelled.question for each in outcomes)
        return {}

    monkeypatch.setattr("b12assistant.evaluation.labelled_set.limits_of", limits_of)
    assert score(space, file)["marked in the corpus, so found easily"] == 3
    assert asked == ["Metformin: does it lower B12?"]


def test_the_figures_of_a_set_with_marked_questions_stand_once_more_without_them(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    space.index()
    gold = "Metformin lowers B12 in some people."
    questions = {"Does metformin lower B12?": [gold], "Tell me of metformin": ["Nobody wrote this."]}
    rows = [{"id": each, "question": each, "gold": words} for each, words in questions.items()]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert not [name for name in score(space, file) if "marked in" in name]
    line = {"text": gold, "asked": ["does metformin lower b12"]}
    write(space.corpus, {"sentences/pills.txt.jsonl": json.dumps(line)})
    space.index()
    figures = score(again(space), file)
    assert figures["marked in the corpus, so found easily"] == 1
    assert (figures["hit@1"]["n"], figures["not marked: hit@1"]["n"]) == (2, 1)


def test_an_operator_sets_the_limits_and_a_question_in_a_message_keeps_its_distance() -> None:
    fitted = load_calibration()
    kept = fitted.with_limits(least=0, strong=0)
    assert replace(kept, message=fitted.message) == fitted
    assert kept.message == pytest.approx(fitted.message)
    chosen = fitted.with_limits(least=2 * fitted.possibly, strong=0.1)
    assert chosen.least("why " * 9) == chosen.possibly
    between = [chosen.least("why " * words) for words in range(9, 16)]
    assert between == sorted(between, reverse=True)
    assert chosen.least("why " * 12) ** 2 == pytest.approx(chosen.possibly * chosen.longer)
    assert chosen.least("why " * 15) == pytest.approx(2 * fitted.longer)
    assert (chosen.possibly, chosen.answered) == (2 * fitted.possibly, 2 * fitted.possibly)
    assert chosen.message == pytest.approx(2 * fitted.message)


ENGINE = Engine(build_collection(build_document("Myelin wraps nerve fibres. Tea is hot.")), FakeEncoder(), PLAIN)


def names(question: str, told: str = "") -> list[str]:
    query = ENGINE.query_of(Interpretation(TurnSlice(Turn(0, question), 0, len(question))), told)
    return [term for term, _, _ in ENGINE.topics.weighed(query, ENGINE.encoder.digest)]


def test_the_words_of_a_question_are_its_informative_ones_in_order() -> None:
    assert names("does coffee wrap the myelin, and coffee again?") == ["coffe", "wrap", "myelin"]


def test_what_a_question_leans_on_does_not_count() -> None:
    assert names("and coffee?", "does tea wrap myelin") == ["coffe"]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1), st.booleans()), min_size=1, max_size=6))
def test_what_is_absent_stays_between_0_and_1(drawn: list[tuple[float, float, bool]]) -> None:
    words = [(str(i), np.array([i]), topical) for i, (topical, _, _) in enumerate(drawn)]
    best = np.array([cosine for _, cosine, _ in drawn], np.float32)
    held = frozenset(term for (term, _, _), (_, _, is_held) in zip(words, drawn, strict=True) if is_held)
    assert 0 <= absent(words, best, held) <= 1
    assert absent(words, best, frozenset(term for term, _, _ in words)) == 0


@pytest.mark.parametrize(
    ("asked", "held", "another"),
    [
        ({"b7"}, {"b12"}, True),
        ({"b7"}, {"b7", "b12"}, False),
        ({"b7", "b12"}, {"b12"}, False),
        ({"b7"}, {"milk"}, False),
        ({"milk"}, {"b12"}, False),
        ({"b7"}, {"c12", "12"}, False),
    ],
)
def test_a_quote_on_b12_is_not_about_b7_however_near_the_letters_are(
    asked: set[str], held: set[str], another: bool
) -> None:
    assert names_another(asked, held) is another


def test_the_committed_table_is_of_the_shipped_encoder() -> None:
    assert load_topics().encoder == tuned_encoder(load_encoder()).digest


QUESTION = "how long does it take for b12 tablets to work"
ANSWER = "Most people feel better within a few weeks of starting vitamin B12 tablets."
OTHERS = ["Vitamin B12 tablets are sold without a prescription.", "Some vegans take vitamin B12 tablets."]


@pytest.fixture(scope="module")
def ranker() -> JointReader:
    found = open_reader(load_encoder(threads=1), RANKER)
    assert found is not None
    return found


def test_an_answer_has_a_higher_score_than_sentences_on_the_same_thing(ranker: JointReader) -> None:
    assert all(ranker.score(QUESTION, ANSWER) > ranker.score(QUESTION, other) for other in OTHERS)


def test_the_same_texts_have_the_same_score(ranker: JointReader) -> None:
    assert ranker.score(QUESTION, ANSWER) == replace(ranker).score(QUESTION, ANSWER)


def test_another_encoder_has_no_ranker() -> None:
    assert open_reader(FakeEncoder(), RANKER) is None


@pytest.mark.parametrize("damage", ["graph", "facts", "missing"])
def test_a_damaged_ranker_is_refused(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder(threads=1)
    facts = json.loads(resources.files("b12assistant").joinpath(FOLDER, f"{RANKER}.json").read_text("utf-8"))
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / f"{RANKER}.json").write_text("no" if damage == "facts" else json.dumps(facts), "utf-8")
    if damage == "graph":
        (tmp_path / FOLDER / f"{RANKER}.onnx").write_bytes(b"another graph")
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)

    def read() -> None:
        found = open_reader(encoder, RANKER)
        assert found is not None
        found.score(QUESTION, ANSWER)

    with pytest.raises(EncoderError, match=f"the {RANKER}"):
        read()


def test_a_sentence_is_read_under_its_heading_where_nothing_is_asked() -> None:
    asker = assistant(source("# Boats\n\nThe fee is nine pounds.\n\n# Lockers\n\nThe fee is four pounds.", "a.md"))
    for word, fee in (("boats", "nine"), ("lockers", "four")):
        first, second = asker.understood(f"{word} fee").windows
        assert fee in first.best.text
        assert first.signals.headed == pytest.approx(2 / 12**0.5)  # "Boats: The fee is nine pounds."
        assert second.signals.headed == pytest.approx(1 / 12**0.5)


def test_a_question_asked_of_a_sentence_may_count_for_its_heading(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(
        space.corpus,
        {"fees.md": "# Fees\n\n## What are boats charged?\n\nNine pounds.\n\n## Lockers\n\nFour pounds.\n"},
    )
    space.index()
    found = again(space).assistant.understood("What are boats charged?").windows
    headed = {window.best.text: window.signals.headed for window in found}
    assert headed["Nine pounds."] == pytest.approx(0.9, abs=0.01)  # 1, less what two questions are nearer
    assert headed["Four pounds."] == 0


def test_where_nothing_is_asked_only_the_first_quote_may_be_strong() -> None:
    texts = ("milk heals", "milk heals nerves", "milk heals eyes", "milk heals teeth", "milk heals skin")
    asker = assistant(*(source(text, f"{text[-5:]}.txt") for text in texts))
    for question, history, first in (("milk heals", (), Strength.STRONG), ("more", ("milk heals",), Strength.POSSIBLE)):
        strengths = [quote.strength for quote in asker.reply(question, history).answer.quotes]
        assert strengths == [first, *[Strength.POSSIBLE] * (len(strengths) - 1)]
        assert len(strengths) > 1


def test_what_was_read_under_its_heading_at_indexing_is_read_the_same_when_asked(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"list.txt": "Fees\n----\n\n- Boats cost nine pounds.\n- Lockers cost\n  four pounds.\n"})
    space.index()
    asked = again(space)
    found = asked.assistant.understood("lockers cost").windows
    assert asked.fake_encoder.encoded == ["lockers cost"]
    engine = asked.engine
    later = replace(engine, collection=replace(engine.collection, under_headings=None))
    sought = later.sought(asked.assistant.understood("lockers cost").sought.read_as)
    hits = later.candidates(sought)
    read = later.reread(sought, hits, later.windows(sought, hits, 12), alone=True)
    assert [window.score for window in read][: len(found)] == pytest.approx([window.score for window in found])


def test_what_is_serious_is_told_with_a_damaged_ranker(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = JointReader(RANKER, "0" * 64, load_encoder(threads=1).tokenizer or Path())
    monkeypatch.setattr(Engine, "reread", lambda *_, **__: damaged.score(QUESTION, ANSWER))
    with pytest.raises(EncoderError, match="the ranker differs"):
        space.assistant.reply("how is a low level found in somebody who eats everything")
    for serious in ("sudden facial droop", "my feet have gone numb since last week and it is getting worse"):
        warning = space.assistant.warning(space.assistant.triaged(serious))
        assert warning is not None
        assert space.assistant.reply(serious).answer.notices == warning.answer.notices


def strengths(space: Workspace, question: str = QUESTION) -> list[Strength]:
    return [quote.strength for quote in space.ask(question).answer.quotes]


@pytest.mark.slow
def test_a_quote_that_does_not_read_as_an_answer_is_not_strong(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = {"paths.corpus": str(starter / "corpus"), "paths.index": str(starter / "index"), "encoder.threads": 1}
    space, later = (Workspace(load_configuration(environment={}, flags=flags)) for _ in range(2))
    monkeypatch.setattr(JointReader, "score", lambda *_: -9.0)
    question = "is tuna a good way to get cobalamin"
    assert set(strengths(space, question)) == {Strength.POSSIBLE}
    read: list[object] = []

    def high(*pair: object) -> float:
        read.append(pair)
        return 9.0

    monkeypatch.setattr(JointReader, "score", high)
    assert strengths(later, question)[0] is Strength.STRONG
    assert len(read) == len(set(read))  # what was ranked is not read again to say how strong it is
