"""`evaluate`: the workspace's answers on a labelled set; each quote is compared with its file, read anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from b12assistant import render, terminal
from b12assistant.answers import Answer, Quote
from b12assistant.api import Workspace
from b12assistant.errors import CorpusError, SourceError, UsageError
from b12assistant.evaluation import evaluate, load_labelled, summary, unresolved
from b12assistant.indexing import Reader
from b12assistant.types import DocumentId, Span
from b12assistant.verification import check_quote


def score(space: Workspace, file: Path) -> dict[str, Any]:
    """Figures of a labelled set, with the index they were measured on."""
    labelled = load_labelled(file)
    if not labelled:
        raise UsageError(f"{file} holds no question", hint="give a JSON lines file of labelled questions")
    documents = [entry.document for entry in space.opened.entries]
    texts = _texts_read_anew(space)
    done = 0
    with terminal.progress() as told:

        def answer(question: str, history: Sequence[str]) -> Answer:
            nonlocal done
            told("answering", done, len(labelled))
            done += 1
            return space.ask(question, history).answer

        def rank(question: str, history: Sequence[str]) -> list[tuple[Span, ...]]:
            return [window.spans for window in space.assistant.ranked(question, history)]

        outcomes = evaluate(labelled, answer, lambda quote: _is_exact(quote, texts), rank)
    missing = unresolved(labelled, documents)
    return {
        "set": file.name,
        "index": space.opened.collection.generation,
        **summary(outcomes),
        "gold in no document": list(missing),
        "missed": [outcome.labelled.id for outcome in outcomes if outcome.labelled.gold and not any(outcome.hits)],
        "answered without gold": [o.labelled.id for o in outcomes if not o.labelled.gold and o.hits],
    }


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
