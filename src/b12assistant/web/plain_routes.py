"""Serve the page without JavaScript. Questions arrive in bodies, as a form sends them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.answering.assistant import MOST_CHARACTERS, MOST_TURNS
from b12assistant.answers import Reply
from b12assistant.application.exporting import turn_html
from b12assistant.application.workspace import Workspace
from b12assistant.corpus.page_words import PageWords, load_figures
from b12assistant.display import answer_html
from b12assistant.display.labels import Labels
from b12assistant.display.markup import plain
from b12assistant.display.presentation import General, Piece, answer_link, present
from b12assistant.safety.translations import controls_for
from b12assistant.web.problems import sentence_and_status
from b12assistant.web.question_log import QuestionLog
from b12assistant.web.questions import Questions

PATH = "/plain"
ANSWERS = "/plain/answer/"  # then the name of an answer
FIGURES = "/figures"
QUESTION, EARLIER = "question", "earlier"  # the fields of the form


@dataclass(frozen=True, slots=True)
class PlainPage:
    """The page around an answer."""

    words: PageWords
    labels: Labels

    def start(self) -> str:
        """Draw the empty form with an introduction."""
        words = self.words
        examples = "".join(f"<li>{self._asking(question, ())}</li>" for question in words.examples)
        about = "".join(f"<h2>{plain(part.heading)}</h2><p>{plain(part.text)}</p>" for part in words.about)
        return self._page(
            f"<h1>{plain(words.heading)}</h1><p>{plain(words.lead)}</p>{self._form(())}"
            f"<h2>{plain(self.labels('ask.examples'))}</h2><ul>{examples}</ul>{about}"
        )

    def answered(
        self, question: str, pieces: Sequence[Piece], earlier: Sequence[str], controls: Sequence[str], link: str
    ) -> str:
        """Draw an answer.

        ``controls``: fixed turns that continue after a safety-only answer. ``link``: the address of the answer, which
        holds the question after its "#": browsers never send that part.
        """
        turns = (*earlier, question)
        ways_on = "".join(self._asking(control, turns) for control in controls)
        share = f'<p><a href="{plain(link)}">{plain(self.labels("cite.answer"))}</a></p>' if link else ""
        if controls:  # beside an emergency text there is nothing else to read
            pieces = [piece for piece in pieces if not isinstance(piece, General)]
        answer = turn_html(question, pieces, self.labels)
        return self._page(f"{answer}{share}{ways_on}{self._form(turns)}{self._new_link()}", "h1")

    def refused(self, sentence: str, question: str, earlier: Sequence[str]) -> str:
        """Draw an error message; the question stays in the box."""
        alarm = f'<p class="alarm">{plain(sentence)}</p>'
        return self._page(f"{alarm}{self._form(earlier, question)}{self._new_link()}", "h1")

    def missing(self) -> Response:
        """Answer an unknown address with a link to the start page."""
        home = f'<p><a href="/">{plain(self.labels("source.back"))}</a></p>'
        return _page(self._page(f"<h1>{plain(self.labels('plain.missing'))}</h1>{home}"), 404)

    def figures(self) -> str:
        """Draw how well the library that ships answers, in sentences, each with its day and command."""
        labels, shipped = self.labels, load_figures()
        body = f"<h1>{plain(labels('figures.heading'))}</h1><p>{plain(shipped.intro)}</p>"
        for about, found in groupby(shipped.figure, key=attrgetter("about")):
            body += f"<h2>{plain(about)}</h2>"
            for each in found:
                said = each.sentence.format(hits=f"{each.hits:,}", n=f"{each.n:,}")
                measured = labels("figures.measured", day=labels.day(each.measured))
                body += f'<p>{plain(said)}<br><span class="made">{plain(measured)}: {plain(each.command)}</span></p>'
        home = f'<p><a href="/">{plain(labels("source.back"))}</a></p>'
        return self._page(f"{body}<p>{plain(labels('figures.more'))}</p>{home}")

    def _form(self, earlier: Sequence[str], question: str = "") -> str:
        labels = self.labels
        return (
            f'<form method="post" action="{PATH}" autocomplete="off">{_hidden(earlier)}'
            f'<p><label for="{QUESTION}">{plain(labels("ask.question"))}</label></p>'
            f'<p><textarea id="{QUESTION}" name="{QUESTION}" rows="3" cols="60" maxlength="{MOST_CHARACTERS}" required '
            f'dir="auto">\n{plain(question)}</textarea></p>'
            f'<p><button type="submit">{plain(labels("ask.send"))}</button></p>{answer_html.kept(labels)}</form>'
        )

    def _asking(self, question: str, earlier: Sequence[str]) -> str:
        """Draw a button that asks a fixed question."""
        button = f'<button type="submit" name="{QUESTION}" value="{plain(question)}">{plain(question)}</button>'
        return f'<form method="post" action="{PATH}">{_hidden(earlier)}{button}</form>'

    def _new_link(self) -> str:
        return f'<p><a href="{PATH}">{plain(self.labels("ask.new"))}</a></p>'

    def _page(self, body: str, name: str = "p") -> str:
        """Draw a page; ``name``: the tag of its name, which is its heading where the body has none."""
        words, labels = self.words, self.labels
        home = f'<a href="/"><strong>{plain(words.name)}</strong></a> · {plain(words.tagline)}'
        return (
            f'<!doctype html>\n<html lang="{labels.language}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{plain(words.name)}</title>'
            '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml">'
            '<link rel="stylesheet" href="/own/export.css"><link rel="stylesheet" href="/own/unseen.css">'
            '<link rel="stylesheet" href="/own/plain.css"></head>\n'
            f"<body><header><{name}>{home}</{name}></header><main>\n{body}</main></body></html>\n"
        )


def _hidden(turns: Sequence[str]) -> str:
    return "".join(f'<input type="hidden" name="{EARLIER}" value="{plain(turn)}">' for turn in turns)


@dataclass
class Kept:
    """Pages of answers in memory, for a few minutes, so that a form is answered with an address and Back works.

    A name is random and says nothing about the question; only the asker gets it.
    """

    most: int = 200
    seconds: float = 600.0
    _pages: dict[str, tuple[float, str]] = field(default_factory=dict)

    def keep(self, page: str) -> str:
        """Keep a page; return its name."""
        now, name = time.monotonic(), secrets.token_urlsafe(16)
        kept = [item for item in self._pages.items() if item[1][0] >= now - self.seconds]
        self._pages = dict([*kept, (name, (now, page))][-self.most :])
        return name

    def get(self, name: str) -> str | None:
        """Return the page of a name; ``None`` if it is forgotten."""
        kept, page = self._pages.get(name, (-self.seconds, ""))
        return page if kept > time.monotonic() - self.seconds else None


POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_FORM = "application/x-www-form-urlencoded"


def plain_router(
    workspace: Callable[[], Workspace], questions: Questions, page: PlainPage, log: QuestionLog | None = None
) -> APIRouter:
    """Return the routes. ``workspace`` is called once per request."""
    router = APIRouter(redirect_slashes=False)
    answers, labels = Kept(), page.labels

    async def form(_: Request) -> Response:
        return _page(page.start())

    async def answer(request: Request) -> Response:
        """Answer a question with the address of its answer, which is kept in memory for a few minutes."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            return _page(page.refused(labels("plain.form"), "", ()), 415)
        asked, earlier = _fields(await request.body())
        space = await asyncio.to_thread(workspace)

        def drawn(reply: Reply) -> str:
            if log:
                log.keep(reply)
            return _answer(space, page, reply, earlier)

        try:
            answered = await questions.ask(space, asked, earlier, then=drawn)
        except Exception as error:  # noqa: BLE001 - its message may hold the question; the server would log it
            sentence, status = sentence_and_status(error, labels)
            return _page(page.refused(sentence, asked, earlier), status)
        return Response(None, 303, {"location": f"{ANSWERS}{answers.keep(answered)}"})

    async def figures(_: Request) -> Response:
        return _page(page.figures())

    async def kept(request: Request) -> Response:
        found = answers.get(request.path_params["name"])
        return _page(page.refused(labels("plain.gone"), "", ()), 404) if found is None else _page(found)

    router.add_route(ANSWERS + "{name}", kept, methods=["GET"], include_in_schema=False)
    router.add_route(FIGURES, figures, methods=["GET"], include_in_schema=False)
    router.add_route(PATH, form, methods=["GET"], include_in_schema=False)
    router.add_route(PATH, answer, methods=["POST"], include_in_schema=False)
    return router


def _answer(space: Workspace, page: PlainPage, reply: Reply, earlier: tuple[str, ...]) -> str:
    pieces = present(reply, space.setting(labels=page.labels))
    controls = (
        tuple(text.text for text in controls_for(reply.answer.notices, space.texts))
        if reply.answer.has_controls
        else ()
    )
    return page.answered(reply.answer.question.text, pieces, earlier, controls, answer_link(reply, pieces))


def _fields(body: bytes) -> tuple[str, tuple[str, ...]]:
    """Read the question and the earlier ones, oldest first. A form sends every line end as two characters."""
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, encoding="utf-8", errors="replace")
    turns = [text.replace("\r\n", "\n") for name in (EARLIER, QUESTION) for text in fields.get(name, [""])[:MOST_TURNS]]
    return turns[-1], tuple(turn for turn in turns[:-1] if turn)


def _page(html: str, status: int = 200) -> Response:
    headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
    return Response(html.encode("utf-8", "replace"), status, headers, "text/html; charset=utf-8")
