"""The lexical index is exact to the last bit."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.index.arrays import read_arrays
from b12assistant.index.lexical_index import BM25FIndex, Fields
from b12assistant.language.words import terms

TEXTS = st.lists(st.sampled_from(["numb", "feet", "cold", "diet", "B-12", "the"]), max_size=6).map(" ".join)
FIELDS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)


def slow_index(
    fields: list[tuple[str, str]], parameters: Fields
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


@given(
    FIELDS,
    st.sampled_from([Fields(), Fields(0.9, 1.0, 1.0, 0.5), Fields(2.0, 0.0, 0.3, 0.0)]),
)
def test_the_index_of_counts_is_that_of_the_formula_to_the_last_bit(
    fields: list[tuple[str, str]], parameters: Fields
) -> None:
    names, columns = slow_index(fields, parameters)
    bodies, titles = zip(*fields, strict=True)
    arrays = read_arrays(BM25FIndex.build(bodies, titles, parameters).to_bytes(), "lexical")
    assert json.loads(arrays["vocabulary"].tobytes()) == names
    assert arrays["rows"].tolist() == [row for column in columns for row, _ in column]
    assert arrays["weights"].tolist() == [float(weight) for column in columns for _, weight in column]
    assert np.diff(arrays["starts"]).tolist() == [len(column) for column in columns]
