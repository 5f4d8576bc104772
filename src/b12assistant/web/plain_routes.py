"""The route of the page without JavaScript. What is asked comes in bodies, as a form sends them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.answering.assistant import MOST_TURNS
from b12assistant.answers import Reply, Status, TextId
from b12assistant.application.workspace import Workspace
from b12assistant.corpus.page_words import load_page_words
from b12assistant.display.labels import Labels
from b12assistant.display.presentation import present
from b12assistant.errors import AssistantError
from b12assistant.web.plain_html import EARLIER, PATH, QUESTION, PlainPage
from b12assistant.web.problems import PassingError, problem_of, unexpected
from b12assistant.web.questions import Questions

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_FORM = "application/x-www-form-urlencoded"


def plain_router(
    workspace: Callable[[], Workspace], questions: Questions, said: Labels, controls: tuple[TextId, ...]
) -> APIRouter:
    """``workspace`` is called once for each request; ``said``: the page's words; ``controls``: ids of fixed turns."""
    router = APIRouter(redirect_slashes=False)
    words = workspace().page_words or load_page_words(said.language)

    def page(space: Workspace) -> PlainPage:
        return PlainPage(words, said, [space.texts[name].text for name in controls])

    async def form(_: Request) -> Response:
        return _page(page(workspace()).start())

    async def answer(request: Request) -> Response:
        """Answered like any question; nothing of it is kept, counted or heard by anybody."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            return _page(page(workspace()).refused(said("plain.form"), "", ()), 415)
        asked, earlier = _fields(await request.body())
        space = workspace()
        return await _answered(space, questions, page(space), asked, earlier)

    router.add_route(PATH, form, methods=["GET"], include_in_schema=False)
    router.add_route(PATH, answer, methods=["POST"], include_in_schema=False)
    return router


async def _answered(
    space: Workspace, questions: Questions, page: PlainPage, question: str, earlier: tuple[str, ...]
) -> Response:
    try:
        return await questions.ask(space, question, earlier, then=lambda reply: _answer(space, page, reply, earlier))
    except PassingError as error:
        return _page(page.refused(page.said(f"ask.{error.code}"), question, earlier), 503)
    except AssistantError as error:
        problem = problem_of(error)
        return _page(page.refused(problem.sentence, question, earlier), problem.status)
    except Exception as error:  # noqa: BLE001 - its message may hold the question; the server would log it
        unexpected(error)
        return _page(page.refused(page.said("ask.broken"), question, earlier), 500)


def _answer(space: Workspace, page: PlainPage, reply: Reply, earlier: tuple[str, ...]) -> Response:
    pieces = present(reply, space.setting(reply, said=page.said))
    stopped = reply.answer.status is Status.SAFETY_ONLY
    return _page(page.answered(reply.answer.question.text, pieces, earlier, stopped=stopped))


def _fields(body: bytes) -> tuple[str, tuple[str, ...]]:
    """The question and the earlier ones, oldest first. A form sends every line end as two characters."""
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, encoding="utf-8", errors="replace")
    turns = [text.replace("\r\n", "\n") for name in (EARLIER, QUESTION) for text in found.get(name, [""])[:MOST_TURNS]]
    return turns[-1], tuple(turn for turn in turns[:-1] if turn)


def _page(html: str, status: int = 200) -> Response:
    headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
    return Response(html.encode("utf-8", "replace"), status, headers, "text/html; charset=utf-8")
