"""The JSON form, key by key: null where there is nothing, words of sources only as slices."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import build_document, build_passages
from corpora import summaries
from fakes import FakeWorkspace
from hypothesis import given
from hypothesis import strategies as st
from serving import JSON, page_of, small_space
from starlette.testclient import TestClient

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
from b12assistant.corpus.publishers import PublisherKind, standing
from b12assistant.display import addresses, labels
from b12assistant.display.addresses import of_spans
from b12assistant.display.json_form import passage_json, reply_json
from b12assistant.display.markup import dotted
from b12assistant.display.quoted import Basis, Quoted, cite, joined
from b12assistant.display.source_page import read_address
from b12assistant.safety.fixed_texts import all_texts
from b12assistant.types import (
    Document,
    DocumentId,
    Extent,
    Interest,
    Mark,
    MarkKind,
    Origin,
    OriginId,
    Passage,
    PassageId,
    Range,
    Section,
    Source,
    SourceKind,
    SourceWeight,
    Words,
)

TEXTS = all_texts()
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
    found: dict[str, Any] = reply_json(reply, TEXTS)["answer"]
    return found


def rendered_quote(source: Source = SOURCE, **parts: Any) -> dict[str, Any]:
    (found,) = rendered(Answer(TURN, Status.ANSWERED, None, (quote(source),), ()), **parts)["quotes"]
    return dict(found)


def test_a_quote_has_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "local_today", lambda: TODAY)
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
        TurnSlice(TURN, 8, 12), (TurnSlice(before, 0, 6),), (Replacement(TurnSlice(TURN, 3, 7), TermId("nerves")),)
    )
    assert rendered(Answer(TURN, Status.ANSWERED, None, (), (), interpretation=read_as))["interpretation"] == {
        "move": "asks",
        "text": "heal",
        "parts": [
            {"turn": 0, "start": 0, "end": 6, "text": "nerves"},
            {"turn": 1, "start": 8, "end": 12, "text": "heal"},
        ],
        "replaced": [{"from": "they", "to": "nerves", "slip": False}],
        "others": [],
    }


def test_a_passage_shows_its_sentences_and_what_was_left_out() -> None:
    shown = passage_json(quote().passage)
    assert shown["text"] == "Nerves heal. […] Slowly though. They need B12."
    assert shown["spans"] == [[7, 19], [29, 43], [44, 58]]
    assert (shown["pages"], shown["reference"], shown["commercial_interest"]) == ([1, 2], False, False)


CORPUS = {
    "nerves.md": "# Nerves\n\nMyelin wraps every nerve. *Numb* feet are &lt;early&gt;.\n\n> A quote in it.\n",
    "shop.md": "---\ntitle: Drips\nkind: vendor\nwords: original\ncommercial_interest: true\n"
    "review_by: 2020-01-01\n---\n\n"
    "# Drips\n\nOur golden drip warms cold feet.\n",
}
ASKED = "Which wraps: <myelin>?"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("saving"), CORPUS | summaries())


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return page_of(space)


@pytest.mark.parametrize(("start", "end"), [(15, 33), (8, 20), (8, 34), (0, 33)])
def test_a_part_of_a_sentence_is_never_read(start: int, end: int, space: FakeWorkspace) -> None:
    """A "not" before it may be cut off, and the message would be ours."""
    assert read_address(of_spans([space.document("nerves.md").document.span(start, end)]), space.entries) is None


TRAP = "<img src=x onerror=1> *Feet*\n[link](x)"


def address(space: FakeWorkspace, name: str) -> str:
    """The address of the last passage of a document, with its last sentence marked."""
    passages = space.document(name).passages
    return of_spans(joined(passages[-1]), passages[-1].sentences[-1])


def replied(client: TestClient, *addresses: str) -> str:
    answer = client.post("/reply", json={"parts": [{"question": ASKED, "addresses": list(addresses)}]})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["text"])


def test_a_reply_has_the_question_numbers_a_list_of_sources_and_ends_with_the_disclaimer(
    client: TestClient, space: FakeWorkspace
) -> None:
    lost = "/d/nerves.md?at=0-5&is=0123456789abcdef#hit"
    told = replied(client, address(space, "sheath.md"), lost, address(space, "shop.md"), "javascript:alert(1)")
    assert len(re.findall("“.+?”", told, re.DOTALL)) == 1, "only other people's own words"
    assert "Sells what it recommends" in told
    assert "127.0.0.1" not in told, "nobody else can open it"
    assert "/d/" not in told
    assert f"\n\n{ASKED}\n\n" in told, "the question is the heading"
    assert "Our summaries, not the sources' own words." in told
    assert told.startswith("Hello,\n\n")
    assert told.endswith(space.texts["general"].text)  # type: ignore[index]
    assert space.texts["only_sellers"].text not in told  # type: ignore[index]
    assert space.texts["only_sellers"].text in replied(client, address(space, "shop.md"))  # type: ignore[index]
    basis = space.document("sheath.md").document.attributions[-1].origin
    assert re.search(rf"^\[\d\] {re.escape(basis.publisher)}.*{re.escape(basis.url)}$", told, re.M)


def test_a_reply_ends_with_the_signature_as_it_is_written(tmp_path: Path) -> None:
    space = small_space(tmp_path, CORPUS)
    settings = space.configuration.settings
    signed = replace(settings, page=replace(settings.page, run_by="nobody", signature=TRAP))
    other = replace(space, configuration=replace(space.configuration, settings=signed))
    told = replied(page_of(other), address(space, "nerves.md"))
    assert told.endswith(f"Kind regards\n\n{TRAP}")


def test_too_many_addresses_and_no_json_are_refused(client: TestClient) -> None:
    assert client.post("/reply", json={"parts": [{"question": "", "addresses": ["x"] * 21}]}).status_code == 422
    assert client.post("/reply", content=b"[", headers=JSON).status_code == 400


BASE = "http://127.0.0.1:7860"
CITED_SOURCE = Source(
    title="Nerves & sheaths",
    kind=SourceKind.PATIENT_GUIDE,
    interest=Interest.SELLS,
    publisher="A {Press}",
    url="https://example.org/a b?x=1%20",
    published=date(2024, 5, 3),
)
CITED = "# Nerves\n\n## Sheath\n\nMyelin wraps 100% of every nerve. It is fat.\n\nNumb feet are a sign.\n"


@pytest.fixture
def cited() -> Quoted:
    document = replace(build_document(CITED, file="guides/nerves one.md", source=CITED_SOURCE), page_starts=(0, 40))
    passage = build_passages(document)[0]
    first, last = passage.sentences[0], passage.sentences[-1]
    return Quoted((first, last), last, passage.id, base=BASE)


def of_text(text: str) -> Quoted:
    return Quoted((Document(DocumentId("a.txt"), "", "A", text).span(0, len(text)),), base=BASE)


def test_plain_text_gives_the_words_their_place_who_speaks_and_the_link(cited: Quoted) -> None:
    words, _, about = cite(cited).partition("\n\n— ")
    assert words == f"“{' […] '.join(span.text for span in cited.spans)}”"
    told, link = about.split("\n")
    assert told == (
        "Nerves & sheaths › Nerves › Sheath, pages 1–2. Patient guide, its own words. A {Press}. 3 May 2024. "
        "Sells what it recommends. https://example.org/a%20b?x=1%20"
    )
    assert link == BASE + addresses.of_spans(cited.spans, cited.best)


def test_an_address_that_is_not_a_web_address_is_left_out(cited: Quoted) -> None:
    for url in ("javascript:alert(1)", "//x", "http://[", "", None):
        document = replace(cited.document, source=replace(CITED_SOURCE, url=url))
        other = replace(cited, spans=(document.span(0, 5),), best=None)
        told = cite(other)
        assert not url or url not in told


TABLE = "What you may feel | Where\nTingling | Hands\n\nThen:\n- rest\n- eat"


def test_a_table_and_a_list_are_copied_without_pipes_and_dashes() -> None:
    said = cite(of_text(TABLE))
    assert said.startswith("“What you may feel · Where\nTingling · Hands\n\nThen:\n• rest\n• eat”\n\n— ")


@given(st.lists(st.sampled_from(["a", " | ", "- ", "\n", "é", "\u200b", "b.", "<"]), max_size=12))
def test_no_character_of_a_table_or_a_list_is_lost(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert re.findall(r"[aéb.<]", dotted(text)) == re.findall(r"[aéb.<]", text)
    assert len(dotted(text)) == len(text)
    assert " | " not in dotted(text)


def basis(publisher: str, kind: SourceKind, published: str = "unknown") -> Basis:
    origin = Origin(
        OriginId(publisher),
        "A title",
        publisher,
        kind,
        country="GB",
        published=published,
        read_on=date(2026, 11, 20),
        read=Extent.WHOLE,
        url="https://example.org/",
        terms="as printed",
        part_read="all",
        weight=SourceWeight.STUDY,
    )
    return Basis(origin, "a place")


@pytest.mark.parametrize(
    ("publisher", "kind", "expected"),
    [
        ("NICE", SourceKind.GUIDELINE, PublisherKind.GUIDELINE),
        ("NHS", SourceKind.PUBLIC_BODY, PublisherKind.NHS),
        ("NHSX", SourceKind.PATIENT_GUIDE, PublisherKind.PATIENT_GUIDE),
        ("unknown publisher", SourceKind.PATIENT_GUIDE, PublisherKind.ANONYMOUS),
        ("Drip Hydration", SourceKind.VENDOR, PublisherKind.SELLER),
    ],
)
def test_what_a_publication_is_follows_from_publisher_and_kind(
    publisher: str, kind: SourceKind | None, expected: PublisherKind
) -> None:
    assert standing(publisher, kind) is expected


def test_who_sells_is_a_seller_whatever_the_page_is_called() -> None:
    assert standing("NHS", SourceKind.PUBLIC_BODY, Interest.SELLS) is PublisherKind.SELLER


def test_a_publication_in_short_is_its_publisher_and_year() -> None:
    assert basis("NICE", SourceKind.GUIDELINE, "2024-03-06").short == "NICE 2024"
    assert basis("unknown publisher", SourceKind.PATIENT_GUIDE).short == "Website, author not named"
