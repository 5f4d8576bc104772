"""What a terminal shows: quotes as they are, inert, and no other words about health but fixed texts."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from builders import build_document
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from b12assistant.answers import (
    Answer,
    Flag,
    FlagKind,
    Interpretation,
    Level,
    Notice,
    NoticeKind,
    Quote,
    Reason,
    Reply,
    RuleId,
    Status,
    Strength,
    TextId,
    Timings,
    Turn,
    TurnSlice,
)
from b12assistant.corpus.sources import SourcesFile
from b12assistant.display import terminal
from b12assistant.display.presentation import Setting, present, present_notices
from b12assistant.display.quoted import Quoted
from b12assistant.safety.fixed_texts import load_fixed_texts
from b12assistant.types import (
    Document,
    DocumentId,
    FileEnd,
    FileReport,
    GenerationId,
    Hit,
    IndexReport,
    Interest,
    Passage,
    PassageId,
    Source,
    SourceKind,
)

TEXTS = load_fixed_texts()
TODAY = date(2026, 11, 20)
NOTICES = (Notice(NoticeKind.GENERAL, TextId("general")),)
URGENT = Notice(NoticeKind.RED_FLAG, TextId("urgent"), Flag(Level.URGENT, FlagKind.MEDICAL, RuleId("r")))
SOURCE = Source(title="Quince", kind=SourceKind.VENDOR, interest=Interest.SELLS)
TEXT = "Zebra quagga. Okapi tapir."


def quoted(text: str = TEXT, source: Source = SOURCE, title: str = "Quince", file: str = "q.txt") -> Quote:
    document = Document(DocumentId(file), "digest", title, text, source)
    whole = document.span(0, len(text))
    best = document.span(text.index("Okapi"), len(text)) if "Okapi" in text else whole
    return Quote((whole,), best, Passage(PassageId("p"), (whole,)), Strength.STRONG, 0.5)


def printed(answer: Answer, *, colour: bool = False, changed: frozenset[str] = frozenset()) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=92,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=colour,
        color_system="standard" if colour else None,
    )
    reply = Reply(answer, Timings(1, 1), None, frozenset(map(DocumentId, changed)))
    terminal.answer(present(reply, Setting(TEXTS, TODAY)), console)
    return out.getvalue()


def answered(*quotes: Quote, notices: tuple[Notice, ...] = NOTICES) -> Answer:
    return Answer(Turn(0, "zebra?"), Status.ANSWERED, None, quotes, notices)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


STEERING = st.sampled_from(
    [*map(chr, range(0x20)), "\x7f", "\x9b", "\u202e", "\u2066", "\u2028", "\ud800", "\U000e0041"]
)


@given(st.text(st.one_of(st.characters(), STEERING), max_size=60))
def test_nothing_steers_the_terminal_after_inert(text: str) -> None:
    shown = terminal.inert(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    shown.encode("utf-8")


HOSTILE = "\x1b]0;owned\x07 \u202eevil\u202c [bold]x[/bold] :smile:"


def test_hostile_text_of_a_source_is_shown_inert() -> None:
    shown = printed(answered(quoted(f"Zebra {HOSTILE}.", title=f"Quince {HOSTILE}")))
    assert not re.search(r"[\x1b\x07\u202e\u202c]", shown)
    assert "[bold]x[/bold] :smile:" in shown


def test_hostile_words_of_the_user_are_shown_inert() -> None:
    turn = Turn(0, HOSTILE)
    read_as = Interpretation((TurnSlice(turn, 0, len(HOSTILE)),))
    shown = printed(Answer(turn, Status.ANSWERED, None, (quoted(),), NOTICES, interpretation=read_as))
    assert "Showing results for: " in shown
    assert not re.search(r"[\x1b\x07\u202e\u202c]", shown)


def test_a_red_flag_is_above_and_the_general_notice_below() -> None:
    shown = printed(answered(quoted(), notices=(URGENT, *NOTICES)))
    places = [shown.index(start) for start in ("See a doctor", "Zebra", "This is information")]
    assert places == sorted(places)


def test_a_refusal_shows_the_nearest_places_and_none_of_their_words() -> None:
    answer = Answer(Turn(0, "zebra?"), Status.NO_ANSWER, Reason.NOTHING_CLOSE, (), NOTICES, nearest=(quoted().passage,))
    shown = printed(answer)
    assert "Quince" in shown
    assert "Zebra" not in shown


LABELS = set(
    words(
        "Showing results for: More about: Sources for: We also looked for: "
        "We have no answer to this. Our documents say nothing more don't cover. "
        "This may not fully answer you. Only companies that sell what they recommend write about this. "
        "We could not search our documents this time, so there are no quotes. Please ask again. "
        "What would you like to know? Type a question, and we will look for an answer. These pages may help: "
        "Try asking another way. its review is overdue the file has changed "
        "since it was indexed seller's page, its own words sells what it recommends we don't know if "
        "of unknown kind 1 2 q.txt p"
    )
)


@pytest.mark.parametrize("reason", [None, *Reason])
def test_only_words_of_sources_turns_fixed_texts_and_labels_are_printed(reason: Reason | None) -> None:
    status = Status.ANSWERED if reason is None else Status.POSSIBLY
    turn = Turn(0, "wombat?")
    notices = tuple(Notice(NoticeKind.SCOPE, name) for name in TEXTS)
    read_as = Interpretation((TurnSlice(turn, 0, 7),))
    quotes = (quoted(), quoted(source=Source(review_by=date(2020, 1, 1))))
    answer = Answer(turn, status, reason, quotes, notices, nearest=(quotes[0].passage,), interpretation=read_as)
    known = {*words(TEXT), *words(turn.text), "Quince", *LABELS}
    known |= {word for text in TEXTS.values() for word in words(text.text)}
    assert set(words(printed(answer, changed=frozenset({"q.txt"})))) <= known


def plain() -> tuple[io.StringIO, Console]:
    out = io.StringIO()
    return out, Console(file=out, width=92, highlight=False, markup=False, emoji=False)


def test_a_report_ends_with_the_sources_to_describe() -> None:
    says = "1 document does not say who speaks or whether they sell (0.pdf), so it counts as"
    files = tuple(FileReport(f"{i}.pdf", FileEnd.INDEXED, described=False) for i in range(1))
    out, console = plain()
    described = FileReport("a.md", FileEnd.INDEXED)
    terminal.index_report(IndexReport(GenerationId("0123456789abcdef"), (described, *files), False), console)
    text, _, entry = out.getvalue().partition("\n\n")
    assert says in " ".join(text.split())
    assert "what is true of all files stands there once, under [defaults]:" in " ".join(text.split())
    assert [*SourcesFile(entry).facts] == ["0.pdf"]


def test_an_entry_to_paste_holds_any_file_name() -> None:
    out, console = plain()
    name = 'a "quoted" \\ naïve.pdf'
    file = FileReport(name, FileEnd.INDEXED, described=False)
    terminal.index_report(IndexReport(GenerationId("0123456789abcdef"), (file,)), console)
    assert [*SourcesFile(out.getvalue().partition("\n\n")[2]).facts] == [name]


def test_a_citation_says_who_speaks_and_that_they_sell() -> None:
    shown = " ".join(printed(answered(quoted())).split())
    assert "— Quince seller's page, its own words sells what it recommends" in shown


def test_look_up_shows_every_hit_under_the_notices() -> None:
    out, console = plain()
    passage = quoted(f"Zebra {HOSTILE}.").passage
    quote = Quoted.of_passage(passage, TODAY)
    found = [(Hit(passage, 1.0, 1), quote), (Hit(passage, 0.5, 2), quote)]
    terminal.hits(present_notices((URGENT,), TEXTS), found, console)
    shown = out.getvalue()
    assert shown.index("See a doctor") < shown.index("1. Quince") < shown.index("2. Quince")
    assert shown.count("Zebra") == 2
    assert "\x1b" not in shown


def test_a_document_is_shown_whole_with_what_is_never_quoted() -> None:
    out, console = plain()
    document = build_document("Zebra is striped.\n\nSee these links:\n\nOkapi is not.\n", file="a.txt")
    whole = Quoted((document.span(0, len(document.text)),), TODAY)
    terminal.document(document, whole, console)
    assert words(document.text) == words(out.getvalue())[: len(words(document.text))]


def test_the_report_of_an_index_adds_up_and_names_what_was_left_out() -> None:
    files = (
        FileReport("a.md", FileEnd.INDEXED, passages=2, embedded=True),
        FileReport("b\x1b.md", FileEnd.LEFT_OUT, ("empty file",)),
        FileReport("c.md", FileEnd.WARNINGS, ("two titles",), passages=1),
    )
    out, console = plain()
    terminal.index_report(IndexReport(GenerationId("0123456789abcdef"), files), console)
    shown = out.getvalue()
    assert "3 files: 1 indexed, 1 indexed with warnings, 1 left out." in shown
    assert "left out: b␛.md: empty file" in shown
    assert "3 passages; 1 document embedded" in shown
    assert "sources.toml" not in shown


def test_a_gap_is_shown() -> None:
    document = Document(DocumentId("q.txt"), "digest", "Quince", "Zebra quagga. Dodo. Okapi tapir.")
    zebra, okapi = document.span(0, 13), document.span(20, 32)
    quote = Quote((zebra, okapi), okapi, Passage(PassageId("p"), (zebra, okapi)), Strength.STRONG, 0.5)
    assert "Zebra quagga. […] Okapi tapir." in printed(answered(quote))
