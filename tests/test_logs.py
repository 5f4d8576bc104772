"""What the log says of a request: the route and the status, and nothing that a reader made up."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from serving import page_of, small_space

from b12assistant.web.listening import JsonLines


def line(name: str, message: str, *arguments: object, **more: object) -> dict[str, Any]:
    record = logging.LogRecord(name, logging.ERROR, "/inside/of/it.py", 12, message, arguments, None)
    vars(record).update(more)
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_an_event_of_ours_is_a_line_of_json() -> None:
    told = line("b12assistant.questions", "question\nof %s", "one\u2028", end="late", ms=12)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "error",
        "logger": "b12assistant.questions",
        "event": "question\nof one\u2028",
        "end": "late",
        "ms": 12,
    }


def test_only_the_place_of_a_librarys_message_is_logged() -> None:
    told = line("asyncio", "Task %s failed: What of the zebra?", "zebra", question="zebra")
    assert told["event"] == "said at it.py:12"
    assert "zebra" not in str(told)


@pytest.mark.parametrize("name", ["uvicorn.error", "somebody.else"])
def test_the_type_and_place_of_an_exception_are_logged(name: str) -> None:
    try:
        raise ValueError("What of the zebra?")
    except ValueError:
        told = line(name, "it broke", exc_info=sys.exc_info())
    assert told["error"].startswith("ValueError at test_logs.py:")
    assert "zebra" not in str(told)


def test_the_log_holds_the_route_and_not_the_address(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    space = small_space(tmp_path_factory.mktemp("logged"))
    client = page_of(space)
    caplog.set_level("INFO", "b12assistant.http")
    for path in ("/d/guides/zebra.md", "/zebra", "/api/v1/documents?q=zebra", "/api/none", "/healthz"):
        client.get(path)
    logged = [(vars(record)["route"], vars(record)["status"]) for record in caplog.records]
    assert logged == [("/d/", 404), ("other", 404), ("/api/", 200), ("/api/", 404)]
    assert "zebra" not in str([vars(record) for record in caplog.records])
