"""Turn errors into problem documents (RFC 9457), and read and write the JSON of routes.

Messages of our own errors may name folders of the machine, so a problem has its own sentence for each code; the
message itself goes to the log. The request is never repeated or logged. Ids are kept unchanged.
"""

from __future__ import annotations

import json
import logging
import traceback
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote as percent

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.display.labels import capital, label
from b12assistant.errors import AssistantError, NotFoundError, QuestionError

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 20
_LONGEST_NAME = 80  # of a field, which may be one the caller made up
_LATER = {"Retry-After": "5"}
_LOG = logging.getLogger("b12assistant.http")

# Faults of the server that keep it from answering any question, by the code of the error.
_UNAVAILABLE = {
    "config": "The configuration cannot be used.",
    "encoder": "The encoder cannot be used.",
    "index_missing": "There is no index yet.",
    "index_damaged": "The index is damaged.",
    "index_mismatch": "The index was built with another model or other settings.",
    "index_unreachable": "The engine that searches does not answer.",
    "source_facts": "A file of the corpus that curators write has a mistake.",
    "loading": "The index and the encoder are being loaded.",
    "busy": "Too many questions are being answered.",
    "stopping": "The server is being stopped.",
    "late": "The answer was not ready in time.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document.

    ``errors``: for each wrong value, where it is (``at``) and what is wrong (``message``). ``instance``: its own name,
    or "" for the path of the request.
    """

    status: int
    code: str
    detail: str
    hint: str = ""
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    instance: str = ""

    @property
    def sentence(self) -> str:
        """Return the sentence for a reader."""
        return capital(f"{self.detail.rstrip('.')}: {self.hint}" if self.hint else self.detail)

    def as_json(self, asked: str) -> dict[str, Any]:
        return {
            "type": f"urn:b12assistant:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": self.instance or asked,
            "code": self.code,
            "hint": self.hint or None,
            "errors": list(self.errors),
        }

    def response(self, path: str) -> Response:
        """Return the answer to a request of ``path``."""
        asked = percent(path, safe="/", errors="backslashreplace")
        return json_response(self.as_json(asked), self.status, self.headers, MEDIA_TYPE)


def json_response(
    content: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """Answer with the same JSON as the command line's, in UTF-8; a lone surrogate is written as its JSON escape."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "backslashreplace"), status, headers, media_type)


NOT_FOUND = Problem(
    404, "not_found", "There is nothing at this address.", "answers and `b12assistant export` name what there is"
)
_NOT_JSON = Problem(400, "not_json", "The body is not JSON.", 'send {"question": "…"}')


class ProblemError(HTTPException):
    """A problem as an exception; FastAPI passes an ``HTTPException`` on unchanged."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status, problem.detail, dict(problem.headers))
        self.problem = problem


class PassingError(AssistantError):
    """A temporary state, not a fault: it ends by itself."""


class LoadingError(PassingError):
    code = "loading"  # the index and the encoder


class BusyError(PassingError):
    code = "busy"  # too many questions are waiting


class StoppingError(PassingError):
    code = "stopping"  # the server; it may be started again


class LateError(PassingError):
    code = "late"  # the answer was not ready before its deadline


def problem_of(error: Exception) -> Problem:
    """Return the problem of any error, without details of the machine, which are logged."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, HTTPException):  # FastAPI could not read the body
        return _NOT_JSON
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if isinstance(error, QuestionError):
        return Problem(422, error.code, error.message, error.hint)
    if isinstance(error, NotFoundError):
        return NOT_FOUND
    if isinstance(error, AssistantError) and error.code in _UNAVAILABLE:
        if not isinstance(error, PassingError):
            _LOG.warning("%s: %s", error.code, error)
        return Problem(503, error.code, _UNAVAILABLE[error.code], error.hint, headers=_LATER)
    # Unexpected: its kind and place are logged, never its message.
    name = f"urn:uuid:{uuid.uuid4()}"
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    _LOG.error("%s: %s at %s", name, type(error).__name__, places)
    return Problem(500, "unexpected", "Something went wrong here.", "the log knows it by this instance", instance=name)


def sentence_of(error: Exception) -> str:
    """Return what the page says about an error; the details are logged."""
    problem = problem_of(error)
    if isinstance(error, PassingError):
        return label(f"ask.{error.code}")
    return problem.sentence if isinstance(error, AssistantError) else label("ask.broken")


def _of_validation(error: RequestValidationError) -> Problem:
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return _NOT_JSON
    errors = [
        {  # such as `body.history.3`; long names are cut
            "at": ".".join(str(part)[:_LONGEST_NAME] for part in detail["loc"][:6]),
            "message": str(detail["msg"]),
        }
        for detail in details[:_MOST_ERRORS]
    ]
    sentence = "The request does not have the form that is asked for."
    return Problem(422, "invalid_request", sentence, "see errors", errors)


class _Whole(PathConvertor):
    """The rest of a path, including line ends, which file names may hold."""

    regex = r"[\s\S]*"


register_url_convertor("whole", _Whole())


class BoundedRoute(APIRoute):
    """A route that reads only JSON and hides the messages of unexpected errors."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            try:
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                is_coded = request.headers.get("content-encoding", "identity").lower() != "identity"
                if request.method == "POST" and (kind != "application/json" or is_coded):
                    hint = "send Content-Type: application/json"
                    raise ProblemError(Problem(415, "content_type", "The body has to be plain JSON.", hint))
                return await handle(request)
            except Exception as error:  # noqa: BLE001 - its message may hold the question; the server would log it
                return problem_of(error).response(request.scope["path"])

        return bounded
