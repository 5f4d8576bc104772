"""The page: a conversation on Gradio. It decides nothing, and `turns` says what comes of what is typed."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import gradio as gr

from b12assistant.answering.assistant import MOST_CHARACTERS
from b12assistant.answers import TextId
from b12assistant.corpus.page_words import PageWords, load_page_words
from b12assistant.display import answer_html
from b12assistant.display.labels import Labels
from b12assistant.display.markup import exact, plain
from b12assistant.web.turns import Asking, Conversation, Shown


def theme() -> gr.themes.Base:
    """Colours go by the names of `static/tokens.css`, the same for both modes."""
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
    base = gr.themes.Base(font=sans, font_mono=["ui-monospace", "Consolas", "monospace"])
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
    dark = {f"{name}_dark": value for name, value in both.items()}
    return base.set(
        **both, **dark, color_accent="var(--accent)", block_border_width="0px", block_label_text_size="1rem"
    )


# The framework names itself first, with a picture at an address of its own; the page's name comes after that.
_PREVIEW = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')


def with_head(page: bytes, first: str, words: PageWords) -> bytes:
    """``page`` with ``first``, the address of a script, at its very beginning, and with its own name and tagline as its
    preview."""
    own = (
        f'<head><script src="{first}"></script><meta property="og:type" content="website">'
        f'<meta property="og:title" content="{plain(words.name)}">'
        f'<meta property="og:description" content="{plain(words.tagline)}">'
    )
    return _PREVIEW.sub(b"", page).replace(b"<head>", own.encode(), 1)


os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when it is imported: otherwise it calls home


CONTROLS = (TextId("not_happening"), TextId("looking_up"))
SURFACES = ("lookup", "sources")  # empty here: a script of our own fills each when its tab is opened
SESSIONS = 500  # held in memory; the oldest is forgotten first
MOST_EVENTS = 500  # that wait to be handed on; `Questions` says sooner that it is busy, and in the page's words
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build(asking: Asking) -> gr.Blocks:
    """The page over a workspace: a tab to ask in, and one for each surface that a script fills."""
    said = asking.said
    words = asking.live().page_words or load_page_words(said.language)
    page: gr.Blocks
    with gr.Blocks(title=words.name, analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        _text(answer_html.skip(said), "skip-link")
        with gr.Row(elem_id="top"):
            _text(answer_html.brand(words, said), "brand")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(said("tabs.ask"), id="ask", elem_id="tab-ask"):
                state = _ask_tab(asking, words)
            for name in SURFACES:
                with gr.Tab(said(f"tabs.{name}"), id=name, elem_id=f"tab-{name}"):
                    gr.Column(elem_id=name)
        _text(answer_html.SAY, "announcements", "sr")
        page.load(asking.readiness, None, state, **_QUIET)
    page.queue(
        max_size=MOST_EVENTS, default_concurrency_limit=None
    )  # how many are answered at once is not decided here
    page.state_session_capacity = SESSIONS
    return page


def _ask_tab(asking: Asking, words: PageWords) -> gr.Markdown:
    """The conversation; gives back where the page says how far it is."""
    said = asking.said
    talk, onward = gr.State(Conversation()), gr.State(())
    _text(answer_html.intro(words), "intro")
    thread = gr.Column(elem_id="thread")
    box, send, new, note = _composer(words, said)
    examples = _examples(words, said)
    _text(answer_html.keep(said), "keep")
    state = _text(answer_html.state(said("ask.loading"), "loading"), "state")
    _text(answer_html.about(words), "about")
    outputs = [box, talk, note]
    with thread:
        _thread(asking, talk, outputs)
        _suggestions(asking, talk, onward, outputs)
    talk.change(asking.suggested, talk, onward, **_QUIET)
    gr.on([box.submit, send.click], asking.ask, [box, talk], outputs, **_QUIET)
    for button, question in examples:
        button.click(_pressed(asking, question), talk, outputs, **_QUIET)
    new.click(_anew, talk, outputs, **_QUIET)
    return state


def mount(app: Any, asking: Asking, head: str) -> None:
    """Put the page at the root of an application; ``head`` names its style sheets and script."""

    async def mounted() -> None:
        _mount(app, build(asking), head)

    # In a loop: outside of one, Gradio leaves an open loop behind for every lock it makes.
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(mounted())
    else:
        _mount(app, build(asking), head)


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


def _thread(asking: Asking, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """One keyed component a turn, so that what is already there stays untouched when a turn is added."""

    @gr.render(inputs=talk, show_progress="hidden")  # type: ignore[untyped-decorator]
    def thread(now: Conversation) -> None:
        for turn in now.turns:
            gr.Markdown(turn.html, key=f"t{turn.number}", latex_delimiters=[])
            if turn.held is not None and turn is now.turns[-1]:
                _controls(asking, turn.number, talk, outputs)
            if turn.read_as is not None and turn is now.turns[-1]:
                _undo(asking, turn, talk, outputs)
            if turn.held is not None:
                gr.Markdown(turn.held, key=f"g{turn.number}", latex_delimiters=[])


def _controls(asking: Asking, number: int, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """The two ways on from an emergency text, each a fixed turn of the user."""
    with gr.Row(elem_id="controls", key=f"c{number}"):
        for name in CONTROLS:
            text = asking.live.texts[name].text
            button = gr.Button(text, elem_id=name, min_width=0, key=f"c{number}{name}")
            button.click(_pressed(asking, text), talk, outputs, **_QUIET)


def _suggestions(asking: Asking, talk: gr.State, onward: gr.State, outputs: list[gr.components.Component]) -> None:
    """Questions that the sources answer, near to the one that was asked."""

    @gr.render(inputs=onward, show_progress="hidden")  # type: ignore[untyped-decorator]
    def suggestions(now: tuple[str, ...]) -> None:
        if not now:
            return
        with gr.Column(elem_id="suggestions"):
            gr.Markdown(f"<h3>{exact(asking.said('ask.suggestions'))}</h3>", latex_delimiters=[])
            for question in now:
                button = gr.Button(question, size="sm", min_width=0)
                button.click(_pressed(asking, question), talk, outputs, **_QUIET)


def _undo(asking: Asking, turn: Shown, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """What was searched can be edited, or dropped for the words as they were typed; either is a turn more."""
    with gr.Row(elem_id="read-as", key=f"r{turn.number}"):
        box = gr.Textbox(
            turn.read_as,
            label=asking.said("ask.edit"),
            elem_id="reading",
            max_lines=4,
            interactive=True,
            max_length=MOST_CHARACTERS,
            key=f"r{turn.number}box",
        )
        edited = gr.Button(
            asking.said("ask.search_this"), elem_id="search-reading", min_width=0, key=f"r{turn.number}this"
        )
        typed = gr.Button(asking.said("ask.as_typed"), elem_id="as-typed", min_width=0, key=f"r{turn.number}typed")
        gr.on([box.submit, edited.click], partial(_literal, asking), [box, talk], outputs, **_QUIET)
        typed.click(partial(_literal, asking, turn.question), talk, outputs, **_QUIET)


async def _literal(asking: Asking, question: str, talk: Conversation) -> tuple[Any, Conversation, str]:
    """The question as it stands. The box at the foot of the page keeps what is typed in it."""
    _, said, note = await asking.ask(question, talk, as_typed=True)
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
        _text(answer_html.examples(said), "examples-heading")
        with gr.Row(elem_id="questions"):
            return [(gr.Button(question, size="sm", min_width=0), question) for question in words.examples]


def _pressed(asking: Asking, question: str) -> Callable[[Conversation], Awaitable[tuple[Any, Conversation, str]]]:
    """A button that asks a fixed question. The box keeps what is typed in it."""

    async def pressed(talk: Conversation) -> tuple[Any, Conversation, str]:
        _, said, note = await asking.ask(question, talk)
        return gr.update(), said, note

    return pressed


def _anew(talk: Conversation) -> tuple[str, Conversation, str]:
    return "", talk.anew(), ""
