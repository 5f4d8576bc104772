"""Sentences of nearly the same words: those that claim something else are shown beside each other, repeats are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpora import again, write
from fakes import fake_workspace

from b12assistant.answering.claims import claims_of, hold

SAME = [
    ("Take one tablet every day for three months.", "Take a tablet daily for 3 months."),
    ("Injections are given every two weeks.", "Injections are given fortnightly."),
    ("Adults need 1,500 mcg.", "Adults need 1.5 mg."),
    ("The pool is 25 m long.", "The pool is 25 metres long."),
    ("Admission is €4.", "Admission is 4 euros."),
    ("Anyone under 12 pays half.", "Anyone under twelve pays half."),
    ("It is taken on alternate days.", "It is taken every second day."),
    ("It often comes back.", "It comes back."),
    ("Vitamin B12 is stored.[12]", "Vitamin B12 is stored.[3]"),
    ("Children swim on Monday.", "On Monday, kids swim."),
]
DIFFERENT = [
    ("Take one tablet every day for three months.", "Take one tablet every second day for three months."),
    ("Take one tablet once a day.", "Take one tablet twice a day."),
    ("Take one tablet daily.", "Take two tablets daily."),
    ("Admission is 4 euros.", "Admission is 6 euros."),
    ("Admission is 4 euros.", "Admission is 4 pounds."),
    ("Take 2 mg.", "Take 2 mcg."),
    ("Anyone under twelve swims free.", "Anyone under six swims free."),
    ("Anyone under 12 swims free.", "Anyone over 12 swims free."),
    ("Pregnant women need 4 mcg.", "Children need 4 mcg."),
    ("Vegans need 4 mcg.", "Everyone needs 4 mcg."),
    ("Dogs are allowed here.", "Dogs are not allowed here."),
    ("It often comes back.", "It rarely comes back."),
    ("It always comes back.", "It sometimes comes back."),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_words_for_the_same_hold_each_other(one: str, other: str) -> None:
    assert hold(claims_of(one), claims_of(other))
    assert hold(claims_of(other), claims_of(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_in_more_than_words_is_not_held_by_the_other(one: str, other: str) -> None:
    assert not (hold(claims_of(one), claims_of(other)) and hold(claims_of(other), claims_of(one)))


def test_a_sentence_that_claims_less_is_held_but_not_one_for_everyone_by_one_for_some() -> None:
    assert hold(claims_of("Take 2 mg daily for 3 weeks."), claims_of("Take 2 mg daily."))
    assert not hold(claims_of("Take 2 mg daily."), claims_of("Take 2 mg daily for 3 weeks."))
    assert not hold(claims_of("Vegans take 2 mg."), claims_of("Take 2 mg."))


SHOWN = [
    (
        "The doctor says: take one tablet every day for three months.",
        "The doctor says: take one tablet every second day for three months.",
        "The doctor says take one tablet for three months",
    ),
    (
        "A swim in the town pool costs 4 euros.",
        "A swim in the town pool costs 6 euros.",
        "What costs a swim in the pool?",
    ),
    (
        "The town pool is free for anyone under twelve.",
        "The town pool is free for anyone under six.",
        "For whom is the town pool free?",
    ),
    ("Dogs are allowed in the town pool.", "Dogs are not allowed in the town pool.", "Are dogs allowed in the pool?"),
]


@pytest.mark.parametrize(("one", "other", "question"), SHOWN)
@pytest.mark.parametrize("apart", [True, False], ids=["two files", "one file"])
def test_two_sentences_that_claim_different_things_are_both_shown(
    one: str, other: str, question: str, apart: bool, tmp_path: Path
) -> None:
    files = (
        {"a.md": f"# A\n\n{one}\n", "b.md": f"# B\n\n{other}\n"} if apart else {"a.md": f"# A\n\n{one}\n\n{other}\n"}
    )
    assert shown(files, question, tmp_path) == {one, other}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Take one tablet every day for three months.", "Take a tablet every day for 3 months."),
        ("A swim in the town pool costs 4 euros.", "A swim in the pool of the town costs €4."),
        ("The town pool is free for anyone under twelve.", "The town pool is free for anyone under 12."),
    ],
)
def test_the_same_in_other_words_is_not_shown_twice(one: str, other: str, tmp_path: Path) -> None:
    assert len(shown({"a.md": f"# A\n\n{one}\n", "b.md": f"# B\n\n{other}\n"}, one, tmp_path)) == 1


def shown(files: dict[str, str], question: str, folder: Path) -> set[str]:
    """Return the quotes of the answer over a corpus of these files."""
    space = fake_workspace(write(folder / "corpus", files), folder / "index")
    space.index()
    answer = again(space).ask(question).answer
    return {" ".join(span.text for span in quote.spans) for quote in answer.quotes}
