"""Build the page with Gradio. Nothing is decided here: `turns` answers what is typed."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from typing import Any

from b12assistant.answering.assistant import GENERAL, MOST_CHARACTERS
from b12assistant.corpus.entries import PageWords
from b12assistant.display.labels import label
from b12assistant.display.markup import draw, exact
from b12assistant.web.turns import Asking, Conversation

_file_of = inspect.getfile


def _no_component_file(found: Any) -> str:
    """Return the file of an object, as ``inspect`` does. A component of Gradio has none: then no stub is written."""
    if getattr(found, "__module__", "").startswith("gradio."):
        raise OSError(f"{found} needs no stub")
    return _file_of(found)


inspect.getfile = _no_component_file  # type: ignore[assignment]
try:  # Gradio writes type stubs of its components at every import, which takes two fifths of its time
    import gradio as gr
finally:
    inspect.getfile = _file_of

_LINKS = ("link_text_color", "link_text_color_hover", "link_text_color_visited", "link_text_color_active")
_COLOURS = {"body_text_color": "var(--ink)", **dict.fromkeys(_LINKS, "var(--accent)")}
# No font of the framework's own: a page would load it from another site. `static/` styles everything else.
_THEME = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
_THEME.set(block_border_width="0px", **_COLOURS, **{f"{name}_dark": colour for name, colour in _COLOURS.items()})

# Gradio's own preview tags, which come before the page's.
_PREVIEW = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')


def with_head(page: bytes, first: str, words: PageWords, sheets: Sequence[str]) -> bytes:
    """Put ``first``, the address of a script, at the start of the head, and replace Gradio's preview with our own.

    The body begins with head and box, which can be used before Gradio's scripts have run, or without them;
    ``sheets``: the addresses of their style sheets.
    """
    own = (
        f'<head><script src="{first}"></script><meta property="og:type" content="website">'
        f'<meta property="og:title" content="{exact(words.name)}">'
        f'<meta property="og:description" content="{exact(words.tagline)}">'
        + "".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in sheets)
    )
    shell = _part("first", words, TABS).encode()
    page = _PREVIEW.sub(b"", page).replace(b"<head>", own.encode(), 1)
    return _BODY.sub(lambda body: body[0] + shell, page, count=1)


_BODY = re.compile(rb"<body\b[^>]*>")

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read on import; otherwise Gradio sends statistics


TABS = ("ask", "lookup")
EVENTS_AT_ONCE = 256  # that the framework runs: they only wait for their turn in the lanes of `Questions`
MOST_EVENTS = 500  # calls of the page that wait; one more is refused
LOOKS, IDLE = 0.02, 1.0  # seconds between two looks for an event, and for progress, which no event reports
SESSIONS = 500  # held in memory; the oldest is forgotten first
KEPT = 12 * 3600  # seconds after its last question that a conversation is held
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build(asking: Asking, words: PageWords) -> gr.Blocks:
    """Build the page: a tab to ask in, and one to look passages up."""
    page: gr.Blocks
    with gr.Blocks(title=words.name, analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        _text(_part("skip"), "skip-link")
        with gr.Row(elem_id="top"):
            _text(_part("brand", words), "brand")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(label("tabs.ask"), id="ask", elem_id="tab-ask"):
                state = _ask_tab(asking, words)
            with gr.Tab(label("tabs.lookup"), id="lookup", elem_id="tab-lookup"):
                gr.Column(elem_id="lookup")  # a script fills it when its tab is opened
        _text('<div role="status" id="say"></div>', "announcements", "sr")
        page.load(asking.readiness, None, state, **_QUIET)
    page.max_threads = EVENTS_AT_ONCE
    # `Questions` limits how many are answered at once. Each state of the queue is a message of its own to all who wait,
    # and the page shows none of them.
    page.queue(max_size=MOST_EVENTS, default_concurrency_limit=None, status_update_rate=60)
    # Gradio looks for events every millisecond: 7 % of a core while nobody asks, and each look interrupts an answer.
    queue = page._queue
    queue.sleep_when_free, queue.progress_update_sleep_when_free = LOOKS, IDLE
    page.state_session_capacity = SESSIONS
    return page


def _ask_tab(asking: Asking, words: PageWords) -> gr.Markdown:
    """Build the conversation; return the element that shows the state of loading."""
    talk = gr.State(Conversation(), time_to_live=KEPT)
    _text(_part("intro", words), "intro")
    thread = gr.Column(elem_id="thread")
    box, send, note = _composer(words)
    with gr.Row(elem_id="foot"):
        new = gr.Button(label("ask.new"), elem_id="new", size="sm", min_width=0)
    examples = _examples(words)
    state = _text(_part("state", "", "unknown"), "state")
    run_by = asking.live().configuration.settings.page.run_by
    _text(_part("about", words, version("b12assistant"), run_by), "about")
    _text(_part("general", asking.live().texts[GENERAL].text), "general")
    outputs = [box, talk, note]
    with thread:
        _thread(asking, talk, outputs)
    kept = gr.Textbox(elem_id="kept", visible="hidden", interactive=True)  # a script writes here what to ask again
    kept.change(asking.restored, [kept, talk], [talk, note], **_QUIET)
    again = gr.Textbox(elem_id="again", visible="hidden", interactive=True)  # and here a question of a message
    again.change(asking.again, [again, talk], [again, talk, note], **_QUIET)
    gr.on([box.submit, send.click], asking.ask, [box, talk], outputs, **_QUIET)
    for button, question in examples:
        button.click(partial(_ask, asking, question), talk, outputs, **_QUIET)
    new.click(lambda talk: ("", Conversation(count=talk.count), ""), talk, outputs, **_QUIET)
    return state


def mount(app: Any, asking: Asking, words: PageWords, head: str) -> None:
    """Put the page at the root of an application; ``head`` names its style sheets and script."""

    async def mounted() -> None:
        gr.mount_gradio_app(
            app,
            build(asking, words),
            path="/",
            theme=_THEME,
            head=head,
            footer_links=[],
            show_error=False,
            run_history=False,  # it would store every question in the reader's browser
            allowed_paths=[],
            max_file_size=1,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
        )

    # Outside an event loop, Gradio would leave a loop open for every lock it makes; the caller may run one already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, mounted()).result()


_part = partial(draw, "page.html")


def _text(html: str, id_: str, *classes: str) -> gr.Markdown:
    return gr.Markdown(html, elem_id=id_, elem_classes=list(classes), latex_delimiters=[])


def _thread(asking: Asking, talk: gr.State, outputs: list[gr.components.Component]) -> None:
    """Draw one keyed component per turn, so that adding a turn does not redraw the others."""

    @gr.render(inputs=talk, show_progress="hidden")  # type: ignore[untyped-decorator]
    def thread(now: Conversation) -> None:
        for turn in now.turns:
            gr.Markdown(turn.html, key=f"t{turn.number}", latex_delimiters=[])
            if turn is not now.turns[-1]:
                continue
            if turn.controls:  # each sends a fixed turn of the user
                with gr.Row(elem_id="controls", key=f"c{turn.number}"):
                    for name, text in turn.controls:
                        button = gr.Button(text, elem_id=name, min_width=0, key=f"c{turn.number}{name}")
                        button.click(partial(_ask, asking, text), talk, outputs, **_QUIET)


async def _ask(asking: Asking, question: str, talk: Conversation) -> tuple[Any, Conversation, str]:
    """Ask a question. The box at the foot of the page keeps its text."""
    _, talk, note = await asking.ask(question, talk)
    return gr.update(), talk, note


def _composer(words: PageWords) -> tuple[gr.Textbox, gr.Button, gr.Markdown]:
    with gr.Column(elem_id="composer"):
        note = _text("", "note")
        with gr.Row(elem_id="line"):
            box = gr.Textbox(
                label=label("ask.question"),
                placeholder=words.placeholder,
                elem_id="ask",
                lines=1,
                max_lines=6,
                max_length=MOST_CHARACTERS,
                container=False,
                autofocus=True,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=True),
            )
            send = gr.Button(label("ask.send"), variant="primary", elem_id="send", min_width=0)
    return box, send, note


def _examples(words: PageWords) -> list[tuple[gr.Button, str]]:
    with gr.Column(elem_id="examples"):
        _text(_part("heading", label("ask.examples")), "examples-heading")
        with gr.Row(elem_id="questions"):
            return [(gr.Button(question, size="sm", min_width=0), question) for question in words.examples]
