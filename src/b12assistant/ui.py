"""The page: a conversation on Gradio. It decides nothing; the user's own turns alone determine every answer.

What a turn shows is made once, by pure functions, and kept in the session; the session is in memory only.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when it is imported: otherwise it calls home

import gradio as gr

from b12assistant import answer_html, welcome_html
from b12assistant.answers import Status, TextId
from b12assistant.api import local_today
from b12assistant.assistant import MOST_CHARACTERS
from b12assistant.errors import AssistantError
from b12assistant.labels import Labels, load_labels
from b12assistant.live import Live
from b12assistant.markup import exact
from b12assistant.page_theme import theme
from b12assistant.page_words import PageWords, load_page_words
from b12assistant.warmup import Warmup

CONTROLS = (TextId("not_happening"), TextId("looking_up"))
SURFACES = ("lookup", "library", "evaluate")  # empty here: a script of our own fills each when its tab is opened
SESSIONS = 500  # held in memory; the oldest is forgotten first
_LOG = logging.getLogger("b12assistant.page")
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn as the page shows it; ``held``: it is a safety text alone, which has its controls."""

    number: int
    question: str
    html: str
    held: str | None  # of an emergency: what follows its controls
    read_as: str | None = None  # what was searched, where that is not simply the question
    suggested: tuple[str, ...] = ()  # questions to go on with


@dataclass(frozen=True, slots=True)
class Conversation:
    """``count`` goes on when a new conversation begins, so that no number of a turn is given twice on a page."""

    turns: tuple[Shown, ...] = ()
    count: int = 0

    def with_answer(self, space: Live, question: str, *, as_typed: bool = False) -> Conversation:
        """One turn more. Raises what the workspace raises; then nothing is remembered."""
        reply = space.ask(question, [turn.question for turn in self.turns], as_typed=as_typed)
        setting = answer_html.Setting(space.texts, local_today(), said_in(space))
        number = self.count + 1
        html = answer_html.turn_html(number, reply, setting, as_typed=as_typed)
        stopped = reply.answer.status is Status.SAFETY_ONLY
        held = answer_html.general_html(reply.answer, space.texts) if stopped else None
        read_as = reply.answer.interpretation
        asked = [*(turn.question for turn in self.turns), question]
        suggested = () if stopped else space().suggested(asked)
        shown = Shown(number, question, html, held, read_as.text if read_as else None, suggested)
        return Conversation((*self.turns, shown), number)

    def anew(self) -> Conversation:
        return replace(self, turns=())


def ask(space: Live, typed: str | None, talk: Conversation, *, as_typed: bool = False) -> tuple[Any, Conversation, str]:
    """What is typed, answered: what the box then holds, the conversation, and a note if something is wrong."""
    question = typed or ""
    try:
        said = talk.with_answer(space, question, as_typed=as_typed)
    except AssistantError as error:
        return question, talk, welcome_html.note(str(error))
    except Exception as error:  # noqa: BLE001 - whatever broke, the reader is told, and nothing of the inside
        _LOG.error("a question was not answered: %s", type(error).__name__)
        return question, talk, welcome_html.note(said_in(space)("ask.broken"))
    return "", said, ""


def readiness(space: Live, warmup: Warmup) -> Iterator[str]:
    """How far the encoder is; the page is there before it."""
    said = said_in(space)
    if not warmup.ended:
        yield welcome_html.state(said("ask.loading"), "loading")
    problem = warmup.problem()
    if problem:
        yield welcome_html.state(said("ask.failed", problem=problem), "failed")
    else:
        found = space().opened.collection
        yield welcome_html.ready(len(found.documents), len(found.passages), found.generation, said)


def said_in(space: Live) -> Labels:
    """The page's own words in the language it is set to."""
    return load_labels(space.configuration.settings.page.language)


def build(space: Live, warmup: Warmup) -> gr.Blocks:
    """The page over a workspace: a tab to ask in, and one for each surface that a script fills."""
    said = said_in(space)
    words = space().page_words or load_page_words(said.language)
    page: gr.Blocks
    with gr.Blocks(title=words.name, analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        _text(welcome_html.skip(said), "skip-link")
        with gr.Row(elem_id="top"):
            _text(welcome_html.brand(words, said), "brand")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(said("tabs.ask"), id="ask", elem_id="tab-ask"):
                state = _ask_tab(space, words, said)
            for name in SURFACES:
                with gr.Tab(said(f"tabs.{name}"), id=name, elem_id=f"tab-{name}"):
                    gr.Column(elem_id=name)
        _text(welcome_html.SAY, "announcements", "sr")
        page.load(partial(readiness, space, warmup), None, state, concurrency_limit=None, **_QUIET)
    page.queue(max_size=64, default_concurrency_limit=4)
    page.state_session_capacity = SESSIONS
    return page


def _ask_tab(space: Live, words: PageWords, said: Labels) -> gr.Markdown:
    """The conversation; gives back where the page says how far it is."""
    talk = gr.State(Conversation())
    _text(welcome_html.intro(words), "intro")
    thread = gr.Column(elem_id="thread")
    box, send, new, note = _composer(words, said)
    if space.configuration.settings.feedback.folder:
        _text(welcome_html.kept(said), "kept")
    examples = _examples(words, said)
    _text(welcome_html.keep(said), "keep")
    state = _text(welcome_html.state(said("ask.loading"), "loading"), "state")
    _text(welcome_html.about(words), "about")
    outputs = [box, talk, note]
    with thread:
        _thread(space, talk, outputs)
    gr.on([box.submit, send.click], partial(ask, space), [box, talk], outputs, **_QUIET)
    for button, question in examples:
        button.click(_asking(space, question), talk, outputs, **_QUIET)
    new.click(_anew, talk, outputs, **_QUIET)
    return state


def mount(app: Any, space: Live, warmup: Warmup, head: str) -> None:
    """Put the page at the root of an application; ``head`` names its style sheets and script."""

    async def mounted() -> None:
        _mount(app, build(space, warmup), head)

    # In a loop: outside of one, Gradio leaves an open loop behind for every lock it makes.
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(mounted())
    else:
        _mount(app, build(space, warmup), head)


def _mount(app: Any, page: gr.Blocks, head: str) -> None:
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=theme(),
        head=head,
        footer_links=[],
        show_error=False,
        run_history=False,  # it would write every question into the reader's browser
        allowed_paths=[],
        max_file_size=1,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
    )


def _text(html: str, id_: str, *classes: str) -> gr.Markdown:
    return gr.Markdown(html, elem_id=id_, elem_classes=list(classes), latex_delimiters=[])


def _thread(space: Live, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """One keyed component a turn, so that what is already there stays untouched when a turn is added."""

    @gr.render(inputs=talk, show_progress="hidden")  # type: ignore[untyped-decorator]
    def thread(now: Conversation) -> None:
        for turn in now.turns:
            gr.Markdown(turn.html, key=f"t{turn.number}", latex_delimiters=[])
            if turn.held is not None and turn is now.turns[-1]:
                _controls(space, turn.number, talk, outputs)
            if turn.read_as is not None and turn is now.turns[-1]:
                _undo(space, turn, talk, outputs)
            if turn.suggested and turn is now.turns[-1]:
                _suggestions(space, turn, talk, outputs)
            if turn.held is not None:
                gr.Markdown(turn.held, key=f"g{turn.number}", latex_delimiters=[])


def _controls(space: Live, number: int, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """The two ways on from an emergency text, each a fixed turn of the user."""
    with gr.Row(elem_id="controls", key=f"c{number}"):
        for name in CONTROLS:
            text = space.texts[name].text
            button = gr.Button(text, elem_id=name, min_width=0, key=f"c{number}{name}")
            button.click(_asking(space, text), talk, outputs, **_QUIET)


def _suggestions(space: Live, turn: Shown, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """Questions that the sources answer, near to the one that was asked."""
    with gr.Column(elem_id="suggestions", key=f"s{turn.number}"):
        heading = f"<h3>{exact(said_in(space)('ask.suggestions'))}</h3>"
        gr.Markdown(heading, latex_delimiters=[], key=f"s{turn.number}heading")
        for place, question in enumerate(turn.suggested):
            button = gr.Button(question, size="sm", min_width=0, key=f"s{turn.number}.{place}")
            button.click(_asking(space, question), talk, outputs, **_QUIET)


def _undo(space: Live, turn: Shown, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """What was searched can be edited, or dropped for the words as they were typed; either is a turn more."""
    with gr.Row(elem_id="read-as", key=f"r{turn.number}"):
        box = gr.Textbox(
            turn.read_as,
            label=said_in(space)("ask.edit"),
            elem_id="reading",
            max_lines=4,
            interactive=True,
            max_length=MOST_CHARACTERS,
            key=f"r{turn.number}box",
        )
        edited = gr.Button(
            said_in(space)("ask.search_this"), elem_id="search-reading", min_width=0, key=f"r{turn.number}this"
        )
        typed = gr.Button(said_in(space)("ask.as_typed"), elem_id="as-typed", min_width=0, key=f"r{turn.number}typed")
        gr.on([box.submit, edited.click], partial(_literal, space), [box, talk], outputs, **_QUIET)
        typed.click(partial(_literal, space, turn.question), talk, outputs, **_QUIET)


def _literal(space: Live, question: str, talk: Conversation) -> tuple[Any, Conversation, str]:
    """The question as it stands. The box at the foot of the page keeps what is typed in it."""
    _, said, note = ask(space, question, talk, as_typed=True)
    return gr.update(), said, note


def _composer(words: PageWords, said: Labels) -> tuple[gr.Textbox, gr.Button, gr.Button, gr.Markdown]:
    with gr.Column(elem_id="composer"):
        note = _text("", "note")
        with gr.Row(elem_id="line"):
            box = gr.Textbox(
                label=said("ask.question"),
                placeholder=words.placeholder,
                elem_id="ask",
                lines=1,
                max_lines=6,
                max_length=MOST_CHARACTERS,
                container=False,
                autofocus=True,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=True),
            )
            send = gr.Button(said("ask.send"), variant="primary", elem_id="send", min_width=0)
        new = gr.Button(said("ask.new"), elem_id="new", size="sm", min_width=0)
    return box, send, new, note


def _examples(words: PageWords, said: Labels) -> list[tuple[gr.Button, str]]:
    with gr.Column(elem_id="examples"):
        _text(welcome_html.examples(said), "examples-heading")
        with gr.Row(elem_id="questions"):
            return [(gr.Button(question, size="sm", min_width=0), question) for question in words.examples]


def _asking(space: Live, question: str) -> Callable[[Conversation], tuple[Any, Conversation, str]]:
    """A button that asks a fixed question. The box keeps what is typed in it."""

    def pressed(talk: Conversation) -> tuple[Any, Conversation, str]:
        _, said, note = ask(space, question, talk)
        return gr.update(), said, note

    return pressed


def _anew(talk: Conversation) -> tuple[str, Conversation, str]:
    return "", talk.anew(), ""
