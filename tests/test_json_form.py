"""The JSON form, key by key: null where there is nothing, words of sources only as slices."""

from __future__ import annotations

from datetime import date
from typing import Any

from builders import build_document

from b12assistant.answers import (
    Answer,
    Disagreement,
    Flag,
    FlagKind,
    Interpretation,
    Level,
    Notice,
    NoticeKind,
    Quote,
    Reason,
    Replacement,
    Reply,
    RuleId,
    Status,
    Strength,
    TermId,
    TextId,
    Timings,
    Topic,
    TopicId,
    Turn,
    TurnSlice,
)
from b12assistant.display.json_form import passage_json, reply_json
from b12assistant.safety.fixed_texts import load_fixed_texts
from b12assistant.types import (
    Document,
    DocumentId,
    GenerationId,
    Interest,
    Mark,
    MarkKind,
    Passage,
    PassageId,
    Range,
    Section,
    Source,
    SourceKind,
    Words,
)

TEXTS = load_fixed_texts()
TODAY = date(2026, 11, 20)
TEXT = "Nerves\nNerves heal. Buy now! Slowly though. They need B12."
SOURCE = Source(
    kind=SourceKind.REVIEW,
    words=Words.PROJECT_SUMMARY,
    based_on="https://example.org/page",
    interest=Interest.NONE,
    publisher="Example",
    url="https://example.org",
    published=date(2020, 2, 3),
    review_by=date(2026, 11, 19),
    cites=("10.1/a", "10.1/b"),
)
START = TEXT.index("Buy")


def document(source: Source = SOURCE) -> Document:
    return Document(
        DocumentId("guides/nerves.pdf"),
        "digest",
        "Nerve guide",
        TEXT,
        source,
        page_starts=(0, START),
        sections=(Section(Range(0, 6), 1, 0, len(TEXT)),),
        marks=(Mark(Range(START, START + 8), MarkKind.NEVER, "advert"),),
    )


def quote(source: Source = SOURCE) -> Quote:
    of = document(source)
    heal, slowly, need = (
        of.span(TEXT.index(words), TEXT.index(words) + len(words))
        for words in ("Nerves heal.", "Slowly though.", "They need B12.")
    )
    passage = Passage(PassageId("p1"), (heal, slowly, need))
    return Quote((heal, slowly), slowly, passage, Strength.STRONG, 0.75)


TURN = Turn(1, "do they heal?")
FLAG = Flag(Level.URGENT, FlagKind.MEDICAL, RuleId("walking"))
EVIDENCE = (TurnSlice(TURN, 8, 12), TurnSlice(Turn(0, "my nerves"), 3, 9))
GENERAL = Notice(NoticeKind.GENERAL, TextId("general"))
URGENT = Notice(NoticeKind.RED_FLAG, TextId("urgent"), FLAG, EVIDENCE)
NOTHING = Answer(TURN, Status.NO_ANSWER, Reason.NOTHING_CLOSE, (), ())


def rendered(answer: Answer, changed: frozenset[str] = frozenset()) -> dict[str, Any]:
    reply = Reply(answer, Timings(triage=1, total=2), None, frozenset(map(DocumentId, changed)))
    found: dict[str, Any] = reply_json(reply, TEXTS, today=TODAY)["answer"]
    return found


def rendered_quote(source: Source = SOURCE, **parts: Any) -> dict[str, Any]:
    (found,) = rendered(Answer(TURN, Status.ANSWERED, None, (quote(source),), ()), **parts)["quotes"]
    return dict(found)


def test_a_quote_has_every_key() -> None:
    assert rendered_quote() == {
        "number": 1,
        "text": "Nerves heal. […] Slowly though.",
        "document": "guides/nerves.pdf",
        "passage": "p1",
        "spans": [[7, 19], [29, 43]],
        "best": [29, 43],
        "context_span": [7, 58],
        "title": "Nerve guide",
        "section": ["Nerves"],
        "pages": [1, 2],
        "sentences": [{"span": [7, 19], "origins": []}, {"span": [29, 43], "origins": []}],
        "source_kind": "review",
        "words": "project_summary",
        "based_on": "https://example.org/page",
        "commercial_interest": False,
        "publisher": "Example",
        "published": "2020-02-03",
        "url": "https://example.org",
        "origins": [],
        "source_cites": ["10.1/a", "10.1/b"],
        "review_overdue": True,
        "source_changed": False,
        "strength": "strong",
        "score": 0.75,
    }


def test_notices_come_in_order_with_rule_and_evidence() -> None:
    answer = Answer(TURN, Status.ANSWERED, None, (), (URGENT, GENERAL))
    urgent, general = rendered(answer)["notices"]
    assert urgent == {
        "kind": "red_flag",
        "text_id": "urgent",
        "version": TEXTS[TextId("urgent")].version,
        "text": TEXTS[TextId("urgent")].text,
        "rule": "walking",
        "evidence": [{"turn": 1, "start": 8, "end": 12}, {"turn": 0, "start": 3, "end": 9}],
    }
    assert (general["text_id"], general["rule"], general["evidence"]) == ("general", None, [])


def test_nearest_places_hold_no_words() -> None:
    answer = Answer(TURN, Status.NO_ANSWER, Reason.NOTHING_CLOSE, (), (), nearest=(quote().passage,))
    assert rendered(answer)["nearest"] == [
        {"document": "guides/nerves.pdf", "passage": "p1", "title": "Nerve guide", "section": ["Nerves"]}
    ]


def test_the_sides_of_a_disagreement_are_whole_quotes_with_the_next_numbers() -> None:
    words = build_document("Nerves do not heal.", file="other.md").span(0, 19)
    other = Quote((words,), words, Passage(PassageId("p2"), (words,)), Strength.STRONG, 0.5)
    differ = Disagreement(TopicId("dose"), Topic("How much?"), (quote(), other))
    answer = Answer(TURN, Status.ANSWERED, None, (quote(),), (), disagreements=(differ,))
    (shown,) = rendered(answer)["disagreements"]
    assert (shown["topic_id"], shown["topic"], shown["how"]) == ("dose", "How much?", "curated")
    assert [side["number"] for side in shown["sides"]] == [2, 3]
    assert shown["sides"][0] == {**rendered_quote(), "number": 2}
    assert shown["sides"][1]["document"] == "other.md"


def test_what_was_searched_is_slices_of_turns() -> None:
    before = Turn(0, "nerves")
    read_as = Interpretation(
        (TurnSlice(before, 0, 6), TurnSlice(TURN, 8, 12)), (Replacement(TurnSlice(TURN, 3, 7), TermId("nerves")),)
    )
    assert rendered(Answer(TURN, Status.ANSWERED, None, (), (), interpretation=read_as))["interpretation"] == {
        "move": "asks",
        "text": "nerves heal",
        "parts": [
            {"turn": 0, "start": 0, "end": 6, "text": "nerves"},
            {"turn": 1, "start": 8, "end": 12, "text": "heal"},
        ],
        "replaced": [{"from": "they", "to": "nerves"}],
    }


def test_a_reply_has_timings_and_the_generation() -> None:
    reply = Reply(NOTHING, Timings(triage=1.5, total=9.0, encode=2.0), GenerationId("abc"))
    shown = reply_json(reply, TEXTS, today=TODAY)
    assert shown["answer"] == rendered(NOTHING)
    assert shown["timings_ms"] == {"triage": 1.5, "encode": 2.0, "search": None, "quote": None, "total": 9.0}
    assert shown["index"] == {"generation": "abc"}


def test_a_passage_shows_its_sentences_and_what_was_left_out() -> None:
    shown = passage_json(quote().passage)
    assert shown["text"] == "Nerves heal. […] Slowly though. They need B12."
    assert shown["spans"] == [[7, 19], [29, 43], [44, 58]]
    assert (shown["pages"], shown["reference"], shown["commercial_interest"]) == ([1, 2], False, False)
