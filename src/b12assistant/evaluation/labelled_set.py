"""Score span-labelled questions: is the sentence that answers among the quotes?

A labelled set is JSON lines: `{"id", "question", "gold": ["words of the source", …]}`, with optional `alt_gold`
(`[{"quote": …}]`), `history` (earlier user turns), `need` ("any" or "all" of the gold) and `kind`, a word of your own
by which figures are given too. No gold means that the corpus does not hold the answer. Labels are words of the source,
so that re-chunking cannot invalidate them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, sqrt
from pathlib import Path
from statistics import median
from typing import Any, Final, Literal, TypeVar

from pydantic import Field

from b12assistant.answers import Answer, Status
from b12assistant.application.batching import write_lines
from b12assistant.application.improvement import marked_questions
from b12assistant.application.workspace import Workspace
from b12assistant.corpus.entries import CuratedEntry, Text, check
from b12assistant.data_files import read_lines
from b12assistant.display import terminal
from b12assistant.display.addresses import of_spans
from b12assistant.display.quoted import spans_text
from b12assistant.errors import DatasetError
from b12assistant.language.words import fold, surface_words
from b12assistant.types import Document, Span

_RUN = 6  # tokens in a row that a quote must share with the gold
_COVER = 0.5  # of the gold's tokens that the quote must hold
_MAIN = ("hit@1", "hit@3", "answered", "refused")  # figures
_Z: Final = 1.959964  # of a 95 % interval
_KEPT = 0.97  # of the questions whose best quote is right
_RIGHT = 0.85  # of the best quotes that are strong
_REFUSED_AT_MOST = 0.1  # of the answerable questions
_RIGHT_ONES, _WITHOUT = 10, 5  # questions that limits are fitted to
_Line = TypeVar("_Line", bound="LabelledLine")
_GIVE = "give a line of JSON for each, as the --help of this command says"


class Alternative(CuratedEntry, extra="ignore"):
    """Other words of the sources that count."""

    quote: Text


class LabelledLine(CuratedEntry, extra="ignore"):
    """A line of a labelled set; what else it has is not read."""

    id: str = Field(strict=False, coerce_numbers_to_str=True, description="a text or a number")


class Labelled(LabelledLine):
    """A question with the words of the sources that answer it; without ``gold``, none do."""

    question: Text = Field(description="a text")
    history: list[str] = Field(default=[], description="a list of texts")
    gold: list[Text] = Field(default=[], description="a list of texts")
    alt_gold: list[Alternative] = Field(default=[], description='a list of { "quote" }')
    need: Literal["any", "all"] = Field(default="any", description="any, all")
    kind: str = Field(default="", description="a word of your own")

    @property
    def accepted(self) -> list[str]:
        """Return gold and alternatives."""
        return [*self.gold, *(each.quote for each in self.alt_gold)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question's result; ``hits[i]``: quote ``i`` holds an accepted span, ``ranked[i]``: window ``i`` does.

    ``confidence``: 0 to 1, of the best quote of the ranking alone; ``least``: what it must reach to be shown.
    """

    labelled: Labelled
    answer: Answer
    hits: tuple[bool, ...]
    ranked: tuple[bool, ...]
    sides: int  # gold spans that some quote holds
    characters: int  # of the first quote
    confidence: float
    least: float = 0.0


def read_labels(path: Path, model: type[_Line]) -> dict[int, _Line]:
    """Read a labelled set, by number of line. Raises ``UsageError`` if it cannot be read, ``DatasetError`` that names a
    wrong line, or one that has the id of another."""
    parsed: dict[int, _Line] = {}
    first: dict[str, int] = {}
    for number, line in read_lines(path, hint=_GIVE):
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{where}: not JSON", hint=_GIVE) from error
        if not isinstance(row, dict):
            raise DatasetError(f"{where}: not a JSON object", hint=_GIVE)
        row = {key: value for key, value in row.items() if value is not None}  # null: it is not given
        parsed[number] = new = check(model, row, lambda *_, where=where: where, DatasetError)
        if (twin := first.setdefault(new.id, number)) != number:
            raise DatasetError(f"{where}: line {twin} has the id {new.id!r} too", hint="give each its own")
    if not parsed:
        raise DatasetError(f"{path} is empty", hint=_GIVE)
    return parsed


def load_labelled(path: Path) -> tuple[Labelled, ...]:
    """Read labelled questions. Raises as `read_labels`, and ``DatasetError`` for a line that asks the same as another
    after the same turns."""
    parsed = read_labels(path, Labelled)
    lines: dict[object, int] = {}
    for number, new in parsed.items():
        if (first := lines.setdefault(tuple(map(_same, (*new.history, new.question))), number)) != number:
            raise DatasetError(f"{path}:{number}: line {first} asks the same", hint="take one of them out")
    return tuple(parsed.values())


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
    figures: dict[str, Any] = {"questions": len(outcomes)}
    if answerable:
        figures["hit@1"] = share_of([any(outcome.hits[:1]) for outcome in answerable])
        figures["hit@3"] = share_of([any(outcome.hits[:3]) for outcome in answerable])
        figures["hit@1 without the seller rule"] = share_of([bool(o.hits) and any(o.ranked[:1]) for o in answerable])
        figures["hit@1 of the ranking alone"] = share_of([any(outcome.ranked[:1]) for outcome in answerable])
        figures["hit@3 of the ranking alone"] = share_of([any(outcome.ranked[:3]) for outcome in answerable])
        if many := [outcome for outcome in answerable if outcome.labelled.need == "all"]:
            figures["all sides@3"] = share_of([outcome.sides == len(outcome.labelled.gold) for outcome in many])
        figures["answered"] = share_of([bool(outcome.hits) for outcome in answerable])
        figures["median characters of the first quote"] = median([o.characters for o in answerable if o.hits] or [0])
    if unanswerable:
        figures["refused"] = share_of([o.answer.status is Status.NO_ANSWER for o in unanswerable])
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
    labelled: Labelled,
    answer: Answer,
    ranked: Sequence[Sequence[Span]] = (),
    *,
    confidence: float = 0.0,
    least: float = 0.0,
) -> Outcome:
    """Compare an answer with the gold; ``ranked``: the best windows before triage and refusal."""
    texts = [spans_text(quote.spans) for quote in answer.quotes]
    return Outcome(
        labelled,
        answer,
        tuple(_holds_accepted(text, labelled) for text in texts),
        tuple(_holds_accepted(spans_text(spans), labelled) for spans in ranked),
        sum(any(is_hit(text, gold) for text in texts) for gold in labelled.gold),
        sum(len(span.text) for span in answer.quotes[0].spans) if answer.quotes else 0,
        confidence,
        least,
    )


def _holds_accepted(text: str, labelled: Labelled) -> bool:
    return any(is_hit(text, gold) for gold in labelled.accepted)


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _running(text: str) -> str:
    """Return the tokens with blanks around each, so that only whole tokens match."""
    return f" {' '.join(_tokens(text))} "


REFUSED = "refused with gold"  # in the figures: ids of questions that should have been answered
ANSWERED = "answered without gold"  # ids of those that should have been refused
LOST = "gold in no document"  # ids of those whose gold is wrong
LEAST, STRONG = "answering.least that fits", "answering.strong that fits"


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
        "history": labelled.history,
        "gold": labelled.gold,
        "status": answer.status,
        "result": result_of(outcome),
        "hit_at": next((place for place, hit in enumerate(outcome.hits, start=1) if hit), None),
        "ranked_at": next((place for place, hit in enumerate(outcome.ranked, start=1) if hit), None),
        "confidence": round(outcome.confidence, 4),
        "quotes": [
            {
                "text": spans_text(quote.spans),
                "title": quote.document.title,
                "address": of_spans(quote.spans, quote.best),
                "hit": hit,
            }
            for quote, hit in zip(answer.quotes, outcome.hits, strict=True)
        ],
    }


def score(space: Workspace, file: Path, out: Path | None = None) -> dict[str, Any]:
    """Return figures of a labelled set and the index they were measured on.

    ``out``: a folder for `report.json`. Raises ``UsageError`` if it cannot be written.
    """
    outcomes = ask_all(space, load_labelled(file))
    figures: dict[str, Any] = {"set": file.name, "index": space.opened.collection.generation, **summary(outcomes)}
    for kind in filter(None, dict.fromkeys(outcome.labelled.kind for outcome in outcomes)):
        figures |= _some(kind, [outcome for outcome in outcomes if outcome.labelled.kind == kind])
    known = frozenset(map(_words_in, marked_questions(space.corpus, space.entries)))
    others = [each for each in outcomes if _words_in(each.labelled.question) not in known]
    if len(others) < len(outcomes):
        figures["marked in the corpus, so found easily"] = len(outcomes) - len(others)
        figures |= _some("not marked", others)
    too_few = {LEAST: f"none: it takes {_RIGHT_ONES} questions with a right best quote and {_WITHOUT} without gold"}
    figures |= limits_of(others, space.assistant.thread.calibration.possibly) or too_few
    figures |= _misses(space, outcomes)
    if out is not None:
        report = {
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "figures": figures,
            "questions": [_row(each) for each in outcomes],
        }
        write_lines(out / "report.json", [json.dumps(report, ensure_ascii=False, indent=1)])
    return figures


def _words_in(question: str) -> tuple[str, ...]:
    """Return the words of a question, whatever their order, capitals, accents and punctuation."""
    return tuple(sorted(surface_words(question)))


def limits_of(outcomes: Sequence[Outcome], usual: float) -> dict[str, float]:
    """Return the limits that fit, for the settings; nothing of too few questions.

    Nearly all right best quotes are shown, and no more than one in ten answerable questions is refused. ``usual``: the
    answering.least in use, to which that of a long question keeps its proportion (`Calibration.with_limits`).
    """
    asked = [(each.confidence * usual / each.least, each.confidence, any(each.ranked[:1])) for each in outcomes]
    right = sorted(reach for reach, _, is_right in asked if is_right)
    gold = sorted(reach for (reach, *_), each in zip(asked, outcomes, strict=True) if each.labelled.gold)
    if len(right) < _RIGHT_ONES or len(outcomes) - len(gold) < _WITHOUT:
        return {}
    fits = min(right[floor((1 - _KEPT) * len(right))], gold[floor(_REFUSED_AT_MOST * len(gold))])
    least = max(0.001, floor(1000 * fits) / 1000)  # 0 would mean "as fitted"
    for limit in sorted({max(least, floor(1000 * confidence) / 1000) for _, confidence, _ in asked}):
        shown = [is_right for reach, confidence, is_right in asked if reach >= least and confidence >= limit]
        if shown and sum(shown) >= _RIGHT * len(shown):
            return {LEAST: least, STRONG: limit}
    return {LEAST: least}


def _misses(space: Workspace, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    documents = [entry.document for entry in space.opened.entries]
    return {
        LOST: list(unresolved([outcome.labelled for outcome in outcomes], documents)),
        "missed": [outcome.labelled.id for outcome in outcomes if outcome.labelled.gold and not any(outcome.hits)],
        REFUSED: [o.labelled.id for o in outcomes if o.labelled.gold and not o.hits],
        ANSWERED: [o.labelled.id for o in outcomes if not o.labelled.gold and o.hits],
    }


def ask_all(space: Workspace, labelled: Sequence[Labelled]) -> list[Outcome]:
    """Ask the questions; note how the ranking alone does."""
    found: list[Outcome] = []
    with terminal.progress() as bar:
        for each in labelled:
            bar("answering", len(found), len(labelled))
            answer = space.ask(each.question, each.history).answer
            read = space.assistant.understood(each.question, each.history)
            ranked = [window.spans for window in read.windows]
            found.append(outcome_of(each, answer, ranked, confidence=read.likely, least=read.least))
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
