"""An answer as data and as plain text: the only place where ids become words."""

from __future__ import annotations

from datetime import date
from typing import Any

from b12assistant.answers import Answer, FixedTexts, Interpretation, Notice, Quote, Reply
from b12assistant.display import labels
from b12assistant.types import FileEnd, GenerationId, Hit, IndexReport, Interest, Passage, Source, Span

GAP = " […] "
Json = dict[str, Any]


def quote_text(spans: tuple[Span, ...]) -> str:
    """The spans as they stand in the source; what was left out between them is shown as a gap."""
    return GAP.join(span.text for span in spans)


def reply_json(reply: Reply, texts: FixedTexts, *, today: date) -> Json:
    """The JSON form of an answer (docs/reference/http.md)."""
    timings = reply.timings
    return {
        "answer": answer_json(
            reply.answer, texts, today=today, changed=reply.source_changed, partly_off=reply.partly_off
        ),
        "timings_ms": {
            "triage": timings.triage,
            "encode": timings.encode,
            "search": timings.search,
            "quote": timings.quote,
            "total": timings.total,
        },
        "index": {"generation": reply.generation},
    }


def answer_json(
    answer: Answer,
    texts: FixedTexts,
    *,
    today: date,
    changed: frozenset[str] = frozenset(),
    partly_off: frozenset[str] = frozenset(),
) -> Json:
    return {
        "question": answer.question.text,
        "status": answer.status,
        "reason": answer.reason,
        "red_flag": _red_flag(answer, texts),
        "notices": [notice_json(notice, texts) for notice in answer.notices],
        "quotes": [
            {
                **_quote(number, quote, today),
                "source_changed": quote.document.id in changed,
                "partly_off": quote.document.id in partly_off,
            }
            for number, quote in enumerate(answer.quotes, start=1)
        ],
        "disagreements": [
            {
                "topic_id": each.topic,
                "how": "curated" if each.curated else "compared",
                "sides": [list(s) for s in each.sides],
            }
            for each in answer.disagreements
        ],
        "nearest": [place_json(passage) for passage in answer.nearest],
        "interpretation": _interpretation(answer.interpretation),
    }


def notice_json(notice: Notice, texts: FixedTexts) -> Json:
    text = texts[notice.text]
    return {
        "kind": notice.kind,
        "text_id": text.id,
        "version": text.version,
        "text": text.text,
        "rule": notice.flag.rule if notice.flag else None,
        "evidence": [{"turn": each.turn.index, "start": each.start, "end": each.end} for each in notice.evidence],
    }


def place_json(passage: Passage) -> Json:
    """Where a passage stands, without its words."""
    return {
        "document": passage.document.id,
        "passage": passage.id,
        "title": passage.document.title,
        "section": labels.section(passage.document, passage.span.start),
    }


def search_json(
    question: str,
    notices: tuple[Notice, ...],
    hits: tuple[Hit, ...],
    texts: FixedTexts,
    generation: GenerationId | None,
) -> Json:
    """Look-up: notices above, every hit below. ``generation``: which was searched; none if nothing was."""
    return {
        "question": question,
        "notices": [notice_json(notice, texts) for notice in notices],
        "hits": [{"rank": hit.rank, "score": round(hit.score, 4), **passage_json(hit.passage)} for hit in hits],
        "index": {"generation": generation},
    }


def index_report_json(report: IndexReport) -> Json:
    """What became of every file."""
    return {
        "generation": report.generation,
        "unchanged": report.unchanged,
        "counts": {end: report.count(end) for end in FileEnd},
        "files": [
            {
                "file": each.file,
                "end": each.end,
                "reasons": list(each.reasons),
                "passages": each.passages,
                "marked_share": each.marked_share,
                "embedded": each.embedded,
            }
            for each in report.files
        ],
    }


def passage_json(passage: Passage) -> Json:
    span = passage.span
    return {
        **place_json(passage),
        "text": passage_text(passage),
        "spans": [[sentence.start, sentence.end] for sentence in passage.sentences],
        "pages": list(span.pages) if span.pages else None,
        "reference": passage.reference,
        **source_json(passage.document.source),
    }


def passage_text(passage: Passage) -> str:
    """Its sentences with what stands between them, less what is marked."""
    text = passage.sentences[0].text
    for before, after in zip(passage.sentences, passage.sentences[1:], strict=False):
        between = passage.document.text[before.end : after.start]
        text += (GAP if between.strip() else between) + after.text
    return text


def source_json(source: Source) -> Json:
    return {
        "source_kind": source.kind,
        "words": source.words,
        "based_on": source.based_on,
        "commercial_interest": {Interest.SELLS: True, Interest.NONE: False}.get(source.interest, "unknown"),
        "publisher": source.publisher,
        "published": source.published.isoformat() if source.published else None,
        "url": source.url,
    }


def _red_flag(answer: Answer, texts: FixedTexts) -> Json | None:
    notice = answer.red_flag
    if notice is None or notice.flag is None:
        return None
    flag = notice.flag
    return {
        "level": flag.level,
        "kind": flag.kind,
        "rule": flag.rule,
        "text_id": notice.text,
        "text": texts[notice.text].text,
    }


def _quote(number: int, quote: Quote, today: date) -> Json:
    first, last = quote.spans[0], quote.spans[-1]
    document = quote.document
    context = Span(document, min(quote.passage.span.start, first.start), max(quote.passage.span.end, last.end))
    pages = Span(document, first.start, last.end).pages
    return {
        "number": number,
        "text": quote_text(quote.spans),
        "document": document.id,
        "passage": quote.passage.id,
        "spans": [[span.start, span.end] for span in quote.spans],
        "best": [quote.best.start, quote.best.end],
        "context_span": [context.start, context.end],
        "title": document.title,
        "section": labels.section(document, quote.best.start),
        "pages": list(pages) if pages else None,
        **source_json(document.source),
        "source_cites": list(document.source.cites),
        "review_overdue": labels.overdue(document.source, today),
        "strength": quote.strength,
        "score": quote.score,
    }


def _interpretation(read_as: Interpretation | None) -> Json | None:
    if read_as is None:
        return None
    return {
        "move": read_as.move,
        "text": read_as.text,
        "parts": [{"turn": part.turn.index, "start": part.start, "end": part.end} for part in read_as.parts],
        "replaced": [{"from": each.written.text, "to": each.words} for each in read_as.replaced],
    }
