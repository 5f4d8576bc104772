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

from b12assistant import answer_html, labels, welcome_html
from b12assistant.answers import Status, TextId
from b12assistant.api import Workspace, local_today
from b12assistant.assistant import MOST_CHARACTERS
from b12assistant.errors import AssistantError
from b12assistant.page_words import PageWords, load_page_words
from b12assistant.warmup import Warmup

CONTROLS = (TextId("not_happening"), TextId("looking_up"))
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


@dataclass(frozen=True, slots=True)
class Conversation:
    """``count`` goes on when a new conversation begins, so that no number of a turn is given twice on a page."""

    turns: tuple[Shown, ...] = ()
    count: int = 0

    def with_answer(self, space: Workspace, question: str, *, as_typed: bool = False) -> Conversation:
        """One turn more. Raises what the workspace raises; then nothing is remembered."""
        reply = space.ask(question, [turn.question for turn in self.turns], as_typed=as_typed)
        setting = answer_html.Setting(space.texts, local_today())
        number = self.count + 1
        html = answer_html.turn_html(number, reply, setting)
        stopped = reply.answer.status is Status.SAFETY_ONLY
        held = answer_html.general_html(reply.answer, space.texts) if stopped else None
        read_as = reply.answer.interpretation
        shown = Shown(number, question, html, held, read_as.text if read_as else None)
        return Conversation((*self.turns, shown), number)

    def anew(self) -> Conversation:
        return replace(self, turns=())


def ask(
    space: Workspace, typed: str | None, talk: Conversation, *, as_typed: bool = False
) -> tuple[Any, Conversation, str]:
    """What is typed, answered: what the box then holds, the conversation, and a note if something is wrong."""
    question = typed or ""
    try:
        said = talk.with_answer(space, question, as_typed=as_typed)
    except AssistantError as error:
        return question, talk, welcome_html.note(str(error))
    except Exception as error:  # noqa: BLE001 - whatever broke, the reader is told, and nothing of the inside
        _LOG.error("a question was not answered: %s", type(error).__name__)
        return question, talk, welcome_html.note(welcome_html.BROKEN)
    return "", said, ""


def readiness(warmup: Warmup) -> Iterator[str]:
    """How far the encoder is; the page is there before it."""
    if not warmup.ended:
        yield welcome_html.state(welcome_html.LOADING, "loading")
    problem = warmup.problem()
    if problem:
        yield welcome_html.state(f"Questions cannot be answered: {problem}", "failed")
    else:
        found = warmup.space.opened.collection
        yield welcome_html.ready(len(found.documents), len(found.passages), found.generation)


def build(space: Workspace, warmup: Warmup) -> gr.Blocks:
    """The page over a workspace."""
    words = load_page_words()
    page: gr.Blocks
    with gr.Blocks(title=words.name, analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        _text(welcome_html.SKIP, "skip-link")
        talk = gr.State(Conversation())
        with gr.Row(elem_id="top"):
            _text(welcome_html.brand(words), "brand")
        _text(welcome_html.intro(words), "intro")
        thread = gr.Column(elem_id="thread")
        box, send, new, note = _composer(words)
        examples = _examples(words)
        state = _text(welcome_html.state(welcome_html.LOADING, "loading"), "state")
        _text(welcome_html.about(words), "about")
        _text(welcome_html.SAY, "announcements", "sr")
        outputs = [box, talk, note]
        with thread:
            _thread(space, talk, outputs)
        gr.on([box.submit, send.click], partial(ask, space), [box, talk], outputs, **_QUIET)
        for button, question in examples:
            button.click(_asking(space, question), talk, outputs, **_QUIET)
        new.click(_anew, talk, outputs, **_QUIET)
        page.load(partial(readiness, warmup), None, state, concurrency_limit=None, **_QUIET)
    page.queue(max_size=64, default_concurrency_limit=4)
    page.state_session_capacity = SESSIONS
    return page


def mount(app: Any, space: Workspace, warmup: Warmup, head: str) -> None:
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
        theme=_theme(),
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


def _theme() -> gr.themes.Base:
    """The faces of the system and one accent; the rest is in `static/page.css`, under the same names for both modes."""
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
    theme = gr.themes.Base(font=sans, font_mono=["ui-monospace", "Consolas", "monospace"])
    both = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--soft)",
        "background_fill_primary": "var(--paper)",
        "background_fill_secondary": "var(--raised)",
        "block_background_fill": "transparent",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "link_text_color": "var(--accent)",
        "link_text_color_hover": "var(--accent)",
        "link_text_color_visited": "var(--accent)",
        "link_text_color_active": "var(--accent)",
        "input_background_fill": "var(--raised)",
        "input_background_fill_focus": "var(--raised)",
        "input_border_color": "var(--edge)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--soft)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_background_fill_hover": "var(--accent)",
        "button_primary_text_color": "var(--on-accent)",
        "button_secondary_background_fill": "transparent",
        "button_secondary_background_fill_hover": "var(--wash)",
        "button_secondary_text_color": "var(--ink)",
        "button_secondary_border_color": "var(--edge)",
        "error_background_fill": "var(--raised)",
    }
    dark = {f"{name}_dark": value for name, value in both.items() if name != "body_text_size"}
    return theme.set(
        **both, **dark, color_accent="var(--accent)", block_border_width="0px", block_label_text_size="1rem"
    )


def _text(html: str, id_: str, *classes: str) -> gr.Markdown:
    return gr.Markdown(html, elem_id=id_, elem_classes=list(classes), latex_delimiters=[])


def _thread(space: Workspace, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """One keyed component a turn, so that what is already there stays untouched when a turn is added."""

    @gr.render(inputs=talk, show_progress="hidden")  # type: ignore[untyped-decorator]
    def thread(now: Conversation) -> None:
        for turn in now.turns:
            gr.Markdown(turn.html, key=f"t{turn.number}", latex_delimiters=[])
            if turn.held is not None and turn is now.turns[-1]:
                _controls(space, turn.number, talk, outputs)
            if turn.read_as is not None and turn is now.turns[-1]:
                _undo(space, turn, talk, outputs)
            if turn.held is not None:
                gr.Markdown(turn.held, key=f"g{turn.number}", latex_delimiters=[])


def _controls(space: Workspace, number: int, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """The two ways on from an emergency text, each a fixed turn of the user."""
    with gr.Row(elem_id="controls", key=f"c{number}"):
        for name in CONTROLS:
            text = space.texts[name].text
            button = gr.Button(text, elem_id=name, min_width=0, key=f"c{number}{name}")
            button.click(_asking(space, text), talk, outputs, **_QUIET)


def _undo(space: Workspace, turn: Shown, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """What was searched can be edited, or dropped for the words as they were typed; either is a turn more."""
    with gr.Row(elem_id="read-as", key=f"r{turn.number}"):
        box = gr.Textbox(
            turn.read_as,
            label=labels.EDIT,
            elem_id="reading",
            max_lines=4,
            interactive=True,
            max_length=MOST_CHARACTERS,
            key=f"r{turn.number}box",
        )
        edited = gr.Button(labels.SEARCH_THIS, elem_id="search-reading", min_width=0, key=f"r{turn.number}this")
        typed = gr.Button(labels.AS_TYPED, elem_id="as-typed", min_width=0, key=f"r{turn.number}typed")
        gr.on([box.submit, edited.click], partial(_literal, space), [box, talk], outputs, **_QUIET)
        typed.click(partial(_literal, space, turn.question), talk, outputs, **_QUIET)


def _literal(space: Workspace, question: str, talk: Conversation) -> tuple[Any, Conversation, str]:
    """The question as it stands. The box at the foot of the page keeps what is typed in it."""
    _, said, note = ask(space, question, talk, as_typed=True)
    return gr.update(), said, note


def _composer(words: PageWords) -> tuple[gr.Textbox, gr.Button, gr.Button, gr.Markdown]:
    with gr.Column(elem_id="composer"):
        note = _text("", "note")
        with gr.Row(elem_id="line"):
            box = gr.Textbox(
                label="Your question",
                placeholder=words.placeholder,
                elem_id="ask",
                lines=1,
                max_lines=6,
                max_length=MOST_CHARACTERS,
                container=False,
                autofocus=True,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=True),
            )
            send = gr.Button("Ask", variant="primary", elem_id="send", min_width=0)
        new = gr.Button("New conversation", elem_id="new", size="sm", min_width=0)
    return box, send, new, note


def _examples(words: PageWords) -> list[tuple[gr.Button, str]]:
    with gr.Column(elem_id="examples"):
        _text("<h2>Questions to begin with</h2>", "examples-heading")
        with gr.Row(elem_id="questions"):
            return [(gr.Button(question, size="sm", min_width=0), question) for question in words.examples]


def _asking(space: Workspace, question: str) -> Callable[[Conversation], tuple[Any, Conversation, str]]:
    """A button that asks a fixed question. The box keeps what is typed in it."""

    def pressed(talk: Conversation) -> tuple[Any, Conversation, str]:
        _, said, note = ask(space, question, talk)
        return gr.update(), said, note

    return pressed


def _anew(talk: Conversation) -> tuple[str, Conversation, str]:
    return "", talk.anew(), ""
