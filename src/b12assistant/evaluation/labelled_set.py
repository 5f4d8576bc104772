"""Score span-labelled questions: is the sentence that answers among the quotes, and are their files unchanged?

A labelled set is JSON lines: `{"id", "question", "gold": ["words of the source", …]}`, with optional `alt_gold`
(`[{"quote": …}]`), `history` (earlier user turns), `need` ("any" or "all" of the gold) and `kind`, a word of your own
by which figures are given too. No gold means that the corpus does not hold the answer. Labels are words of the source,
so that re-chunking cannot invalidate them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import floor, sqrt
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any, Final

from b12assistant.answers import Answer, Status
from b12assistant.application.batching import write_lines
from b12assistant.application.workspace import Workspace
from b12assistant.config import AnsweringSettings
from b12assistant.data_files import read_lines
from b12assistant.display import terminal
from b12assistant.display.addresses import of_quote
from b12assistant.display.quoted import spans_text
from b12assistant.errors import DatasetError
from b12assistant.evaluation.marks import Words, marked, rows_by_words, unmarked, words_in
from b12assistant.language.words import fold
from b12assistant.types import Document, Span

_RUN = 6  # tokens in a row that a quote must share with the gold
_COVER = 0.5  # of the gold's tokens that the quote must hold
_MAIN = ("hit@1", "hit@3", "answered", "refused")  # figures
_Z: Final = 1.959964  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with the words of the sources that answer it; without ``gold``, none do."""

    id: str
    question: str
    history: tuple[str, ...]
    gold: tuple[str, ...]
    accepted: tuple[str, ...]  # gold and alternatives
    need_all: bool
    kind: str = ""  # any word


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question's result; ``hits[i]``: quote ``i`` holds an accepted span, ``ranked[i]``: window ``i`` does.

    ``confidence``: 0 to 1, of the best quote of the ranking alone; ``least``: what it must reach to be shown.
    ``unmarked``: as ``hits``, with the question's own mark left out, if it has one.
    """

    labelled: Labelled
    answer: Answer
    hits: tuple[bool, ...]
    ranked: tuple[bool, ...]
    sides: int  # gold spans that some quote holds
    characters: int  # of the first quote
    unchanged: bool  # no file that it shows has changed since indexing
    confidence: float
    least: float = 0.0
    unmarked: tuple[bool, ...] | None = None


def load_labelled(path: Path) -> tuple[Labelled, ...]:
    """Read a labelled set. Raises ``UsageError`` if it cannot be read, ``DatasetError`` that names a wrong line, or one
    that has the id of another or asks the same after the same turns."""
    parsed = []
    lines: dict[object, int] = {}
    for number, line in read_lines(path, hint="give a JSON lines file of labelled questions"):
        try:
            parsed.append(labelled_of(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            form = 'a line is {"id", "question", "gold": […]}'
            raise DatasetError(f"{path}:{number}: not a labelled question", hint=form) from error
        new = parsed[-1]
        if (first := lines.setdefault(new.id, number)) != number:
            raise DatasetError(f"{path}:{number}: line {first} has the id {new.id!r} too", hint="give each its own")
        if (first := lines.setdefault((*map(_same, new.history), _same(new.question)), number)) != number:
            raise DatasetError(f"{path}:{number}: line {first} asks the same", hint="take one of them out")
    return tuple(parsed)


def _same(question: str) -> str:
    """Return a question without what does not change it: capitals, accents, blanks and the mark at its end."""
    return " ".join(fold(question).split()).rstrip(" ?!.…")


def unresolved(labelled: Iterable[Labelled], documents: Sequence[Document]) -> tuple[str, ...]:
    """Return the ids of questions with a gold span that is in no document, so that nothing can hit it."""
    texts = [_running(document.text) for document in documents]
    return tuple(
        each.id for each in labelled if any(all(_running(gold) not in text for text in texts) for gold in each.gold)
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return figures, shares with 95 % intervals; all count, answered or not."""
    answerable = [outcome for outcome in outcomes if outcome.labelled.gold]
    unanswerable = [outcome for outcome in outcomes if not outcome.labelled.gold]
    quoted = [outcome for outcome in outcomes if outcome.hits]
    figures: dict[str, Any] = {"questions": len(outcomes)}
    if answerable:
        figures["hit@1"] = share_of([any(outcome.hits[:1]) for outcome in answerable])
        figures["hit@3"] = share_of([any(outcome.hits[:3]) for outcome in answerable])
        figures["hit@1 without the seller rule"] = share_of([bool(o.hits) and any(o.ranked[:1]) for o in answerable])
        figures["hit@1 of the ranking alone"] = share_of([any(outcome.ranked[:1]) for outcome in answerable])
        figures["hit@3 of the ranking alone"] = share_of([any(outcome.ranked[:3]) for outcome in answerable])
        if both := [outcome.sides == len(outcome.labelled.gold) for outcome in answerable if outcome.labelled.need_all]:
            figures["all sides@3"] = share_of(both)
        figures["answered"] = share_of([bool(outcome.hits) for outcome in answerable])
        figures["median characters of the first quote"] = median([o.characters for o in answerable if o.hits] or [0])
    if unanswerable:
        figures["refused"] = share_of([o.answer.status is Status.NO_ANSWER for o in unanswerable])
    figures["files unchanged"] = f"{sum(o.unchanged for o in quoted)} of {len(quoted)} answers"
    return figures


def share_of(values: Iterable[bool]) -> dict[str, Any]:
    """Return how many are so, of how many, the share, and its 95 % interval."""
    sample = list(values)
    hits, n = sum(sample), len(sample)
    low, high = (round(end, 4) for end in wilson(hits, n))
    return {"hits": hits, "n": n, "share": round(hits / n, 4) if n else None, "low": low, "high": high}


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927). It does not close at 0 or 1.

    It treats questions and messages as independent. Where several describe one situation, the true interval is wider.
    """
    if not n:
        return 0.0, 1.0
    mean, weight = hits / n, _Z * _Z / n
    centre = (mean + weight / 2) / (1 + weight)
    half = _Z * sqrt(mean * (1 - mean) / n + weight / (4 * n)) / (1 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)


def share(found: Mapping[str, Any] | None) -> str:
    """Return ``96.2 % (102 of 106; 90.7 to 98.5)``; a dash if there is nothing to count."""
    if found is None or not found["n"]:
        return "–"
    low, high = (f"{100 * found[end]:.1f}" for end in ("low", "high"))
    return f"{100 * found['share']:.1f} % ({found['hits']} of {found['n']}; {low} to {high})"


def _some(name: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the main figures of some of the questions, each after ``name``."""
    return {f"{name}: {figure}": value for figure, value in summary(outcomes).items() if figure in _MAIN}


def is_hit(text: str, gold: str) -> bool:
    """Check if a text shares a run of six tokens with ``gold`` (all of a shorter one) and holds half of its tokens."""
    quote, wanted = _tokens(text), _tokens(gold)
    run = min(_RUN, len(wanted))
    runs = {tuple(wanted[i : i + run]) for i in range(len(wanted) - run + 1)}
    shared = any(tuple(quote[i : i + run]) in runs for i in range(len(quote) - run + 1))
    held = set(quote)
    return bool(wanted) and shared and sum(token in held for token in wanted) >= _COVER * len(wanted)


def outcome_of(
    labelled: Labelled, answer: Answer, ranked: Sequence[Sequence[Span]], *, unchanged: bool, confidence: float
) -> Outcome:
    """Compare an answer with the gold; ``ranked``: the best windows before triage and refusal."""
    texts = [spans_text(quote.spans) for quote in answer.quotes]
    return Outcome(
        labelled,
        answer,
        _hits(answer, labelled),
        tuple(_holds_accepted(spans_text(spans), labelled) for spans in ranked),
        sum(any(is_hit(text, gold) for text in texts) for gold in labelled.gold),
        sum(len(span.text) for span in answer.quotes[0].spans) if answer.quotes else 0,
        unchanged,
        confidence,
    )


def _hits(answer: Answer, labelled: Labelled) -> tuple[bool, ...]:
    return tuple(_holds_accepted(spans_text(quote.spans), labelled) for quote in answer.quotes)


def _holds_accepted(text: str, labelled: Labelled) -> bool:
    return any(is_hit(text, gold) for gold in labelled.accepted)


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _running(text: str) -> str:
    """Return the tokens with blanks around each, so that only whole tokens match."""
    return f" {' '.join(_tokens(text))} "


def labelled_of(row: Any) -> Labelled:
    (question,), history = _texts([row["question"]]), _texts(row.get("history") or [])
    gold = _texts(row.get("gold") or [])
    accepted = gold + _texts([each["quote"] for each in row.get("alt_gold") or ()])
    need_all, kind = row.get("need") == "all", str(row.get("kind", ""))
    return Labelled(str(row["id"]), question, history, gold, accepted, need_all, kind)


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("not a list of texts")
    return tuple(values)


REFUSED = "refused with gold"  # in the figures: ids of questions that should have been answered
ANSWERED = "answered without gold"  # ids of those that should have been refused
LOST = "gold in no document"  # ids of those whose gold is wrong
LEFT_OUT = "marked, each with its own mark left out"


def result_of(outcome: Outcome) -> str:
    """Return ``hit``, ``low`` (quoted, but not first), ``missed`` or ``refused``; without gold, ``right`` if it was
    refused, ``wrong`` if it was answered."""
    if not outcome.labelled.gold:
        return "wrong" if outcome.hits else "right"
    if not outcome.hits:
        return "refused"
    if not any(outcome.hits):
        return "missed"
    return "hit" if outcome.hits[0] else "low"


def _row(outcome: Outcome) -> dict[str, Any]:
    labelled, answer = outcome.labelled, outcome.answer
    return {
        "id": labelled.id,
        "question": labelled.question,
        "history": list(labelled.history),
        "gold": list(labelled.gold),
        "status": answer.status,
        "result": result_of(outcome),
        "hit_at": next((place for place, hit in enumerate(outcome.hits, start=1) if hit), None),
        "ranked_at": next((place for place, hit in enumerate(outcome.ranked, start=1) if hit), None),
        "confidence": round(outcome.confidence, 4),
        "quotes": [
            {"text": spans_text(quote.spans), "title": quote.document.title, "address": of_quote(quote), "hit": hit}
            for quote, hit in zip(answer.quotes, outcome.hits, strict=True)
        ],
    }


def score(space: Workspace, file: Path, out: Path | None = None) -> dict[str, Any]:
    """Return figures of a labelled set and the index they were measured on.

    ``out``: a folder for `report.json`. Raises ``UsageError`` if it cannot be written.
    """
    labelled = load_labelled(file)
    if not labelled:
        raise DatasetError(f"{file} holds no question", hint="give a JSON lines file of labelled questions")
    known = marked(space)
    rows = rows_by_words(
        space.opened.collection.asked, known.intersection(words_in(each.question) for each in labelled)
    )
    outcomes = ask_all(space, labelled, rows)
    figures: dict[str, Any] = {"set": file.name, "index": space.opened.collection.generation, **summary(outcomes)}
    for kind in filter(None, dict.fromkeys(outcome.labelled.kind for outcome in outcomes)):
        figures |= _some(kind, [outcome for outcome in outcomes if outcome.labelled.kind == kind])
    figures |= {**_of_marks(known, outcomes), **_misses(space, outcomes)}
    if out is not None:
        report = {
            "kind": "questions",
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "figures": figures,
            "questions": [_row(each) for each in outcomes],
        }
        write_lines(out / "report.json", [json.dumps(report, ensure_ascii=False, indent=1)])
    return figures


def _of_marks(known: Set[Words], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return how many questions are marked in the corpus, what is found of these without their own marks, and the main
    figures of the others, if any are."""
    others = [each for each in outcomes if words_in(each.labelled.question) not in known]
    if len(others) == len(outcomes):
        return {}
    figures: dict[str, Any] = {"marked in the corpus, so found easily": len(outcomes) - len(others)}
    if hits := [each.unmarked for each in outcomes if each.unmarked is not None and each.labelled.gold]:
        for most in (1, 3):
            figures[f"{LEFT_OUT}: hit@{most}"] = share_of([any(each[:most]) for each in hits])
    return figures | _some("not marked", others)


def _misses(space: Workspace, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    documents = [entry.document for entry in space.opened.entries]
    return {
        LOST: list(unresolved([outcome.labelled for outcome in outcomes], documents)),
        "missed": [outcome.labelled.id for outcome in outcomes if outcome.labelled.gold and not any(outcome.hits)],
        REFUSED: [o.labelled.id for o in outcomes if o.labelled.gold and not o.hits],
        ANSWERED: [o.labelled.id for o in outcomes if not o.labelled.gold and o.hits],
    }


def ask_all(
    space: Workspace, labelled: Sequence[Labelled], marks: Mapping[Words, Sequence[int]] = MappingProxyType({})
) -> list[Outcome]:
    """Ask the questions; note how the ranking alone does, and whether the files are as they were indexed.

    ``marks``: rows of what is asked in the words of some of them; these are asked once more without it.
    """
    has_files = space.corpus.is_dir()
    found: list[Outcome] = []
    with terminal.progress() as bar:
        for each in labelled:
            bar("answering", len(found), len(labelled))
            reply = space.ask(each.question, each.history)
            read = space.assistant.understood(each.question, each.history)
            ranked = [window.spans for window in read.windows]
            unchanged = has_files and not reply.source_changed
            outcome = outcome_of(each, reply.answer, ranked, unchanged=unchanged, confidence=read.likely)
            outcome = replace(outcome, least=read.least)
            if rows := marks.get(words_in(each.question)):
                again = unmarked(space.assistant, rows).reply(each.question, each.history)
                outcome = replace(outcome, unmarked=_hits(again.answer, each))
            found.append(outcome)
    return found


def table(figures: dict[str, Any]) -> str:
    """Return the figures, one per line."""
    lines = []
    for name, value in figures.items():
        if isinstance(value, dict):
            value = share(value)
        elif isinstance(value, list):
            value = ", ".join(value) or "none"
        lines.append(f"{name}: {value}")
    return "\n".join(lines)


KEPT = 0.97  # of the questions whose best quote is right
RIGHT = 0.85  # of the best quotes that are strong
REFUSED_AT_MOST = 0.1  # of the answerable questions
_RIGHT_ONES, _WITHOUT = 10, 5  # questions that a fit needs


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with the confidence of its best quote. ``right``: that quote answers; ``gold``: something does.

    ``times``: of answering.least that it must reach, which is another for a long question (`Calibration.with_limits`).
    """

    confidence: float
    right: bool
    gold: bool
    times: float = 1.0

    @property
    def reach(self) -> float:
        """Return the highest answering.least at which it is not refused."""
        return self.confidence / self.times


def fitted(space: Workspace, file: Path) -> Iterator[str]:
    """Yield which limits fit the questions of a file, what they change, and what to write into the settings.

    Raises what `judged` raises.
    """
    asked, left_out = judged(space, file)
    calibration = space.assistant.in_use
    now = AnsweringSettings(calibration.possibly, calibration.answered)
    then = limits_of(asked, now)
    if left_out:
        yield f"{left_out} of the questions are marked in the corpus and left out; a fit needs others."
    yield from changes(asked, now, then)
    yield from ("To use them, write this into b12assistant.toml:", "")
    yield from ("[answering]", f"least = {then.least}", f"strong = {then.strong}")


def judged(space: Workspace, file: Path) -> tuple[tuple[Judged, ...], int]:
    """Ask the questions of a file that are not marked; return them, and how many are marked.

    Raises ``DatasetError`` if too few are left for a fit.
    """
    labelled = load_labelled(file)
    known, least = marked(space), space.assistant.in_use.possibly
    others = [each for each in labelled if words_in(each.question) not in known]
    count = len(labelled) - len(others)
    outcomes = ask_all(space, others)
    asked = tuple(Judged(o.confidence, any(o.ranked[:1]), bool(o.labelled.gold), o.least / least) for o in outcomes)
    right, without = sum(each.right for each in asked), sum(not each.gold for each in asked)
    if right < _RIGHT_ONES or without < _WITHOUT:
        but = f", and {count} do not count because they are marked in the corpus" if count else ""
        raise DatasetError(
            f"{file}: {right} questions have a right best quote, {without} have no gold{but}",
            hint=f"a fit needs {_RIGHT_ONES} of the first and {_WITHOUT} of the others; 30 in all are a good start",
        )
    return asked, count


def limits_of(asked: Sequence[Judged], now: AnsweringSettings) -> AnsweringSettings:
    """Return the limits that fit; the present one for strong quotes if no limit makes them right often enough.

    However few best quotes are right, no more than one in ten answerable questions is refused.
    """
    right = sorted(each.reach for each in asked if each.right)
    gold = sorted(each.reach for each in asked if each.gold)
    fits = min(right[floor((1 - KEPT) * len(right))], gold[floor(REFUSED_AT_MOST * len(gold))])
    least = max(0.001, floor(1000 * fits) / 1000)  # 0 would mean "as fitted"
    for limit in sorted({max(least, floor(1000 * each.confidence) / 1000) for each in asked}):
        shown = [each.right for each in asked if each.reach >= least and each.confidence >= limit]
        if shown and sum(shown) >= RIGHT * len(shown):
            return AnsweringSettings(least, limit)
    return AnsweringSettings(least, max(least, now.strong))


def changes(asked: Sequence[Judged], now: AnsweringSettings, then: AnsweringSettings) -> Iterator[str]:
    """Yield what other limits change, a sentence each."""
    yield f"answering.least: {now.least:.3f} now, {then.least:.3f} fits"
    yield f"answering.strong: {now.strong:.3f} now, {then.strong:.3f} fits"
    for name, gold in (("answerable questions", True), ("questions without gold", False)):
        some = [each.reach for each in asked if each.gold is gold]
        before, after = (sum(reach < limit.least for reach in some) for limit in (now, then))
        yield f"refused, of {len(some)} {name}: {before} now, {after} then"
    strong = [
        [
            each.right
            for each in asked
            if each.reach >= limit.least and each.confidence >= max(limit.least, limit.strong)
        ]
        for limit in (now, then)
    ]
    figures = [f"{sum(each)} of {len(each)}" for each in strong]
    yield f"right, of the best quotes from answering.strong on: {figures[0]} now, {figures[1]} then"
