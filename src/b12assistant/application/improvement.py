"""Show a curator what readers get, and what follows from the marks: the effect on every marked question is computed on
the open index with the questions asked in memory, before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import compress

import numpy as np

from b12assistant.answers import Quote, Reply, Status
from b12assistant.application.marks import CuratorMark, MarkLog, MarkVerdict, QuestionJudgement, SentencePlace
from b12assistant.application.question_file import FileLabels
from b12assistant.application.workspace import Workspace
from b12assistant.corpus import folder
from b12assistant.corpus.provenance import SentenceEntry, read_sentences, sentences_file
from b12assistant.corpus.question_lists import same_question
from b12assistant.index.asked_questions import AskedQuestions, as_codes
from b12assistant.index.collection import Collection
from b12assistant.protocols import Encoder
from b12assistant.threads import once
from b12assistant.types import DocumentId, Passage, Span

NEAREST = 20
_SEARCHED = 60  # passages in which the nearest sentences are looked for
_NAMED = 3  # documents in a sentence
_SAME = 0.995  # cosine from which two vectors are of one question: a batch changes the last digits


@dataclass(frozen=True, slots=True)
class NearSentence:
    """A sentence near a question. ``closeness``: 0 to 1, by late interaction."""

    place: SentencePlace
    passage: Passage
    closeness: float


@dataclass(frozen=True)
class BenchView:
    """A question as its reader sees it answered, why, and the sentences that are nearest, best first."""

    question: str
    reply: Reply
    first: SentencePlace | None  # the best sentence of the first quote
    why: tuple[str, ...]
    nearest: tuple[NearSentence, ...]


LETTERS = "ABCDEFGHIJKLMNOPQRST"  # of the nearest sentences
MARKED = {  # by its key
    "r": "right",
    "p": "right in part",
    "w": "wrong",
    "n": "nothing answers",
    "m": "needs writing",
}
STAYS = ("p", "w")  # keys after which it is still to be said what does answer


def mark_of(look: BenchView, key: str) -> CuratorMark | None:
    """Return the mark that a key of ``MARKED`` or ``LETTERS`` sets; ``None`` if there is nothing it could be about.

    A refusal is right if nothing answers.
    """
    if key in ("n", "m"):
        return CuratorMark(look.question, MarkVerdict.NOTHING if key == "n" else MarkVerdict.MISSING)
    if key in LETTERS:
        place = LETTERS.index(key)
        return (
            CuratorMark(look.question, MarkVerdict.RIGHT, look.nearest[place].place)
            if place < len(look.nearest)
            else None
        )
    if key == "w":
        return CuratorMark(look.question, MarkVerdict.WRONG, look.first)
    if look.first is None:
        return CuratorMark(look.question, MarkVerdict.NOTHING) if key == "r" else None
    return CuratorMark(look.question, MarkVerdict.RIGHT if key == "r" else MarkVerdict.PART, look.first)


def in_words(judgement: QuestionJudgement) -> str:
    """Say how a question is marked."""
    said = [f"{verdict}: {place.text[:70]}" for place, verdict in judgement.verdicts.items()]
    whole = {MarkVerdict.NOTHING: MARKED["n"], MarkVerdict.MISSING: MARKED["m"]}
    said += [whole[judgement.whole]] if judgement.whole else []
    return f"Marked: {'; '.join(said) or 'not refused rightly'}"


class MarkedResult(StrEnum):
    """What a question gets, measured by its marks."""

    FIRST = "right first"
    LATER = "right, not first"
    OTHER = "another quote"
    REFUSED = "no answer"
    SAFETY = "the safety text alone"


@dataclass(frozen=True, slots=True)
class MarkEffect:
    """What a question gets now, and with what the marks add."""

    judgement: QuestionJudgement
    before: MarkedResult
    after: MarkedResult

    @property
    def good(self) -> MarkedResult:
        """Return what it should get."""
        return MarkedResult.FIRST if self.judgement.right else MarkedResult.REFUSED

    @property
    def is_lost(self) -> bool:
        return self.before is self.good and self.after is not self.good

    @property
    def is_gained(self) -> bool:
        return self.after is self.good and self.before is not self.good


@dataclass(frozen=True)
class MarkPlan:
    """What follows from the marks. ``ask`` and ``withdraw``: questions of sentences; ``of_none`` and ``answered``:
    questions to put on the list of those that nothing answers, and to take from it; ``aside``: what does not count
    now, a sentence for each reason."""

    ask: tuple[tuple[SentencePlace, str], ...]
    withdraw: tuple[tuple[SentencePlace, str], ...]
    of_none: tuple[str, ...]
    answered: tuple[str, ...]
    judgements: tuple[QuestionJudgement, ...]
    aside: tuple[str, ...]


@dataclass
class Bench:
    """The workbench: the open index, and the log of marks. It never writes a document or an index."""

    space: Workspace
    log: MarkLog
    _before: dict[str, Reply] = field(default_factory=dict)

    def look(self, question: str) -> BenchView:
        """Ask a question; return the answer, why it is so, and the nearest sentences."""
        reply = self._reply(question)
        quote = next(iter(reply.answer.quotes), None)
        return BenchView(
            question, reply, place_of(quote) if quote else None, tuple(self._why(question)), self.nearest(question)
        )

    def nearest(self, question: str, most: int = NEAREST) -> tuple[NearSentence, ...]:
        """Return the sentences that are nearest to a question and can be quoted, best first."""
        engine = self.space.engine
        query = self.space.assistant.understood(question).searched.query
        rows = [engine.collection.row(hit.passage) for hit in engine.hits(query, _SEARCHED)]
        found: dict[SentencePlace, NearSentence] = {}
        for row in rows:
            passage = engine.collection.passages[row]
            with np.errstate(all="ignore"):  # as in `answering.signals`
                closeness = engine.cosines(query, row) @ query.informative
            for sentence, close in zip(passage.sentences, closeness, strict=True):
                place = _place(sentence)
                found.setdefault(place, NearSentence(place, passage, float(close)))
        return tuple(sorted(found.values(), key=lambda near: -near.closeness)[:most])

    def take_labels(self, asked: Mapping[str, FileLabels]) -> Iterator[str]:
        """Mark what the file of questions says, unless the question has marks; yield a sentence for each label that is
        in no document."""
        marks: list[CuratorMark] = []
        for question, labels in asked.items():
            if same_question(question) in self.log.judgements:
                continue
            for words, verdict in labels.words:
                if place := self._holding(same_question(words)):
                    marks.append(CuratorMark(question, verdict, place))
                else:
                    yield f"“{question[:60]}”: no sentence has the words “{words[:60]}”; mark it here"
            if labels.nothing:
                marks.append(CuratorMark(question, MarkVerdict.NOTHING))
        self.log.add_all(marks)

    def plan(self) -> MarkPlan:
        """Return what follows from the marks; those of documents that changed meanwhile are set aside."""
        judgements, aside = self._standing()
        ask = tuple((place, each.question) for each in judgements for place in each.right)
        of_none = tuple(each.question for each in judgements if each.whole is MarkVerdict.NOTHING)
        listed = set(map(same_question, folder.corpus_not_answered(self.space.corpus)))
        answered = tuple(
            each.question
            for each in judgements
            if each.whole is not MarkVerdict.NOTHING and each.is_settled and same_question(each.question) in listed
        )
        return MarkPlan(ask, tuple(self._withdrawn(judgements)), of_none, answered, judgements, aside)

    def effects(self, plan: MarkPlan) -> tuple[MarkEffect, ...]:
        """Return what each settled question gets now and with the plan, really asked of both."""
        changed = self.space.with_collection(self.with_plan(plan))
        settled = [each for each in plan.judgements if each.is_settled]
        return tuple(
            MarkEffect(each, result_of(self._reply(each.question), each), result_of(changed.ask(each.question), each))
            for each in settled
        )

    def _reply(self, question: str) -> Reply:
        if question not in self._before:
            self._before[question] = self.space.ask(question)
        return self._before[question]

    def _why(self, question: str) -> Iterator[str]:
        engine, limits = self.space.engine, self.space.assistant.in_use
        read = self.space.assistant.understood(question)
        query, evidence, windows = read.searched.query, read.searched.evidence, read.searched.windows
        if not windows:
            yield "Nothing was found."
            return
        signals = engine.signals(query, evidence, windows[0])
        yield (
            f"Confidence {read.likely:.2f}; quoted from {limits.least(question):.2f}, without reserve from "
            f"{limits.answered:.2f}."
        )
        asked = "none" if signals.asked is None else f"{signals.asked:.2f}"
        barred = "none" if signals.barred is None else f"{signals.barred:.2f}"
        yield (
            f"Best quote: closeness {signals.closeness:.2f}; nearest question asked of it: {asked}; nearest question "
            f"that nothing answers: {barred}."
        )
        before = len(query.tokens) - len(query.places)
        unknown = [query.places[word.tokens - before] for word in evidence.words if word.term in evidence.unknown_terms]
        if unknown:
            words = ", ".join(query.read[int(each[:, 0].min()) : int(each[:, 1].max())] for each in unknown)
            yield f"In no document: {words}."

    def _rows(self, document: DocumentId) -> range:
        """Return the rows of a document's passages, none if it is not in the index."""
        return self.space.opened.collection.rows_of(document)

    def sentence(self, place: SentencePlace) -> tuple[int, Span] | None:
        """Return the number of a sentence, counted over all passages, and the sentence; ``None`` if it is gone."""
        collection = self.space.opened.collection
        found = [
            (int(collection.sentence_starts[row]) + number, sentence)
            for row in self._rows(place.document)
            for number, sentence in enumerate(collection.passages[row].sentences)
            if _place(sentence) == place
        ]
        return min(found, key=lambda each: abs(each[1].start - place.start), default=None)

    @once
    def _sentences(self) -> dict[str, SentencePlace]:
        """Return every sentence by its words without capitals; of several with the same words, the first."""
        found: dict[str, SentencePlace] = {}
        for passage in self.space.opened.collection.passages:
            for sentence in passage.sentences:
                found.setdefault(same_question(sentence.text), _place(sentence))
        return found

    def _holding(self, words: str) -> SentencePlace | None:
        """Return the sentence that has these words, or the first that they have."""
        exact = self._sentences.get(words)
        return exact or next((place for held, place in self._sentences.items() if words in held or held in words), None)

    def _standing(self) -> tuple[tuple[QuestionJudgement, ...], tuple[str, ...]]:
        """Return the judgements without marks of sentences that changed, and a sentence for each reason."""
        kept: list[QuestionJudgement] = []
        gone: dict[DocumentId, int] = {}
        changed: dict[DocumentId, int] = {}
        for each in self.log.judgements.values():
            verdicts = dict(each.verdicts)
            for place in each.verdicts:
                touched = bool(self._rows(place.document)) and self.space.source_changed(place.document)
                if touched or self.sentence(place) is None:
                    counted = changed if touched else gone
                    counted[place.document] = counted.get(place.document, 0) + 1
                    del verdicts[place]
            kept.append(replace(each, verdicts=verdicts))
        aside = [
            *_aside(changed, "changed since indexing; they count again after `b12assistant index` if their sentence")
        ]
        return tuple(kept), (*aside, *_aside(gone, "no longer in the index; they count again if their sentence"))

    def _withdrawn(self, judgements: Sequence[QuestionJudgement]) -> Iterator[tuple[SentencePlace, str]]:
        """Yield questions that the corpus asks of a sentence although a mark says that it does not answer them."""
        judged = {same_question(each.question): each for each in judgements}
        for document in self.space.entries:
            if not (self._rows(document) and (self.space.corpus / sentences_file(document)).is_file()):
                continue
            for entry in read_sentences(self.space.corpus, document):
                for question in entry.asked:
                    each = judged.get(same_question(question))
                    if each and _speaks_against(each, document, entry):
                        yield SentencePlace(document, 0, flowing(entry.text)), question

    def with_plan(self, plan: MarkPlan) -> Collection:
        """Return the open collection with the questions of a plan."""
        collection = self.space.opened.collection
        total = int(collection.sentence_starts[-1])
        add = [(found[0], question) for place, question in plan.ask if (found := self.sentence(place))]
        add += [(total, question) for question in plan.of_none]
        drop = [(found[0], question) for place, question in plan.withdraw if (found := self.asked_place(place))]
        drop += [(total, question) for question in plan.answered]
        return replace(collection, asked=_changed(collection, self.space.encoder, add, drop))

    def asked_place(self, place: SentencePlace) -> tuple[int, Span] | None:
        """Return the sentence in which the words of a line of `sentences/` are."""
        for row in self._rows(place.document):
            for near in self.space.opened.collection.passages[row].sentences:
                if place.text in flowing(near.text):
                    return self.sentence(_place(near))
        return None


def flowing(text: str) -> str:
    """Return words with single blanks."""
    return " ".join(text.split())


def place_of(quote: Quote) -> SentencePlace:
    """Return the best sentence of a quote."""
    whole = (each for each in quote.passage.sentences if each.range.overlaps(quote.best.range))
    return _place(next(whole, quote.best))


def _place(sentence: Span) -> SentencePlace:
    return SentencePlace(sentence.document.id, sentence.start, flowing(sentence.text))


def result_of(reply: Reply, judgement: QuestionJudgement) -> MarkedResult:
    """Return what an answer gives, by the sentences that are marked as right."""
    answer = reply.answer
    if answer.status is Status.SAFETY_ONLY:
        return MarkedResult.SAFETY
    if not answer.quotes:
        return MarkedResult.REFUSED
    right = [any(_holds(quote, place) for place in judgement.right) for quote in answer.quotes]
    return MarkedResult.FIRST if right[0] else MarkedResult.LATER if any(right) else MarkedResult.OTHER


def _holds(quote: Quote, place: SentencePlace) -> bool:
    """Return whether a quote shows a sentence."""
    if quote.document.id != place.document:
        return False
    shown = (each for each in quote.passage.sentences if any(each.range.overlaps(span.range) for span in quote.spans))
    return any(_place(each) == place for each in shown)


def _speaks_against(judgement: QuestionJudgement, document: DocumentId, entry: SentenceEntry) -> bool:
    words = flowing(entry.text)

    def among(places: Sequence[SentencePlace]) -> bool:
        return any(each.document == document and words in each.text for each in places)

    return not among(judgement.right) and (judgement.whole is not None or among(judgement.wrong))


def _aside(counted: Mapping[DocumentId, int], why: str) -> Iterator[str]:
    if counted:
        names, total = list(counted), sum(counted.values())
        named = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        marks = "1 mark is" if total == 1 else f"{total} marks are"
        yield f"{marks} set aside: {named} {'is' if len(names) == 1 else 'are'} {why} is still there"


def _changed(
    collection: Collection, encoder: Encoder, add: Sequence[tuple[int, str]], drop: Sequence[tuple[int, str]]
) -> AskedQuestions | None:
    """Return the asked questions with some added and some dropped, each with the number of its sentence."""
    asked = collection.asked
    vectors = np.zeros((0, encoder.dimension), np.int8) if asked is None else asked.vectors
    texts = [] if asked is None else [*asked.texts, *[""] * (len(asked.vectors) - len(asked.texts))]
    places = np.zeros(0, np.int64) if asked is None else asked.sentences
    codes = as_codes(
        np.array(
            [each.vector for each in encoder.encode([question for _, question in (*drop, *add)])], np.float32
        ).reshape(-1, encoder.dimension)
    )
    keep = np.ones(len(places), bool)
    for (place, _), code in zip(drop, codes, strict=False):
        alike = vectors.astype(np.float32) @ code.astype(np.float32) >= _SAME * np.float32(
            code @ code.astype(np.float32)
        )
        keep &= ~((places == place) & alike)
    vectors = np.concatenate([vectors[keep], codes[len(drop) :]])
    places = np.concatenate([places[keep], np.array([place for place, _ in add], np.int64)])
    texts = [*compress(texts, keep), *(question for _, question in add)]
    order = np.argsort(places, kind="stable")
    changed = AskedQuestions(vectors[order], places[order])
    texts = [texts[row] for row in order.tolist()]
    return changed.with_texts(texts, int(collection.sentence_starts[-1])) if len(places) else None
