"""Ask a marked question as if it had not been marked.

By its own words a marked question is found again, whatever its mark does for others: so all marks in these words are
left out of what the corpus asks of its sentences, and the others stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from b12assistant.answering.assistant import Answerer
from b12assistant.answering.engine import Engine
from b12assistant.application.improvement import marked_questions
from b12assistant.application.workspace import Workspace
from b12assistant.index.asked_questions import AskedQuestions
from b12assistant.index.collection import Collection
from b12assistant.language.words import surface_words

Part = TypeVar("Part", Engine, Collection)
Words = tuple[str, ...]

# Cached parts that do not depend on what is asked. Slips are corrected to other words than a question's own.
_OF_ALL = ("completions", "context_starts", "first_rows", "heading_questions", "in_english", "piece_idf")
_STARTS = (*_OF_ALL, "rows", "rows_of", "sentence_starts")
_OF_QUERIES = ("_encoded", "_readings", "bests", "ranker_score")
_OF_SENTENCES = ("_cuts", "_holding", "_quotable", "_quotable_sentences", "_with_heading", "_words_of")
SHARED: Final = {Collection: _STARTS, Engine: (*_OF_QUERIES, *_OF_SENTENCES)}


def words_in(question: str) -> Words:
    """Return the words of a question, whatever their order, capitals, accents and punctuation."""
    return tuple(sorted(surface_words(question)))


def marked(space: Workspace) -> frozenset[Words]:
    """Return the words of each question in the lists of the corpus."""
    return frozenset(map(words_in, marked_questions(space.corpus, space.entries)))


def rows_by_words(asked: AskedQuestions, wanted: Iterable[Words]) -> Mapping[Words, Sequence[int]]:
    """Return the rows of what sentences are asked in the words of each wanted question, if there are any."""
    found: dict[Words, list[int]] = {words: [] for words in wanted}
    if found:
        for row, text in enumerate(asked.texts):
            if (rows := found.get(words_in(text))) is not None:
                rows.append(row)
    return {words: rows for words, rows in found.items() if rows}


def unmarked(answerer: Answerer, rows: Sequence[int]) -> Answerer:
    """Return an answerer to whose sentences some questions are not asked, by their rows."""
    engine = answerer.engine()
    collection = engine.collection
    fewer = _sharing(collection, replace(collection, asked=collection.asked.without(rows)))
    other = _sharing(engine, replace(engine, collection=fewer))
    return replace(answerer, engine=lambda: other)


def _sharing(whole: Part, fewer: Part) -> Part:
    """Give ``fewer`` the cached parts of ``whole`` that it may use."""
    vars(fewer).update({name: vars(whole)[name] for name in SHARED[type(whole)] if name in vars(whole)})
    return fewer
