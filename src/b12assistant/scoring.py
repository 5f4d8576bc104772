"""`evaluate`: the workspace's answers on a labelled set; each quote is compared with its file, read anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from b12assistant import render, terminal
from b12assistant.answers import Answer, Quote
from b12assistant.api import Workspace
from b12assistant.dialogues import holds_dialogues, load_dialogues
from b12assistant.dialogues import summary as summary_of_dialogues
from b12assistant.errors import CorpusError, DatasetError, SourceError
from b12assistant.evaluation import Labelled, Outcome, evaluate, load_labelled, summary, unresolved
from b12assistant.indexing import Reader
from b12assistant.types import DocumentId, Span
from b12assistant.verification import check_quote


def score(space: Workspace, file: Path) -> dict[str, Any]:
    """Figures of a labelled set, with the index they were measured on."""
    if holds_dialogues(file):
        return _score_dialogues(space, file)
    labelled = load_labelled(file)
    if not labelled:
        raise DatasetError(f"{file} holds no question", hint="give a JSON lines file of labelled questions")
    (outcomes,) = _outcomes(space, labelled)
    return {**_where(space, file), **summary(outcomes), **_misses(space, outcomes)}


def _score_dialogues(space: Workspace, file: Path) -> dict[str, Any]:
    """Every turn as it was typed, after those before it, and in full, after none."""
    dialogues = load_dialogues(file)
    typed = [turn for dialogue in dialogues for turn in dialogue.typed]
    in_full = [turn for dialogue in dialogues for turn in dialogue.in_full]
    outcomes = _outcomes(space, typed, in_full)
    counted = {"conversations": len(dialogues), "turns": len(typed)}
    return {**_where(space, file), **counted, **summary_of_dialogues(*outcomes), **_misses(space, outcomes[0])}


def _where(space: Workspace, file: Path) -> dict[str, Any]:
    return {"set": file.name, "index": space.opened.collection.generation}


def _misses(space: Workspace, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    documents = [entry.document for entry in space.opened.entries]
    return {
        "gold in no document": list(unresolved([outcome.labelled for outcome in outcomes], documents)),
        "missed": [outcome.labelled.id for outcome in outcomes if outcome.labelled.gold and not any(outcome.hits)],
        "answered without gold": [o.labelled.id for o in outcomes if not o.labelled.gold and o.hits],
    }


def _outcomes(space: Workspace, *sets: Sequence[Labelled]) -> list[tuple[Outcome, ...]]:
    """Each set's, every quote compared with its file."""
    texts = _texts_read_anew(space)
    total = sum(map(len, sets))
    done = 0
    with terminal.progress() as told:

        def answer(question: str, history: Sequence[str]) -> Answer:
            nonlocal done
            told("answering", done, total)
            done += 1
            return space.ask(question, history).answer

        def rank(question: str, history: Sequence[str]) -> list[tuple[Span, ...]]:
            return [window.spans for window in space.assistant.ranked(question, history)]

        return [evaluate(labelled, answer, lambda quote: _is_exact(quote, texts), rank) for labelled in sets]


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
    shown = {"spans": [[s.start, s.end] for s in quote.spans], "best": best, "text": render.quote_text(quote.spans)}
    return check_quote(shown, texts[quote.document.id]) is None
