"""The tools for other assistants, called with the SDK's own client: in this process, over pipes, over HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fakes import FakeWorkspace
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent
from serving import CORPUS, EMERGENCY, small_space
from shell import b12, start

from b12assistant.answers import Reply
from b12assistant.display.labels import load_labels
from b12assistant.integrations.mcp_server import build_server

ASKED = "What wraps every nerve: myelin?"
DECISION = "Should I stop my metformin?"
NOTHING = "Do plants dream of paint, glass and brass bands in winter?"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("mcp"))


async def called(server: Any, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    async with Client(server) as client:
        return await client.call_tool(tool, arguments)


def call(space: FakeWorkspace, tool: str, **arguments: Any) -> CallToolResult:
    return asyncio.run(called(build_server(space), tool, arguments))


def blocks(result: CallToolResult) -> list[str]:
    return [block.text for block in result.content if isinstance(block, TextContent)]


def answer(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None, result
    found: dict[str, Any] = result.structured_content["answer"]
    return found


def test_there_are_three_tools_and_each_only_reads(space: FakeWorkspace) -> None:
    async def listed() -> dict[str, bool | None]:
        async with Client(build_server(space)) as client:
            tools = (await client.list_tools()).tools
            return {tool.name: tool.annotations.read_only_hint if tool.annotations else None for tool in tools}

    assert asyncio.run(listed()) == {"ask": True, "search": True, "open_passage": True}


def test_a_quote_is_a_slice_of_its_document_with_its_citation(space: FakeWorkspace) -> None:
    result = call(space, "ask", question=ASKED)
    (quote,) = answer(result)["quotes"]
    text = space.document(quote["document"]).document.text
    assert quote["text"] == "".join(text[start:end] for start, end in quote["spans"])
    shown = blocks(result)[0]
    assert shown.startswith(f"{quote['text']}\n\n— [1] Nerves. ")
    assert shown.endswith(f"\nnerves.md {quote['passage']}")


@pytest.mark.parametrize("question", [ASKED, DECISION, EMERGENCY, NOTHING, "What about vitamin B12 in food?"])
def test_every_block_is_a_fixed_text_a_quote_or_a_label(question: str, space: FakeWorkspace) -> None:
    result = call(space, "ask", question=question)
    said = {label for table in load_labels().tables.values() for label in table.values()}
    fixed = {text.text for text in space.texts.values()}
    quoted = {quote["text"] for quote in answer(result)["quotes"]}
    places = {" › ".join([near["title"], *near["section"]]) for near in answer(result)["nearest"]}
    read = answer(result)["interpretation"]
    echoed = {f"{said_}: {read['text']}" for said_ in said} if read else set()
    assert [
        block
        for block in blocks(result)
        if block not in said | fixed | places | echoed and block.partition("\n\n— ")[0] not in quoted
    ] == []


def test_a_fixed_text_stands_before_the_quotes(space: FakeWorkspace) -> None:
    result = call(space, "ask", question=DECISION)
    found = answer(result)
    assert found["red_flag"]["level"] == "medical_decision"
    assert blocks(result)[0] == found["red_flag"]["text"]
    assert list(found).index("red_flag") < list(found).index("quotes")


@pytest.mark.parametrize("tool", ["ask", "search"])
def test_an_emergency_gets_its_text_alone(tool: str, space: FakeWorkspace) -> None:
    result = call(space, tool, question=EMERGENCY)
    fixed = {text.text for text in space.texts.values()}
    assert result.structured_content is not None
    assert "hurt yourself" in blocks(result)[0]
    assert set(blocks(result)) <= fixed
    found = result.structured_content if tool == "search" else result.structured_content["answer"]
    assert found["hits" if tool == "search" else "quotes"] == []


def test_an_earlier_turn_counts_for_what_comes_first(space: FakeWorkspace) -> None:
    result = call(space, "ask", question="What should I do?", history=[EMERGENCY])
    assert answer(result)["status"] == "safety_only"


def test_what_search_finds_can_be_opened_by_its_id(space: FakeWorkspace) -> None:
    found = call(space, "search", question="metformin", k=1)
    assert found.structured_content is not None
    (hit,) = found.structured_content["hits"]
    opened = call(space, "open_passage", passage=hit["passage"])
    assert opened.structured_content is not None
    assert opened.structured_content["text"] == hit["text"]
    assert blocks(opened)[0].partition("\n\n— ")[0] == hit["text"]
    assert hit["text"] in space.document(hit["document"]).document.text


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("ask", {"question": " "}, "The question is empty: type what you want to know"),
        ("ask", {"question": "?", "history": ["a"] * 20}, "history"),
        ("search", {"question": "a", "k": 0}, "greater than or equal to 1"),
        ("open_passage", {"passage": ""}, "There is no such passage"),
        ("open_passage", {"passage": "none"}, "There is no such passage"),
    ],
)
def test_wrong_use_is_told(tool: str, arguments: dict[str, Any], told: str, space: FakeWorkspace) -> None:
    result = call(space, tool, **arguments)
    assert result.is_error
    assert told in blocks(result)[0]


def test_the_beginning_of_an_id_opens_nothing(space: FakeWorkspace) -> None:
    name = space.opened.collection.passages[0].id
    assert call(space, "open_passage", passage=name[:8]).is_error
    assert not call(space, "open_passage", passage=name).is_error


class BrokenWorkspace(FakeWorkspace):
    def ask(self, question: str, history: Sequence[str] = (), **how: Any) -> Reply:  # noqa: ARG002
        raise ValueError(f"a secret of the inside, and {question}")


def test_what_breaks_is_told_without_the_inside_and_logged_without_the_question(
    space: FakeWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    result = call(BrokenWorkspace(space.configuration), "ask", question="A zebra?")
    assert result.is_error
    assert "Something went wrong" in blocks(result)[0]
    assert "secret" not in blocks(result)[0] + caplog.text
    assert "ValueError" in caplog.text
    assert "zebra" not in caplog.text


def test_without_the_extra_one_line_says_how_to_install_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['mcp'] = None; sys.argv = ['b12assistant', 'mcp']; "
        "from b12assistant.command.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "b12assistant: the MCP server needs the package mcp: pip install 'b12assistant[mcp]'\n"


@pytest.mark.slow
def test_over_pipes_it_answers_as_the_command_line_does(built: Path) -> None:
    places = ["--index", str(built / "index"), "--corpus", str(built / "corpus")]
    server = StdioServerParameters(command=sys.executable, args=["-m", "b12assistant", *places, "mcp"], cwd=built)

    async def asked() -> tuple[CallToolResult, CallToolResult]:
        async with Client(server) as client:
            first = await client.call_tool("ask", {"question": EMERGENCY})
            return first, await client.call_tool("ask", {"question": "What does metformin lower?"})

    emergency, result = asyncio.run(asked())
    assert answer(emergency)["status"] == "safety_only"
    (quote, *_) = answer(result)["quotes"]
    assert quote["text"].startswith("Metformin lowers vitamin B12 in some people.")
    assert quote["text"] in (built / "corpus" / quote["document"]).read_text("utf-8")
    printed = json.loads(b12(*places, "ask", "--json", "What does metformin lower?", cwd=built).out)
    assert printed["answer"] == answer(result)


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    """Where the command serves HTTP."""
    with start("mcp", "--http", "--port", "0", cwd=built) as server:
        assert server.stdout is not None
        line = server.stdout.readline().decode()
        try:
            assert line.startswith("b12assistant serves MCP at http://127.0.0.1:"), line
            yield line.split()[4]
        finally:
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=60)
            assert out == b""
            assert b"Traceback" not in err
            assert EMERGENCY.encode() not in err  # who was turned away is told there, words are not


@pytest.mark.slow
def test_over_http_it_answers_with_quotes(address: str) -> None:
    result = asyncio.run(called(address, "ask", {"question": "What keeps myelin in good repair?"}))
    quotes = [quote["text"] for quote in answer(result)["quotes"]]
    assert "Vitamin B12 keeps myelin in good repair." in " ".join(quotes)
    emergency = asyncio.run(called(address, "search", {"question": EMERGENCY}))
    assert emergency.structured_content is not None
    assert emergency.structured_content["hits"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "example.com"}, 421), ({"Origin": "http://example.com"}, 403)],
    ids=["a foreign name", "a foreign page"],
)
def test_over_http_only_this_machine_is_served(headers: dict[str, str], status: int, address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    try:
        connection.request("POST", "/mcp", b"{}", {"Content-Type": "application/json", **headers})
        assert connection.getresponse().status == status
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["mcp"], ["mcp", "--http"]], ids=["pipes", "http"])
def test_without_an_index_one_line_says_what_to_run(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "nerves.md").write_text(CORPUS["nerves.md"])
    done = b12("--index", "index", "--corpus", "corpus", *arguments, cwd=tmp_path)
    assert done.status == 1
    assert "b12assistant index" in done.complaint
