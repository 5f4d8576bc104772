"""Every output shows each note of a quote, and what sources differ on."""

import asyncio
import html
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from builders import build_document
from fakes import FakeWorkspace
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client
from mcp.types import TextContent
from rich.console import Console
from serving import small_space

from b12assistant.answers import (
    Answer,
    Disagreement,
    FixedTexts,
    Flag,
    FlagKind,
    Interpretation,
    Level,
    Move,
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
    Topic,
    TopicId,
    Turn,
    TurnSlice,
)
from b12assistant.command.mcp_server import build_server
from b12assistant.display import terminal
from b12assistant.display.addresses import of_spans
from b12assistant.display.labels import label
from b12assistant.display.presentation import present, present_notices, turn_html
from b12assistant.display.quoted import Quoted, cite
from b12assistant.safety.fixed_texts import LABEL, all_texts
from b12assistant.types import (
    Document,
    DocumentId,
    FileEnd,
    FileReport,
    GenerationId,
    IndexReport,
    Interest,
    Mark,
    MarkKind,
    Passage,
    PassageId,
    Range,
    Source,
    SourceKind,
    Words,
)

TEXTS = {name: text for name, text in all_texts().items() if "." not in name}  # in English
GENERATION = GenerationId("gen")
TOPIC = Topic("How much is enough?")
GENERAL = Notice(NoticeKind.GENERAL, TextId("general"))
ID = DocumentId("a.md")
OTHER = DocumentId("b.md")


def quote_of(
    source: Source, strength: Strength = Strength.STRONG, text: str = "Zebra quagga.", id_: DocumentId = ID
) -> Quote:
    span = Document(id_, "digest", "Quince", text, source).span(0, len(text))
    return Quote((span,), span, Passage(PassageId("p1"), (span,)), strength, 0.5)


SIDES = (quote_of(Source()), quote_of(Source(), text="Okapi tapir.", id_=OTHER))


def reply_of(*quotes: Quote, differ: bool = False, **facts: Any) -> Reply:
    disagreements = (Disagreement(TopicId("dose"), TOPIC, SIDES),) if differ else ()
    answer = Answer(Turn(0, "zebra?"), Status.ANSWERED, None, quotes, (GENERAL,), disagreements)
    return Reply(answer, Timings(1, 1), GENERATION, **facts)


NOTES: Mapping[str, tuple[Reply, str]] = {
    "seller": (reply_of(quote_of(Source(interest=Interest.SELLS))), "sells what it recommends"),
    "unknown interest": (
        reply_of(quote_of(Source(interest=Interest.UNKNOWN))),
        "we don't know if they sell what they recommend",
    ),
    "own words": (reply_of(quote_of(Source(kind=SourceKind.BLOG))), "blog, its own words"),
    "our summary": (
        reply_of(quote_of(Source(kind=SourceKind.REVIEW, words=Words.PROJECT_SUMMARY))),
        "written by us (review article), not the source's own words",
    ),
    "our summary of a seller": (
        reply_of(quote_of(Source(words=Words.PROJECT_SUMMARY, interest=Interest.SELLS))),
        "written by us from a company's page, not the company's own words",
    ),
    "overdue": (reply_of(quote_of(Source(review_by=date(2020, 1, 1)))), "its review is overdue"),
    "changed": (
        reply_of(quote_of(Source()), source_changed=frozenset({ID})),
        "the file has changed since it was indexed",
    ),
    "superseded": (reply_of(quote_of(Source(superseded_by="b.md"))), "superseded by b.md"),
    "withdrawn": (reply_of(quote_of(Source(withdrawn=True))), "this source was withdrawn"),
    "publisher": (reply_of(quote_of(Source(publisher="A Press"))), "A Press"),
    "published": (reply_of(quote_of(Source(published=date(2024, 5, 3)))), "3 May 2024"),
}


class OneReply(FakeWorkspace):
    """A workspace that gives one reply to everything."""

    given: Reply

    def ask(self, *_: Any, **__: Any) -> Reply:
        return self.given

    @property
    def texts(self) -> FixedTexts:
        return TEXTS


@pytest.fixture(scope="module")
def gives(tmp_path_factory: pytest.TempPathFactory) -> OneReply:
    return OneReply(small_space(tmp_path_factory.mktemp("presentation")).configuration)


def page(reply: Reply, _: OneReply) -> str:
    return turn_html(1, reply, TEXTS)


def on_terminal(reply: Reply, _: OneReply) -> str:
    out = io.StringIO()
    terminal.answer(present(reply, TEXTS), Console(file=out, width=92, highlight=False, markup=False, emoji=False))
    return out.getvalue()


def over_mcp(reply: Reply, gives: OneReply) -> str:
    object.__setattr__(gives, "given", reply)

    async def called() -> list[str]:
        async with Client(build_server(gives)) as client:
            result = await client.call_tool("ask", {"question": "zebra?"})
            return [block.text for block in result.content if isinstance(block, TextContent)]

    return "\n".join(asyncio.run(called()))


def copied(reply: Reply, _: OneReply) -> str:
    return "\n".join(cite(quote) for quote in present(reply, TEXTS).quotes)


ANSWERS: Mapping[str, Callable[[Reply, OneReply], str]] = {"page": page, "terminal": on_terminal, "MCP": over_mcp}
QUOTES: Mapping[str, Callable[[Reply, OneReply], str]] = {"copied": copied}


def seen(text: str) -> str:
    """The words of an output, without markup and escapes, in lower case and on one line."""
    words = re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", html.unescape(re.sub("<[^>]*>", "", text)))
    return " ".join(words.split()).casefold()


@pytest.mark.parametrize("output", [*ANSWERS, *QUOTES])
@pytest.mark.parametrize("note", NOTES)
def test_every_note_of_a_quote_is_in_every_output(note: str, output: str, gives: OneReply) -> None:
    reply, words = NOTES[note]
    shown = seen({**ANSWERS, **QUOTES}[output](reply, gives))
    assert words.casefold() in shown


@pytest.mark.parametrize("output", ANSWERS)
def test_what_sources_disagree_on_is_the_heading_of_both_sides_in_every_output(output: str, gives: OneReply) -> None:
    shown = seen(ANSWERS[output](reply_of(quote_of(Source(), text="Lemur loris."), differ=True), gives))
    assert "how much is enough?" in shown
    assert "okapi tapir." in shown
    assert shown.index("lemur loris.") < shown.rindex("how much is enough?")


@pytest.mark.parametrize("output", ["page", "terminal"])
def test_the_words_that_brought_a_safety_text_stand_beside_it(output: str, space: OneReply) -> None:
    letter = Turn(0, "My okapi is well. My feet went numb today. How much is enough?")
    reply = reply_of(quote_of(Source(), text="Lemur loris."))

    def said(level: Level, text: str, start: int, end: int) -> str:
        flag = Flag(level, FlagKind.MEDICAL, RuleId("rule"), certain=False)
        found = Notice(NoticeKind.RED_FLAG, TextId(text), flag, (TurnSlice(letter, start, end),))
        warned = replace(reply.answer, question=letter, notices=(found, GENERAL))
        return seen(ANSWERS[output](replace(reply, answer=warned), space))

    assert "you wrote: “my feet went numb today.”" in said(Level.URGENT, "urgent", 18, 42)
    assert "you wrote: “my feet went numb today.”" in said(Level.EMERGENCY, "emergency_medical", 18, 42)
    assert "you wrote:" not in said(Level.URGENT, "urgent", 0, len(letter.text))


def test_the_heading_of_an_emergency_is_as_sure_as_its_flag() -> None:
    for certain, heading in ((True, "Get help now"), (False, "Check this first")):
        html = shown(replace(ALARM, flag=replace(FLAG, certain=certain)))
        assert (heading in html, "Get help now" in html) == (True, certain)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("thanks", label("remarks.thanks")),
        ("OK, thank you!", label("remarks.thanks")),
        ("Hello", label("remarks.hello")),
        ("good morning all", label("remarks.hello")),
        ("I am tired", label("headlines.nothing_asked")),
    ],
)
def test_thanks_and_greetings_are_returned(text: str, shown: str) -> None:
    remark = Answer(Turn(0, text), Status.NO_ANSWER, Reason.NOTHING_ASKED, (), (GENERAL,))
    assert present(Reply(remark, Timings(1, 1), GENERATION), TEXTS).parts[0].headline == shown


WITH_TRANSLATIONS = all_texts()
FLAG = Flag(Level.EMERGENCY, FlagKind.MEDICAL, RuleId("any"))
ALARM = Notice(NoticeKind.RED_FLAG, TextId("emergency_medical"), FLAG)
TRANSLATED = Notice(NoticeKind.LANGUAGE, TextId("emergency_medical.es"))
OTHER_LANGUAGE = Notice(NoticeKind.LANGUAGE, TextId("language"))


def shown(*notices: Notice) -> str:
    answer = Answer(Turn(0, "zebra?"), Status.SAFETY_ONLY, None, (), notices)
    return turn_html(1, Reply(answer, Timings(1, 1), None), WITH_TRANSLATIONS)


@pytest.mark.parametrize(
    "name", [name for name in WITH_TRANSLATIONS if name.startswith("emergency") and "." not in name]
)
def test_a_line_of_a_red_flag_is_a_paragraph(name: TextId) -> None:
    html = shown(Notice(NoticeKind.RED_FLAG, name, FLAG))
    assert html.count("<p>") == len(WITH_TRANSLATIONS[name].text.splitlines()) > 2


def test_a_translation_is_in_its_alarm_above_the_english() -> None:
    alarm = (
        shown(ALARM, TRANSLATED, OTHER_LANGUAGE)
        .partition('role="alert" tabindex="-1">')[2]
        .partition("</div></div>")[0]
    )
    translation, _, english = alarm.partition('<div class="translation">')[2].partition("</div>")
    assert len(re.findall("<p>", english.partition("</div>")[0])) == len(
        WITH_TRANSLATIONS[ALARM.text].text.splitlines()
    )
    assert translation.startswith('<h3 class="kicker" lang="es" dir="auto">Busque ayuda ahora</h3>')
    assert '</h3><p lang="es" dir="auto">Llame ' in translation
    assert translation.count("<p>") == 1  # then, in English, that it is unchecked
    assert LABEL.split()[0] in translation


def test_every_notice_is_shown_once() -> None:
    html = shown(ALARM, TRANSLATED, OTHER_LANGUAGE)
    assert (html.count('class="alarm'), html.count('class="translation"'), html.count('class="notice')) == (1, 1, 1)


def test_a_translation_without_its_original_is_shown_all_the_same() -> None:
    assert "Llame" in shown(TRANSLATED)


def test_numbers_of_a_safety_text_can_be_called() -> None:
    html = shown(ALARM, TRANSLATED)
    assert html.count('<a href="tel:999">999</a>') == 2
    assert '<a href="tel:112">112</a>' in html


def test_what_to_do_stands_above_the_quotes_and_why_it_is_said_below(space: FakeWorkspace) -> None:
    drawn = unescape(turn_html(1, space.ask("My feet are numb and getting worse, is that an early sign?"), space.texts))
    *_, reason = space.texts[TextId("urgent")].text.splitlines()
    assert drawn.index("See your GP") < drawn.index("<blockquote>") < drawn.index(reason)
    assert drawn.count(reason) == 1
    refused = unescape(turn_html(1, space.ask("Should I stop my metformin?"), space.texts))
    act, reason = space.texts[TextId("medical_decision")].text.splitlines()
    assert f"<p>{act}</p><p>{reason}</p>" in refused


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
    terminal.answer(present(reply, TEXTS), console)
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


def test_hostile_text_of_a_source_and_of_the_user_is_shown_inert() -> None:
    turn, quotes = Turn(0, HOSTILE), (quoted(f"Zebra {HOSTILE}.", title=f"Quince {HOSTILE}"),)
    read_as = Interpretation(TurnSlice(turn, 0, len(HOSTILE)), move=Move.MORE)
    shown = printed(Answer(turn, Status.ANSWERED, None, quotes, NOTICES, interpretation=read_as))
    assert "More about: " in shown
    assert shown.count("[bold]x[/bold] :smile:") == 3
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


def test_the_address_of_a_near_place_marks_the_sentences_of_its_passage() -> None:
    document = build_document("Zebra is striped. Okapi is not.", file="a.txt")
    zebra, okapi = document.span(0, 17), document.span(18, 31)
    near = Passage(PassageId("p"), (zebra, okapi))
    answer = Answer(Turn(0, "zebra?"), Status.NO_ANSWER, Reason.NOTHING_CLOSE, (), NOTICES, nearest=(near,))
    (part,) = present(Reply(answer, Timings(1, 1), None), TEXTS).parts
    assert [place.link for place in part.nearest] == [of_spans([document.span(0, 31)])]


LABELS = set(
    words(
        "Showing results for: More about: Sources for: We also looked for: We read the spelling as: "
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
    read_as = Interpretation(TurnSlice(turn, 0, 7), move=Move.MORE)
    quotes = (quoted(), quoted(source=Source(review_by=date(2020, 1, 1))))
    answer = Answer(turn, status, reason, quotes, notices, nearest=(quotes[0].passage,), interpretation=read_as)
    known = {*words(TEXT), *words(turn.text), "Quince", *LABELS}
    known |= {word for text in TEXTS.values() for word in words(text.text)}
    assert set(words(printed(answer, changed=frozenset({"q.txt"})))) <= known


def plain() -> tuple[io.StringIO, Console]:
    out = io.StringIO()
    return out, Console(file=out, width=92, highlight=False, markup=False, emoji=False)


def test_a_report_ends_with_the_sources_to_describe() -> None:
    names = ["0\x1b.pdf", "1.pdf", "2.pdf", "3.pdf"]
    files = tuple(FileReport(name, FileEnd.INDEXED, described=False) for name in names)
    out, console = plain()
    described = FileReport("a.md", FileEnd.INDEXED)
    terminal.index_report(IndexReport(GenerationId("0123456789abcdef"), (described, *files), False), console)
    says = (
        "With neither kind nor commercial interest, so treated as a seller's: 4 documents (0␛.pdf, 1.pdf, 2.pdf, ...). "
        "Say it once for all under [defaults] in sources.toml."
    )
    assert " ".join(out.getvalue().split()).endswith(says)


@pytest.mark.parametrize("as_typed", [False, True])
def test_the_link_of_an_answer_asks_in_the_same_way(as_typed: bool) -> None:
    reply = Reply(answered(quoted()), Timings(1, 1), GENERATION, as_typed=as_typed)
    assert present(reply, TEXTS).link == "/#answer=zebra%3F" + "&typed=1" * as_typed


def test_a_citation_says_who_speaks_and_that_they_sell() -> None:
    shown = " ".join(printed(answered(quoted())).split())
    assert "— Quince seller's page, its own words sells what it recommends" in shown


def test_look_up_shows_every_hit_under_the_notices() -> None:
    out, console = plain()
    passage = quoted(f"Zebra {HOSTILE}.").passage
    found = [Quoted.of_passage(passage, number) for number in (1, 2)]
    terminal.hits(present_notices((URGENT,), TEXTS), found, console)
    shown = out.getvalue()
    assert shown.index("See a doctor") < shown.index("1. Quince") < shown.index("2. Quince")
    assert shown.count("Zebra") == 2
    assert "\x1b" not in shown


def test_a_document_is_shown_whole_with_what_is_never_quoted() -> None:
    out, console = plain()
    document = build_document("Zebra is striped.\n\nSee these links:\n\nOkapi is not.\n", file="a.txt")
    whole = Quoted((document.span(0, len(document.text)),))
    terminal.document(whole, console)
    assert words(document.text) == words(out.getvalue())[: len(words(document.text))]


def test_what_is_never_quoted_is_struck_through_where_it_stands() -> None:
    out = io.StringIO()
    console = Console(file=out, width=92, highlight=False, force_terminal=True, color_system="standard")
    never = [Range(10, 24), Range(17, 21), Range(36, 39)]  # one inside of another
    marks = tuple(Mark(each, MarkKind.NEVER, "rule") for each in (never[2], never[1], never[0]))
    text = "\x07\x1b Zebra. Okapi | tapir. Lemur loris. Dodo. Emu."
    document = Document(ID, "digest", "Quince", text, marks=marks)
    terminal.document(Quoted((document.span(0, len(text)),)), console)
    first = out.getvalue().splitlines()[0]
    assert first == "␇␛ Zebra. \x1b[9mOkapi · tapir.\x1b[0m Lemur loris\x1b[9m. D\x1b[0modo. Emu."


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
