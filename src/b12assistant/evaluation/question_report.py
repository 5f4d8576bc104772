"""What `evaluate` writes of a set of labelled questions: figures, every question with what was quoted, reliability."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b12assistant.answering.reliability import reliability
from b12assistant.answers import Answer
from b12assistant.display import addresses
from b12assistant.display.presentation import spans_text
from b12assistant.evaluation.labelled_set import Outcome
from b12assistant.evaluation.runs import write_whole

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
