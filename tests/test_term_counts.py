"""Counts of terms are those of each passage alone, so that what was counted once can be taken over."""

import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.index.lexical_index import BM25F, BM25FIndex
from b12assistant.index.term_counts import TermCounts
from b12assistant.language.words import terms

TEXTS = st.lists(st.sampled_from(["numb", "feet", "cold", "diet", "B-12", "the"]), max_size=6).map(" ".join)
FIELDS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)


def counts(fields: list[tuple[str, str]]) -> TermCounts:
    return TermCounts.of([body for body, _ in fields], [title for _, title in fields])


def told(found: TermCounts) -> list[dict[str, tuple[int, int]]]:
    """Of each row, how often each term is in both fields."""
    rows = zip(found.starts[:-1], found.starts[1:], strict=True)
    return [
        {found.names[found.numbers[at]]: (int(found.body[at]), int(found.title[at])) for at in range(begin, end)}
        for begin, end in rows
    ]


@given(FIELDS)
def test_each_term_of_a_row_is_counted_in_both_fields(fields: list[tuple[str, str]]) -> None:
    expected = [
        {term: (terms(body).count(term), terms(title).count(term)) for term in {*terms(body), *terms(title)}}
        for body, title in fields
    ]
    assert told(counts(fields)) == expected


@given(st.lists(FIELDS, min_size=1, max_size=4))
def test_joined_parts_are_byte_for_byte_what_counting_all_at_once_gives(several: list[list[tuple[str, str]]]) -> None:
    at_once = counts([field for fields in several for field in fields])
    assert TermCounts.join([counts(fields) for fields in several]).to_bytes() == at_once.to_bytes()


@given(FIELDS, st.data())
def test_what_is_left_of_a_whole_names_no_term_of_what_went(fields: list[tuple[str, str]], data: st.DataObject) -> None:
    """As when one document of a collection goes and another comes."""
    whole, new = counts(fields), [("folate", "Metformin")]
    cut = data.draw(st.integers(0, len(fields)))
    kept = [*([whole.part(0, cut)] if cut else []), counts(new), whole.part(min(cut + 1, len(fields)), len(fields))]
    expected = counts([*fields[:cut], *new, *fields[cut + 1 :]])
    assert TermCounts.join(kept).to_bytes() == expected.to_bytes()


@given(FIELDS)
def test_saved_and_loaded_it_is_the_same(fields: list[tuple[str, str]]) -> None:
    whole = counts(fields)
    again = TermCounts.from_bytes(whole.to_bytes())
    assert (told(again), again.names, len(again)) == (told(whole), whole.names, len(fields))


def slow_index(
    fields: list[tuple[str, str]], parameters: BM25F
) -> tuple[list[str], list[list[tuple[int, np.float32]]]]:
    """Names, and of each its rows and weights, computed one by one in the order in which the formula is written."""
    bodies, titles = ([terms(text) for text in texts] for texts in zip(*fields, strict=True))
    frequencies: list[dict[str, float]] = [{} for _ in fields]
    for field, b, weight in ((bodies, parameters.b_body, 1.0), (titles, parameters.b_title, parameters.title_weight)):
        lengths = np.array([len(row) for row in field], dtype=np.float64)
        average = lengths.mean() if lengths.any() else 1.0
        for row, found in enumerate(field):
            for term in set(found):
                part = weight * found.count(term) / (1 - b + b * lengths[row] / average)
                frequencies[row][term] = frequencies[row].get(term, 0.0) + part
    names = sorted({term for row in frequencies for term in row})
    columns = []
    for name in names:
        holding = [(row, found[name]) for row, found in enumerate(frequencies) if name in found]
        idf = np.log(1 + (len(fields) - np.float64(len(holding)) + 0.5) / (len(holding) + 0.5)).astype(np.float32)
        columns.append([(row, np.float32(found / (parameters.k1 + found)) * idf) for row, found in holding])
    return names, columns


@given(FIELDS, st.sampled_from([BM25F(), BM25F(0.9, 1.0, 1.0, 0.5), BM25F(2.0, 0.0, 0.3, 0.0)]))
def test_the_index_of_counts_is_that_of_the_formula_to_the_last_bit(
    fields: list[tuple[str, str]], parameters: BM25F
) -> None:
    names, columns = slow_index(fields, parameters)
    with np.load(io.BytesIO(BM25FIndex.of(counts(fields), parameters).to_bytes())) as arrays:
        assert json.loads(arrays["vocabulary"].tobytes()) == names
        assert arrays["rows"].tolist() == [row for column in columns for row, _ in column]
        assert arrays["weights"].tolist() == [float(weight) for column in columns for _, weight in column]
        assert np.diff(arrays["starts"]).tolist() == [len(column) for column in columns]
