"""Keep the questions that a corpus asks of its sentences, and those that nothing in it answers.

An asked question is one that a sentence answers: a question near it is probably answered there. The idea is doc2query's
(Nogueira and others, 2019, arXiv 1904.08375), with questions written by people instead of a model. They come with the
sentences of a corpus (`corpus/sentences/`) and are never quoted. A corpus may also list questions that nothing in it
answers (`not_answered.txt`): something near one of them is probably not answered either.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import IndexDamagedError
from b12assistant.index.store import Data
from b12assistant.index.vectors import Vectors, read_arrays, save_arrays
from b12assistant.language.words import has_word
from b12assistant.threads import once
from b12assistant.types import Block, BlockKind, Document, Passage, Range, Section

Codes = NDArray[np.int8]

ASKED = "asked_questions.safetensors"
_SCALE = 127
_BEGIN, _END = re.compile(r"^\W*(?:\d{1,3}[.)]\s+)?"), ' .!?…:;"”’)|'  # of a sentence, left out where it is named
_NUMBER = re.compile(r"\W*\d+(?:\.\d+)*[.)]?\s+")
# A question by itself or with its answer: "How?", "Q: How? A: So."
_ASKS = re.compile(
    r"\W*+(?:Q(?:uestion)?(?: ?\d+)?[.:)]\s*+)?(?P<question>[^\n.?!|]+\?)(?:\W*\n| \||\s\W*A(?:nswer)?[.:)]|\W*$)", re.I
)
_SOME = 512  # questions that are compared: a tenth of the signs differ at a cosine of .95
_ABOUT = 0.08  # how much further another way to ask the same of a sentence may be
_LIKE = 0.8  # cosine from which two questions say nearly the same to a reader
_THOROUGH = 0.9  # share of the sentences that are asked something, from which a question near none says something


@dataclass(frozen=True, slots=True)
class Group:
    """The questions of one document; ``sentences``: which of its sentences each is asked of."""

    questions: tuple[str, ...]
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nearest:
    """A question near another: its words, the sentence that it is asked of, the cosine of the two, and its row."""

    text: str
    sentence: int
    cosine: float
    row: int


def in_full(question: Nearest, nearest: Sequence[Nearest]) -> Nearest:
    """Return a question as one would write it: of those of its sentence about as near, the first with its mark."""
    same = (each for each in nearest if each.sentence == question.sentence and each.cosine > question.cosine - _ABOUT)
    return next((each for each in same if each.text.endswith("?")), question)


def group_of(passages: Sequence[Passage], asked: Iterable[tuple[int, int, Sequence[str]]]) -> Group:
    """Find the sentence of each question. ``asked``: start and end of words that answer, and the questions."""
    spans = [span for passage in passages for span in passage.sentences]
    starts = [span.start for span in spans]
    found: list[tuple[int, str]] = []
    for start, end, questions in asked:
        place = bisect_right(starts, start) - 1
        if place < 0 or spans[place].end <= start:
            place += 1  # the words begin before the sentence, with a bullet or a cell
        if place < len(spans) and spans[place].start < end:
            found += [(place, question) for question in questions]
    found.sort(key=lambda each: each[0])
    return Group(tuple(question for _, question in found), tuple(place for place, _ in found))


def is_whole(passages: Sequence[Passage], words: Range) -> bool:
    """Return whether words of a document are at least one whole sentence that can be quoted, if without its bullet."""
    spans = [span for passage in passages for span in passage.sentences if span.range.overlaps(words)]
    inner = ((span.end - len(_BEGIN.sub("", span.text)), span.start + len(span.text.rstrip(_END))) for span in spans)
    return any(words.start <= start and end <= words.end for start, end in inner)


def headed(passages: Sequence[Passage]) -> Iterator[tuple[int, int, list[str]]]:
    """Yield start, end and question of each sentence under a heading that asks, or after a question by itself."""
    answers = list(stated(passages[0].document)) if passages else []
    for passage in passages:  # each is in one section
        document = passage.document
        asks = [question_of(document, each) for each in passage.section if document.slice(each.heading).endswith("?")]
        for span in passage.sentences:
            own = [question for range_, question in answers if range_.contains(span.range)]
            if asked := [*own, *asks[-1:]]:
                yield span.start, span.end, asked


def stated(document: Document) -> Iterator[tuple[Range, str]]:
    """Yield each question that stands by itself in a cell, a line or a block, and where its answer is: the rest of its
    row or block; of a block the next one, with the list or table there."""
    blocks = document.blocks
    for place, block in enumerate(blocks):
        found = _question_in(block, document)
        if found is None:
            continue
        start, end = found.end("question"), block.range.end
        if not has_word(document.text[start:end]):
            answered = [*blocks[place + 1 : place + 2], *takewhile(_is_listed, blocks[place + 2 :])]
            is_cell, asks_too = block.kind is BlockKind.TABLE_ROW, answered and _question_in(answered[0], document)
            if is_cell or asks_too or not answered or answered[0].kind is BlockKind.HEADING:
                continue
            start, end = answered[0].range.start, answered[-1].range.end
        yield Range(start, end), found["question"]


def _question_in(block: Block, document: Document) -> re.Match[str] | None:
    if block.kind not in (BlockKind.TABLE_ROW, BlockKind.PARAGRAPH):
        return None
    return _ASKS.match(document.text, block.range.start, block.range.end)


def _is_listed(block: Block) -> bool:
    return block.kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)


def question_of(document: Document, section: Section) -> str:
    """Return a heading without its number."""
    return _NUMBER.sub("", document.slice(section.heading))


def question_headings(documents: Iterable[Document]) -> frozenset[str]:
    """Return all headings without their numbers, and what else is asked of the words below by a document itself."""
    every = list(documents)
    headings = (question_of(document, each) for document in every for each in document.sections)
    return frozenset([*headings, *(question for document in every for _, question in stated(document))])


def is_thorough(asked: Iterable[tuple[Hashable, str]], sentences: int, headings: Set[str] = frozenset()) -> bool:
    """Return whether nearly every sentence is asked something besides its heading, as in the corpus that ships.

    ``asked``: the sentence, by any name, and each question that it is asked.
    """
    own = {place for place, text in asked if text not in headings}
    return len(own) >= max(1, _THOROUGH * sentences)


def as_codes(vectors: Vectors) -> Codes:
    """Quantise rows of unit length, (n, d)."""
    return np.clip(np.rint(vectors * _SCALE), -_SCALE, _SCALE).astype(np.int8)


@dataclass(frozen=True, eq=False)
class AskedQuestions:
    """``vectors``: (n, d); ``sentences``: (n,) the sentence of each, counted over all passages, in rising order.

    Questions that no sentence answers come last, with the total number of sentences as their place.
    ``groups``: of each document the digest and the number of its questions. ``texts``: the questions that a sentence
    answers, in words.
    """

    vectors: Codes
    sentences: NDArray[np.int64]
    groups: tuple[tuple[str, int], ...] = ()
    texts: tuple[str, ...] = ()

    @classmethod
    def join(
        cls, groups: Sequence[Group], sizes: Sequence[int], keys: Sequence[str], codes: Sequence[Codes]
    ) -> AskedQuestions:
        """Join the groups of all documents; ``sizes``: sentences of each."""
        begins = np.cumsum([0, *sizes[:-1]])
        rows = [np.array(group.sentences, np.int64) + begin for group, begin in zip(groups, begins, strict=True)]
        counts = tuple((key, len(group.questions)) for key, group in zip(keys, groups, strict=True))
        sentences = np.concatenate(rows)
        texts = [question for group in groups for question in group.questions]
        answered = int(np.searchsorted(sentences, sum(sizes)))
        return cls(np.concatenate(list(codes)), sentences, counts, tuple(texts[:answered]))

    @classmethod
    def from_bytes(cls, data: Data, sentences: int, dimension: int) -> AskedQuestions:
        """Read the file. Raises ``IndexDamagedError`` if it does not fit the index."""
        arrays = read_arrays(data, ASKED)
        groups, texts = json.loads(arrays["words"].tobytes())
        read = cls(arrays["vectors"], arrays["sentences"], tuple((key, count) for key, count in groups), tuple(texts))
        rows = len(read.sentences)
        of_none = int(np.count_nonzero(read.sentences == sentences))
        fits = (
            read.vectors.shape == (rows, dimension)
            and sum(count for _, count in read.groups) == rows
            and (not rows or 0 <= int(read.sentences.min()) <= int(read.sentences.max()) <= sentences)
            and of_none in (0, *(count for _, count in read.groups[-1:]))
            and len(read.texts) == rows - of_none
        )
        if not fits:
            raise IndexDamagedError(f"{ASKED} does not fit documents.jsonl", hint="run `b12assistant index`")
        return read

    def to_bytes(self) -> Data:
        words = np.frombuffer(json.dumps([self.groups, self.texts]).encode(), np.uint8)
        return save_arrays({"vectors": self.vectors, "sentences": self.sentences, "words": words})

    def of(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """Yield the questions in words, with their sentence, of the sentences from ``first`` to ``last``."""
        begin, end = np.searchsorted(self.sentences, (first, last)).tolist()
        yield from zip(self.sentences[begin:end].tolist(), self.texts[begin:end], strict=False)

    def best(self, query: Vectors, first: int, last: int, few: int) -> tuple[Vectors, Vectors]:
        """Return the best cosine of ``query``, (d,), and what each sentence is asked, and the mean of the ``few`` best.

        Each (last - first,), from ``first`` to ``last``; NaN for a sentence that nothing is asked of.
        """
        begin, end = np.searchsorted(self.sentences, (first, last))
        if begin == end:
            return np.full(last - first, np.nan, np.float32), np.full(last - first, np.nan, np.float32)
        places, cosines = self.sentences[begin:end] - first, self.vectors[begin:end].astype(np.float32) @ query / _SCALE
        order, rank = np.lexsort((-cosines, places)), np.arange(len(places)) - np.searchsorted(places, places)

        def mean_of(most: int) -> Vectors:
            best = order[rank < most]
            counts = np.bincount(places[best], minlength=last - first)
            with np.errstate(invalid="ignore"):
                return np.asarray(np.bincount(places[best], cosines[best], last - first) / counts, np.float32)

        return mean_of(1), mean_of(few)

    def nearest(
        self, query: Vectors, most: int = _SOME, least: float = -1.0, of: NDArray[np.bool_] | None = None
    ) -> list[Nearest]:
        """Return the ``most`` questions of sentences that are nearest to ``query``, (d,), the nearest first; none
        whose cosine is below ``least``. ``of``: of which sentences; all by default.

        They are sought among the 512 whose signs are most alike, and those as alike as the last of them: in a tenth of
        the time that all cosines take.
        """
        answered = len(self.texts)
        if not answered:
            return []
        apart = np.zeros(answered, np.uint16)
        for signs, own in zip(self._signs[:, :answered], _as_bits(query[None]), strict=True):
            apart += np.bitwise_count(signs ^ own)
        nearer = np.bincount(apart).cumsum()  # by how many signs differ
        some = np.flatnonzero(apart <= np.searchsorted(nearer, min(_SOME, answered)))
        cosines = self.vectors[some].astype(np.float32) @ query / _SCALE
        near = np.flatnonzero((cosines >= least) & (True if of is None else of[self.sentences[some]]))
        order = near[np.lexsort((some[near], -cosines[near]))][:most]
        rows = [(int(some[i]), float(cosines[i])) for i in order]
        return [Nearest(self.texts[row], int(self.sentences[row]), cosine, row) for row, cosine in rows]

    def apart(self, read: Sequence[Nearest], near: Sequence[Nearest], shown: Set[int], most: int) -> list[Nearest]:
        """Return up to ``most`` of ``near`` that say something else than ``read`` and each other, each asked of another
        sentence, none of a sentence that is ``shown``."""
        kept, sentences = list(read), {*shown, *(each.sentence for each in read)}
        for each in near:
            codes = self.vectors[[other.row for other in kept]].astype(np.float32)
            like = (codes @ self.vectors[each.row] / _SCALE**2).max(initial=-1)
            if each.sentence not in sentences and like < _LIKE:
                kept.append(each)
                sentences.add(each.sentence)
            if len(kept) == len(read) + most:
                break
        return kept[len(read) :]

    @once
    def _signs(self) -> NDArray[np.uint64]:
        """Return the signs of all vectors as bits, 64 in each of (ceil(d / 64), n)."""
        return _as_bits(self.vectors)

    def best_of_none(self, query: Vectors, sentences: int) -> float | None:
        """Return the best cosine of ``query``, (d,), with a question that no sentence answers, if there is one."""
        codes = self.vectors[np.searchsorted(self.sentences, sentences) :]
        lots = range(0, len(codes), _SOME)  # all as single precision would take 10 MB
        return max(
            (float((codes[at : at + _SOME].astype(np.float32) @ query).max()) / _SCALE for at in lots), default=None
        )


NOTHING_ASKED = AskedQuestions(np.empty((0, 0), np.int8), np.empty(0, np.int64))


def _as_bits(vectors: Codes | Vectors) -> NDArray[np.uint64]:
    bits = np.packbits(vectors > 0, axis=1)
    whole = np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view(np.uint64)
    return np.ascontiguousarray(whole.T)
