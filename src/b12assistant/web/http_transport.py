"""Read and write the JSON of routes: limit bodies, keep ids unchanged, and hide the details of errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi.routing import APIRoute
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from b12assistant.web.problems import Problem, ProblemError, json_bytes, problem_of

LARGEST_BODY = 64 * 1024  # bytes


class _Whole(PathConvertor):
    """The rest of a path, including line ends, which file names may hold."""

    regex = r"[\s\S]*"


register_url_convertor("whole", _Whole())


class JsonResponse(Response):
    """The same JSON as the command line's, never cached, because an answer holds its question."""

    media_type = "application/json"

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__(content, headers={"Cache-Control": "no-store"})

    def render(self, content: Mapping[str, Any]) -> bytes:
        return json_bytes(content)


class BoundedRoute(APIRoute):
    """A route that reads only JSON of limited size and hides the messages of unexpected errors."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            try:
                if request.method == "POST":
                    _check_headers(request)
                return await handle(Request(request.scope, limited(request.receive, LARGEST_BODY, _too_large())))
            except Exception as error:  # noqa: BLE001 - its message may hold the question; the server would log it
                return problem_of(error).response(request.scope["path"])

        return bounded


def _check_headers(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or request.headers.get("content-encoding", "identity").lower() != "identity":
        hint = "send Content-Type: application/json"
        raise ProblemError(Problem(415, "content_type", "The body has to be plain JSON.", hint))
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 9 or int(announced) > LARGEST_BODY):
        raise _too_large()


def limited(receive: Receive, most: int, error: Exception) -> Receive:
    """Limit ``receive`` to ``most`` bytes, whatever the headers say; raise ``error`` beyond them."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise error
        return message

    return counted


def _too_large() -> ProblemError:
    hint = "shorten the question or drop the oldest turns"
    close = {"Connection": "close"}  # the rest of the body is not read, so the connection cannot be used again
    return ProblemError(Problem(413, "too_large", f"A body has at most {LARGEST_BODY:,} bytes.", hint, headers=close))


def written_id(request: Request, after: str) -> str:
    """Return the id as it was sent: the server's own decoding loses file names that are not UTF-8."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    name = unquote_to_bytes(path.partition(b"?")[0].partition(after.encode())[2])
    try:
        return name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return name.decode("utf-8", "surrogateescape")
