"""The reviewed vocabulary: well-formed, one meaning per variant, found as whole words only."""

from collections import Counter
from itertools import pairwise

import pytest
from builders import build_collection, build_document
from fakes import PLAIN, FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.engine import Engine
from b12assistant.answering.retrieval import Rewriter, reading
from b12assistant.answers import Interpretation, TermId, Turn, TurnSlice
from b12assistant.data_files import read_data
from b12assistant.index.collection import SourceWords
from b12assistant.language.vocabulary import (
    FILES,
    Vocabulary,
    english_words,
    load_levels,
    load_vocabulary,
    parse_terms,
    usual_spellings,
)
from b12assistant.language.words import american, terms
from b12assistant.types import Document, DocumentId, Passage, PassageId

SHIPPED = load_vocabulary()
SMALL = Vocabulary(
    {
        "jab": TermId("injections"),
        "jabs": TermId("injections"),
        "PA": TermId("pernicious anaemia"),
        "pins and needles": TermId("tingling"),
        "needles": TermId("needling"),
    }
)


def found(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], term) for start, end, term in SMALL.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My Jabs hurt", [("Jabs", "injections")]),
        ("PA or PAs", [("PA", "pernicious anaemia"), ("PAs", "pernicious anaemia")]),
        ("ask my pa", []),
        ("pins  and needles", [("pins  and needles", "tingling")]),
    ],
    ids=["any case", "plural of capitals", "capitals only", "longest first"],
)
def test_what_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_no_variant_means_two_things() -> None:
    counts = Counter(
        variant.lower() for file in FILES for variant, _ in parse_terms(read_data("vocabulary", file), file)
    )
    assert [variant for variant, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(("variant", "term"), SHIPPED.terms.items())
def test_every_variant_is_found_and_every_term_can_be_searched(variant: str, term: TermId) -> None:
    assert terms(term) or term in english_words()  # "wot" is only a spelling
    assert list(SHIPPED.find(variant)) == [(0, len(variant), term)]


@given(st.text(max_size=80))
def test_findings_are_slices_in_order(text: str) -> None:
    places = [(start, end) for start, end, _ in SHIPPED.find(text)]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(a[1] <= b[0] for a, b in pairwise(places))


@pytest.mark.parametrize(
    ("british", "american_"),
    [
        ("anaemia", "anemia"),
        ("oesophagus", "esophagus"),
        ("fibres", "fibers"),
        ("tumour", "tumor"),
        ("paralysed", "paralyzed"),
        ("recognising", "recognizing"),
        ("sulphate", "sulfate"),
        ("ageing", "aging"),
    ],
)
def test_both_spellings_are_one_term(british: str, american_: str) -> None:
    assert terms(british) == terms(american_)


@pytest.mark.parametrize(
    ("one", "other"), [("toe", "tee"), ("four", "for"), ("vertebrae", "vertebre"), ("more", "moer")]
)
def test_words_that_are_not_spellings_of_each_other_stay_apart(one: str, other: str) -> None:
    assert american(one) != american(other)


def test_the_form_of_a_form_is_itself() -> None:
    for word in ("anaemia", "oedema", "fibres", "paralysing", "defences", "neighbours"):
        assert american(american(word)) == american(word)


ENGLISH = frozenset({"the", "tea", "favour", "shortage", "jab", "in", "of", "my", "arm"})
SOURCE = Document(DocumentId("a.txt"), "digest", "A", "Four nerves: injection, tingling, paralysis, Myelin.")
WORDS = Vocabulary(
    {"jab": TermId("injection"), "pins and needles": TermId("tingling"), "can't move": TermId("paralysis")}
)
PASSAGES = [Passage(PassageId("p"), (SOURCE.span(0, len(SOURCE.text)),))]
READ = Rewriter(WORDS, SourceWords(PASSAGES), ENGLISH.__contains__, levels=load_levels())


def asked(text: str) -> Interpretation:
    return Interpretation(TurnSlice(Turn(0, text), 0, len(text)))


def read(text: str) -> str:
    return reading(READ.replaced(asked(text)))


@pytest.mark.parametrize(
    ("question", "as_read"),
    [
        ("the jab", "the injection"),
        ("pins  and\nneedles in my arm", "tingling in my arm"),
        ("my nervs", "my nerves"),
        ("my nreves, my envres", "my nerves, my envres"),
        ("Dr Nervse and Myeline", "Dr Nervse and Myeline"),
    ],
    ids=["a word", "over blanks", "a slip", "swapped letters", "a name"],
)
def test_a_question_is_read_in_the_words_of_the_sources(question: str, as_read: str) -> None:
    assert read(question) == as_read


@pytest.mark.parametrize("question", ["the tea", "favour", "myelin", "B12", "", "?!", "methylated-nervs"])
def test_words_that_the_sources_have_or_that_are_not_slips_stay(question: str) -> None:
    assert READ.replaced(asked(question)).replaced == ()


@given(st.text(alphabet=st.sampled_from("jabnervs pins and needles myelin’'-1"), max_size=60))
def test_every_change_is_an_address_in_what_was_written(text: str) -> None:
    read_as = READ.replaced(asked(text))
    for change in read_as.replaced:
        assert text[change.written.start : change.written.end] == change.written.text
        usual = change.words in usual_spellings().values() or not terms(change.words)
        assert change.words in SOURCE.text or (change.slip and usual)


def test_a_lay_word_finds_the_sentence_that_has_the_technical_one() -> None:
    documents = [
        build_document("Injections heal nerves. Tea is hot.", file="a.txt"),
        build_document("A jug heals nerves. Rice is white.", file="b.txt"),
    ]
    engine = Engine(build_collection(*documents), FakeEncoder(), PLAIN)
    query = engine.query("a jab for nerves")
    assert query.text == "a jab for nerves injections"
    assert len(query.tokens) == 8
    assert len(engine.query("rice is white").tokens) == 3


LEVELS = load_levels()


def read_levels(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], words) for start, end, words in LEVELS.find(text)]


@pytest.mark.parametrize(
    ("text", "written", "words"),
    [
        ("b12 143", "143", "low, under 180"),
        ("Serum vitamin B12 112 ng/L (200-900)", "112 ng/L", "low, under 180 ng/L"),
        ("B12: 412 PG/ML", "412 PG/ML", "called normal, over 350 PG/ML"),
        ("Test: Vitamin B12. Result: 155.", "155", "low, under 180"),
        ("b12 level 1,240", "1,240", "high, over 1,000"),
        ("b12 result <100", "100", "low, under 180"),
        ("is 178 low??", "178", "B12 low, under 180"),
        ("is 213 low for my b12 level", "213", "B12 borderline, between 180 and 350"),
        ("b12 180 pmol/L", "180 pmol/L", "borderline, between 133 and 258 pmol/L"),
    ],
)
def test_a_result_is_read_as_its_range(text: str, written: str, words: str) -> None:
    assert read_levels(text) == [(written, words)]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("my b12 is 143 pg/ml, what should I do?", 143),
        ("B12 of 200 pmol/L", 271),
        ("b12 150", 150),
        ("b12 in 2019", None),
    ],
)
def test_a_result_is_in_the_first_scale(text: str, result: float | None) -> None:
    assert LEVELS.result_of(text) == (None if result is None else pytest.approx(result))


@pytest.mark.parametrize(
    ("result", "sentence", "fit"),
    [
        (143, "A B12 level under 180 ng/L (pg/mL) usually counts as deficiency.", True),
        (143, "A review says that B12 under 180 ng/L is low, and 180 to 350 is unclear.", True),
        (250, "A review says that B12 under 180 ng/L is low, and 180 to 350 is unclear.", True),
        (143, "A B12 of 180 ng/L (pg/mL) is on the edge: lower usually counts as deficiency.", False),
        (143, "A B12 level over 350 pg/mL (258 pmol/L) makes deficiency unlikely.", False),
        (700, "A B12 level over 350 pg/mL (258 pmol/L) makes deficiency unlikely.", True),
        (190, "A B12 level under 148 pmol/L (200 pg/mL) means deficiency is likely.", True),
        (210, "A B12 level under 148 pmol/L (200 pg/mL) means deficiency is likely.", False),
        (1100, "About 6% of people had a B12 of 601 pmol/L or more.", True),
        (1100, "A B12 above about 1,000 ng/L is usually called high.", True),
        (143, "An active B12 level over 70 pmol/L makes vitamin B12 deficiency unlikely.", None),
        (143, "A B12 of 240 is unclear, whether it is in ng/L, pg/mL or pmol/L.", None),
        (143, "B12 injections of 1,000 micrograms are given to people aged 65 to 80.", None),
        (143, "Ferritin under 30 ng/L is low.", None),
    ],
)
def test_a_sentence_fits_a_result_inside_of_its_range(result: float, sentence: str, *, fit: bool | None) -> None:
    assert LEVELS.fits(sentence, result) is fit


@pytest.mark.parametrize(
    "text",
    [
        "b12 1000 mcg daily",
        "is b12 1000 too much",
        "b12 500 tablets",
        "low b12 at 72",
        "b12 in 2019",
        "my b12 was 2019",
        "b12 200-900",
        "b12 from 200 to 900",
        "active b12 38 pmol/L",
        "b12 every 12 weeks",
        "b12 90% of people",
        "is 178 a lot of people",
        "is 1000 too high for b12 tablets",
        "is 500 low for b12 injections",
        "ferritin 22",
        "b12 7",
        "what does a b12 level of 150 mean",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    """The library has sentences on a level of 150 itself."""
    assert read_levels(text) == []
