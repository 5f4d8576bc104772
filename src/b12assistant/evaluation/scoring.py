"""`evaluate`: the workspace's answers on a labelled set; each quote is compared with its file, read anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b12assistant.answers import Answer, Quote
from b12assistant.application.quote_checks import check_quote
from b12assistant.application.workspace import Workspace
from b12assistant.display import addresses, terminal
from b12assistant.display.presentation import spans_text
from b12assistant.errors import CorpusError, DatasetError, SourceError
from b12assistant.evaluation.labelled_set import (
    Labelled,
    Outcome,
    evaluate,
    holds_dialogues,
    load_dialogues,
    load_labelled,
    summary,
    unresolved,
)
from b12assistant.evaluation.labelled_set import dialogue_summary as summary_of_dialogues
from b12assistant.evaluation.measures import write_whole
from b12assistant.index.indexing import Reader
from b12assistant.types import DocumentId, Span

BINS = 10
REFUSED = "refused with gold"  # in the figures: ids of questions that should have been answered
ANSWERED = "answered without gold"  # and of those that should have been refused


def reliability(judged: Sequence[tuple[float, bool]]) -> dict[str, Any] | None:
    """``judged``: confidence, 0 to 1, and whether it was right. ``None`` where there is nothing to judge.

    Bins are of equal width, half-open but for the last; an empty one is left out.
    """
    if not judged:
        return None
    members: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in judged:
        members[min(int(confidence * BINS), BINS - 1)].append((confidence, right))
    bins = [_bin(number, inside) for number, inside in enumerate(members) if inside]
    gap = sum(each["n"] * abs(each["confidence"] - each["right"]) for each in bins) / len(judged)
    return {"n": len(judged), "calibration_error": round(gap, 4), "bins": bins}


def _bin(number: int, inside: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    return {
        "low": number / BINS,
        "high": (number + 1) / BINS,
        "n": len(inside),
        "confidence": round(sum(confidence for confidence, _ in inside) / len(inside), 4),
        "right": round(sum(right for _, right in inside) / len(inside), 4),
    }


Json = dict[str, Any]
_COLUMNS = ("id", "result", "hit_at", "confidence", "status", "question")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its outcome. ``confidence``: 0 to 1, of the best quote of the ranking alone."""

    outcome: Outcome
    answer: Answer
    confidence: float


def question_report(file: Path, figures: Mapping[str, Any], asked: Sequence[Asked]) -> Json:
    """The report as JSON."""
    judged = [(each.confidence, any(each.outcome.ranked[:1])) for each in asked]
    return {
        "kind": "questions",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "figures": dict(figures),
        "questions": [_row(each) for each in asked],
        "reliability": reliability(judged),
    }


def result_of(outcome: Outcome) -> str:
    """``hit``, ``low`` (quoted, but not first), ``missed`` or ``refused``; of a question without gold ``right`` if it
    was refused, ``wrong`` if it was answered."""
    if not outcome.labelled.gold:
        return "wrong" if outcome.hits else "right"
    if not outcome.hits:
        return "refused"
    if not any(outcome.hits):
        return "missed"
    return "hit" if outcome.hits[0] else "low"


def write_question_report(folder: Path, report: Json) -> None:
    """`report.json` and `per_query.tsv`. Raises ``DatasetError`` if they cannot be written."""
    write_whole(folder / "report.json", json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    write_whole(folder / "per_query.tsv", "".join(_lines(report)))


def _row(asked: Asked) -> Json:
    labelled, answer = asked.outcome.labelled, asked.answer
    return {
        "id": labelled.id,
        "question": labelled.question,
        "history": list(labelled.history),
        "gold": list(labelled.gold),
        "status": answer.status,
        "result": result_of(asked.outcome),
        "hit_at": next((place for place, hit in enumerate(asked.outcome.hits, start=1) if hit), None),
        "ranked_at": next((place for place, hit in enumerate(asked.outcome.ranked, start=1) if hit), None),
        "confidence": round(asked.confidence, 4),
        "quotes": [
            {
                "text": spans_text(quote.spans),
                "title": quote.document.title,
                "address": addresses.of_quote(quote),
                "hit": hit,
            }
            for quote, hit in zip(answer.quotes, asked.outcome.hits, strict=True)
        ],
    }


def _lines(report: Json) -> Iterator[str]:
    yield "\t".join(_COLUMNS) + "\n"
    for row in report["questions"]:
        cells = ("" if row[name] is None else str(row[name]) for name in _COLUMNS)
        yield "\t".join(" ".join(cell.split()) for cell in cells) + "\n"


def score(space: Workspace, file: Path, out: Path | None = None) -> dict[str, Any]:
    """Figures of a labelled set, with the index they were measured on; ``out``: a folder for the whole report."""
    figures, asked = _scored(space, file)
    if out is not None:
        write_question_report(out, question_report(file, figures, asked))
    return figures


def _scored(space: Workspace, file: Path) -> tuple[dict[str, Any], Sequence[Asked]]:
    if holds_dialogues(file):
        return _score_dialogues(space, file)
    labelled = load_labelled(file)
    if not labelled:
        raise DatasetError(f"{file} holds no question", hint="give a JSON lines file of labelled questions")
    (asked,) = _asked(space, labelled)
    outcomes = [each.outcome for each in asked]
    return {**_where(space, file), **summary(outcomes), **_misses(space, outcomes)}, asked


def _score_dialogues(space: Workspace, file: Path) -> tuple[dict[str, Any], Sequence[Asked]]:
    """Every turn as it was typed, after those before it, and in full, after none."""
    dialogues = load_dialogues(file)
    typed = [turn for dialogue in dialogues for turn in dialogue.typed]
    in_full = [turn for dialogue in dialogues for turn in dialogue.in_full]
    asked = _asked(space, typed, in_full)
    outcomes = [tuple(each.outcome for each in one) for one in asked]
    counted = {"conversations": len(dialogues), "turns": len(typed)}
    figures = {**_where(space, file), **counted, **summary_of_dialogues(*outcomes), **_misses(space, outcomes[0])}
    return figures, asked[0]


def _where(space: Workspace, file: Path) -> dict[str, Any]:
    return {"set": file.name, "index": space.opened.collection.generation}


def _misses(space: Workspace, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    documents = [entry.document for entry in space.opened.entries]
    return {
        "gold in no document": list(unresolved([outcome.labelled for outcome in outcomes], documents)),
        "missed": [outcome.labelled.id for outcome in outcomes if outcome.labelled.gold and not any(outcome.hits)],
        REFUSED: [o.labelled.id for o in outcomes if o.labelled.gold and not o.hits],
        ANSWERED: [o.labelled.id for o in outcomes if not o.labelled.gold and o.hits],
    }


def _asked(space: Workspace, *sets: Sequence[Labelled]) -> list[tuple[Asked, ...]]:
    """Each set's questions, every quote compared with its file."""
    texts = _texts_read_anew(space)
    total = sum(map(len, sets))
    answers: list[Answer] = []
    certain: list[float] = []
    with terminal.progress() as told:

        def answer(question: str, history: Sequence[str]) -> Answer:
            told("answering", len(answers), total)
            answers.append(space.ask(question, history).answer)
            return answers[-1]

        def rank(question: str, history: Sequence[str]) -> list[tuple[Span, ...]]:
            read = space.assistant.understood(question, history)
            certain.append(read.likely)
            return [window.spans for window in read.searched.windows]

        outcomes = [evaluate(labelled, answer, lambda quote: _is_exact(quote, texts), rank) for labelled in sets]
    rest = iter(zip(answers, certain, strict=True))  # in the order of the questions
    return [tuple(Asked(outcome, *next(rest)) for outcome in one) for one in outcomes]


def table(figures: dict[str, Any]) -> str:
    """The figures, a line each."""
    lines = []
    for name, value in figures.items():
        if isinstance(value, dict):
            value = f"{value['mean']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]  n = {value['n']}"
        elif isinstance(value, list):
            value = ", ".join(value) or "none"
        lines.append(f"{name}: {value}")
    return "\n".join(lines)


def _texts_read_anew(space: Workspace) -> dict[DocumentId, str]:
    with space.reader() as reader:
        return {entry.document.id: _text(reader, space.corpus, entry.report.file) for entry in space.opened.entries}


def _text(reader: Reader, corpus: Path, file: str) -> str:
    try:
        return reader.extract(reader.read(corpus / file), file).text
    except SourceError as error:
        raise CorpusError(
            f"{corpus / file}: {error.message}", hint="run `b12assistant index`, then evaluate"
        ) from error


def _is_exact(quote: Quote, texts: dict[DocumentId, str]) -> bool:
    """The quote as it is shown, against the text of its file as it reads today."""
    best = [quote.best.start, quote.best.end]
    shown = {"spans": [[s.start, s.end] for s in quote.spans], "best": best, "text": spans_text(quote.spans)}
    return check_quote(shown, texts[quote.document.id]) is None
