"""What the log says of a request: the route and the status, and nothing that a reader made up."""

from __future__ import annotations

import pytest
from serving import page_of, small_space


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
