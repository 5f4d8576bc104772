"""Who may show the page in a frame, and that nothing else depends on it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeWorkspace
from serving import small_space
from starlette.testclient import TestClient

from b12assistant.config import load_configuration
from b12assistant.errors import ConfigError
from b12assistant.web.policy import parse_framers
from b12assistant.web.questions import Warmup
from b12assistant.web.site import application

HERE = "http://127.0.0.1:7860"
SITES = "https://www.example.org http://*.charity.example:8080"
PAGES = ("/", "/figures", "/d/nerves.md", "/d/none.md")
OTHERS = ("/own/page.css", "/own/app.js", "/healthz", "/api/v1/documents", "/nothing")


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("embedding"))


def client_of(space: FakeWorkspace, framers: str) -> TestClient:
    flags = {
        "paths.corpus": str(space.corpus),
        "paths.index": str(space.store.root),
        "page.frame_ancestors": framers,
    }
    framed = replace(space, configuration=load_configuration(environment={}, flags=flags))
    return TestClient(application(framed, Warmup(framed)), base_url=HERE)


@pytest.fixture(scope="module")
def shut(space: FakeWorkspace) -> TestClient:
    return client_of(space, "")


@pytest.fixture(scope="module")
def framed(space: FakeWorkspace) -> TestClient:
    return client_of(space, SITES)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_changes_only_in_who_may_frame_it(path: str, shut: TestClient, framed: TestClient) -> None:
    before, after = (dict(client.get(path).headers) for client in (shut, framed))
    own, told = (
        re.sub(" 'sha256-[^']+'", "", headers.pop("content-security-policy")).split("; ") for headers in (before, after)
    )  # the framework's inline scripts differ with every application
    assert {key for key in before | after if before.get(key) != after.get(key)} <= {"date", "content-length"}
    changed = [(old, new) for old, new in zip(own, told, strict=True) if old != new]
    assert [new for _, new in changed] == [f"frame-ancestors 'self' {SITES}"]
    assert changed[0][0] in ("frame-ancestors 'none'", "frame-ancestors 'self'")


@pytest.mark.parametrize("path", OTHERS)
def test_everything_else_stays_the_same(path: str, shut: TestClient, framed: TestClient) -> None:
    before, after = shut.get(path), framed.get(path)
    assert before.headers["content-security-policy"] == after.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in after.headers["content-security-policy"]


@pytest.mark.parametrize("text", ["*", "https://example.org/path", "https://a.example; script-src *"])
def test_only_origins_are_accepted(text: str) -> None:
    with pytest.raises(ConfigError, match=r"page\.frame_ancestors: .* is not the origin of a site"):
        parse_framers(text)


def test_a_wrong_origin_is_reported_before_anything_is_served(space: FakeWorkspace) -> None:
    with pytest.raises(ConfigError):
        client_of(space, "example.org")


def test_the_demo_page_of_the_docs_frames_the_address_that_serve_uses() -> None:
    demo = (Path(__file__).parent.parent / "docs" / "embedding" / "demo.html").read_text("utf-8")
    assert f'src="{HERE}/"' in demo
    assert "<script" not in demo
