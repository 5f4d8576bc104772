"""Counts of terms, and the lexical index made from them, are exact to the last bit."""

import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.index.lexical_index import BM25F, BM25FIndex, TermCounts
from b12assistant.language.words import terms

TEXTS = st.lists(st.sampled_from(["numb", "feet", "cold", "diet", "B-12", "the"]), max_size=6).map(" ".join)
FIELDS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)


def counts(fields: list[tuple[str, str]]) -> TermCounts:
    return TermCounts.of([body for body, _ in fields], [title for _, title in fields])


def told(found: TermCounts) -> list[dict[str, tuple[int, int]]]:
    """For each row, how often each term is in each field."""
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


def slow_index(
    fields: list[tuple[str, str]], parameters: BM25F
) -> tuple[list[str], list[list[tuple[int, np.float32]]]]:
    """The terms, and the rows and weights of each, computed one by one in the order of the formula."""
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
    bodies, titles = zip(*fields, strict=True)
    with np.load(io.BytesIO(BM25FIndex.build(bodies, titles, parameters).to_bytes())) as arrays:
        assert json.loads(arrays["vocabulary"].tobytes()) == names
        assert arrays["rows"].tolist() == [row for column in columns for row, _ in column]
        assert arrays["weights"].tolist() == [float(weight) for column in columns for _, weight in column]
        assert np.diff(arrays["starts"]).tolist() == [len(column) for column in columns]
