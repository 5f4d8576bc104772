from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.language.words import find_words, split_sentences, trim

PIECES = [
    "e.g. ",
    "Dr. ",
    "1,000 mcg. ",
    "Vit. ",
    "2. ",
    "It is. ",
    "yes? ",
    "p.m. ",
    " (",
    ") ",
    "–",
    "…",
    "!",
    "”",
    '"',
    "•",
]
UGLIER = ["e\u0301", "\u00ad", "\u200b", "\xa0", "\f", "\r", "\n\n", "\u2028", "😀", "👩\u200d⚕️", "\u202e", "\x00"]
UGLY = st.lists(st.sampled_from(PIECES + UGLIER) | st.characters(codec="utf-8"), max_size=40).map("".join)


def split(text: str) -> list[str]:
    return [text[found.start : found.end] for found in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        pytest.param(["Take some, e.g. liver, daily.", "It helps."], id="e.g."),
        pytest.param(["Many foods, i.e. meat and fish, hold it.", "Plants do not."], id="i.e."),
        pytest.param(["Ask Dr. Smith first.", "He knows."], id="Dr."),
        pytest.param(["Take 1,000 mcg. daily for a month.", "Then stop."], id="mcg. goes on"),
        pytest.param(["The usual dose is 1,000 mcg.", "Take it with food."], id="mcg. ends"),
        pytest.param(["Levels were below 148 pmol/L.", "A repeat test helps."], id="L. ends"),
        pytest.param(["Eat folate, iron and vitamin C.", "Meat has iron."], id="vitamin C. ends"),
        pytest.param(["It holds 1,000 mcg. of it.", "That is much."], id="1,000 mcg."),
        pytest.param(["Vit. B12 is made by bacteria.", "Nothing else makes it."], id="Vit. B12"),
        pytest.param(["As Fig. 2 shows, it fell.", "Then it rose."], id="Fig. 2"),
        pytest.param(["Come at 5 p.m. on Monday.", "Bring a list."], id="5 p.m. goes on"),
        pytest.param(["Be here at 5 p.m.", "Then we begin."], id="5 p.m. ends"),
        pytest.param(["It was 2.5 and rose to 3.75.", "That is all."], id="decimals"),
        pytest.param(["See doi:10.1016/S1474-4422(06)70598-1.", "It is free."], id="DOI"),
        pytest.param(["all is lower case here.", "that is no matter.", "is it?"], id="lower case"),
        pytest.param(["He said “stop it.”", "Then he left."], id="curly quotation marks"),
        pytest.param(['"Is it so?" she asked.', "Nobody knew."], id="a question within"),
        pytest.param(["The U.S. is large.", "So is Canada."], id="U.S."),
        pytest.param(["Is it numb?", "It is!", "See a doctor…"], id="other ends"),
        pytest.param(["Wait (two weeks will do).", "Then ask again."], id="brackets"),
    ],
)
def test_sentences_end_where_a_reader_ends_them(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("1. Eat meat.\n2. Eat fish.", ["1. Eat meat.", "2. Eat fish."]),
        ("It is so. ”", ["It is so. ”"]),
        ("😀 is first. É is second. 👩‍⚕️ is third.", ["😀 is first.", "É is second.", "👩‍⚕️ is third."]),
        ("", []),
        (" \n\t\f ", []),
        ("\u2028\xa0", []),
    ],
    ids=["numbers of items", "a closing mark", "offsets are code points", "empty", "blank", "other blanks"],
)
def test_numbers_and_marks_stay_with_their_sentence_and_blanks_have_none(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@given(UGLY)
def test_sentences_come_in_order_and_do_not_overlap(text: str) -> None:
    assert all(before.end <= after.start for before, after in pairwise(split_sentences(text)))


@given(UGLY)
def test_only_blanks_are_in_no_sentence(text: str) -> None:
    inside = {at for found in split_sentences(text) for at in range(found.start, found.end)}
    assert all(text[at].isspace() for at in range(len(text)) if at not in inside)


@given(UGLY)
def test_no_sentence_begins_or_ends_with_a_blank(text: str) -> None:
    assert split(text) == [sentence.strip() for sentence in split(text)]


@given(UGLY, st.data())
def test_trimming_moves_the_ends_as_strip_would(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = trim(text, start, end)
    assert (text[found.start : found.end] if found else "") == text[start:end].strip()


@pytest.mark.parametrize(
    ("words", "found"),
    [("lowers B12", (10, 24)), ("Metformin lowers", (0, 16)), ("lowers  B12.", (10, 25)), ("B13", None), (" ", None)],
)
def test_words_are_found_with_other_blanks_between_them(words: str, found: tuple[int, int] | None) -> None:
    place = find_words("Metformin lowers\n    B12.", words)
    assert (place and (place.start, place.end)) == found
