"""Serve tools for other assistants over the Model Context Protocol.

A tool returns fixed texts first, then quotes with their places, and labels; the same content twice, as blocks of text
and as the JSON of the HTTP API. No text is generated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from importlib.metadata import version
from typing import Annotated, Any, ParamSpec

from pydantic import Field

from b12assistant.answering.assistant import MOST_TURNS
from b12assistant.answers import Level, Reply, most_serious
from b12assistant.answers import Notice as NoticeById
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import terminal
from b12assistant.display.citation_formats import about, place
from b12assistant.display.json_form import AskResponse, SearchResponse, passage_json, reply_json, search_json
from b12assistant.display.labels import capital, load_labels
from b12assistant.display.presentation import (
    Cited,
    Difference,
    General,
    Headline,
    Nearest,
    Notice,
    Piece,
    Quoted,
    ReadAs,
    present,
    present_notices,
)
from b12assistant.errors import AssistantError, NotFoundError, UsageError
from b12assistant.types import Hit, Passage
from b12assistant.web import listening
from b12assistant.web.http_models import MOST_HITS, PassageResponse, Typed
from b12assistant.web.policy import Policy
from b12assistant.web.problems import problem_of, unexpected
from b12assistant.web.warmup import Warmup

try:
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import CallToolResult, TextContent, ToolAnnotations
except ModuleNotFoundError as error:
    raise UsageError("the MCP server needs the package mcp", hint="pip install 'b12assistant[mcp]'") from error

HOST = "127.0.0.1"
PORT = 7861
PATH = "/mcp"
INSTRUCTIONS = (
    "Every block of text is word for word a fixed text, a quote with its citation, or a label. Show fixed texts first "
    "and whole. Quote without a change, with the citation, and say if the source sells. With status safety_only show "
    "that text and nothing else. With no_answer say that the sources hold no answer; do not fill it in."
)
P = ParamSpec("P")
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_History = Annotated[
    list[Typed],
    Field(max_length=MOST_TURNS - 1, description="The user's earlier questions, oldest first; answers are not needed."),
]


def build_server(space: Workspace) -> MCPServer[Any]:
    """Return a server with the tools over a workspace."""
    server: MCPServer[Any] = MCPServer(
        "b12assistant", instructions=INSTRUCTIONS, version=version("b12assistant"), log_level="WARNING"
    )

    @server.tool(title="Ask", annotations=_READS)
    @_with_tool_errors
    def ask(
        question: Annotated[Typed, Field(description="What the user typed, unchanged.")],
        history: _History | None = None,
    ) -> Annotated[CallToolResult, AskResponse]:
        """Answer a question with exact quotes and citations, fixed safety texts first; an emergency gets its alone."""
        reply = space.ask(question, history or [])
        return _result(_answer(space, reply), reply_json(reply, space.texts, today=local_today()))

    @server.tool(title="Search", annotations=_READS)
    @_with_tool_errors
    def search(
        question: Annotated[Typed, Field(description="Words or a sentence.")],
        k: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many passages at most.")] = 10,
    ) -> Annotated[CallToolResult, SearchResponse]:
        """Look up whole passages by meaning and words, fixed safety texts first; an emergency gets its text alone."""
        notices = space.assistant.notices(question)
        hits: tuple[Hit, ...] = ()
        if not _is_emergency(notices):
            notices, hits = space.search(question, k)
        response = search_json(question, notices, hits, space.texts, space.opened.collection.generation)
        texts = [text for notice in present_notices(notices, space.texts, load_labels()) for text in _blocks(notice)]
        return _result([*texts, *(_passage(hit.passage, hit.rank) for hit in hits)], response)

    @server.tool(title="Open a passage", annotations=_READS)
    @_with_tool_errors
    def open_passage(
        passage: Annotated[str, Field(description="The whole id of a passage, as `ask` and `search` give it.")],
    ) -> Annotated[CallToolResult, PassageResponse]:
        """Open a passage by its id: its exact words, where it stands, and who speaks."""
        found = space.passage(passage)
        if found.id != passage:
            raise NotFoundError("the beginning of an id is not an id")
        opened = {**passage_json(found), "index": {"generation": space.opened.collection.generation}}
        return _result([_passage(found)], opened)

    return server


def serve_stdio(space: Workspace) -> None:
    """Serve the program that started this process, over standard streams. Raises an index error if there is none.

    Clients wait only seconds for the first message, so the index is checked but not yet loaded.
    """
    if not space.configuration.is_packaged:
        space.store.open()
    warmup(space).start()
    build_server(space).run("stdio")


def serve_http(space: Workspace, port: int = PORT) -> None:
    """Serve streamable HTTP to this machine alone. Raises an index error, and ``ServerError`` if the port is taken."""
    generation = space.opened.collection.generation
    with listening.listen(HOST, port, otherwise=PORT) as listener:
        warmup(space).start()
        app = application(space)
        address = f"{listening.address(HOST, listener)}{PATH}"
        terminal.line(f"b12assistant serves MCP at {address} (index {generation[:8]}; Ctrl+C stops it)")
        listening.run(app, listener)


def warmup(space: Workspace) -> Warmup:
    """Return a warm-up without suggestions, which no tool offers."""
    return Warmup(space, then=lambda _: None)


def application(space: Workspace) -> Policy:
    """Return the application with the tools at ``PATH``, for this machine only. Requests share no state."""
    app = build_server(space).streamable_http_app(streamable_http_path=PATH, json_response=True, stateless_http=True)
    return Policy(app, (PATH,), HOST)


def _with_tool_errors(tool: Callable[P, CallToolResult]) -> Callable[P, CallToolResult]:
    """Turn errors into ``ToolError`` as the HTTP API does: give the hint, never internals or the question."""

    @wraps(tool)
    def called(*arguments: P.args, **named: P.kwargs) -> CallToolResult:
        try:
            return tool(*arguments, **named)
        except NotFoundError as error:
            raise ToolError(f"There is no such passage: {error.message}.") from None
        except AssistantError as error:
            problem = problem_of(error)
        except Exception as error:  # noqa: BLE001 - its message may hold the question; the SDK would log it
            problem = unexpected(error)
        raise ToolError(capital(f"{problem.detail.rstrip('.')}: {problem.hint}"))

    return called


def _result(blocks: list[str], structured: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=block) for block in blocks], structured_content=structured)


def _is_emergency(notices: tuple[NoticeById, ...]) -> bool:
    first = most_serious(notices)
    return first is not None and first.flag is not None and first.flag.level is Level.EMERGENCY


def _answer(space: Workspace, reply: Reply) -> list[str]:
    """Return the same pieces as the page, in order."""
    return [block for piece in present(reply, space.setting(reply)) for block in _blocks(piece)]


def _passage(passage: Passage, rank: int = 0) -> str:
    return _cited(Quoted.of(Cited.of_passage(passage), load_labels(), local_today(), rank))


def _blocks(piece: Piece) -> Iterator[str]:
    match piece:
        case Quoted():
            yield _cited(piece)
        case Difference():
            yield piece.heading
            yield from map(_cited, piece.quotes)
        case Nearest():
            yield piece.heading
            yield from (" › ".join(near.place) for near in piece.places)
        case ReadAs():
            swapped = "".join(f" · {written} {piece.between} {read}" for written, read in piece.replaced)
            yield f"{piece.label}: {piece.text}{swapped}"
        case Notice():
            yield piece.text
            yield from (translation.text for translation in piece.translations)
        case Headline() | General():
            yield piece.text


def _cited(quote: Quoted) -> str:
    """Write the words first, then their place, who speaks, and the id that opens the passage."""
    mark = f"[{quote.number}] " if quote.number else ""
    citation = ". ".join((place(quote), *about(quote)))
    return f"{quote.text}\n\n— {mark}{citation}\n{quote.document} {quote.passage}"
