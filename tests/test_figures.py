from __future__ import annotations

import asyncio
import socket

import httpx2 as httpx
import pytest
from corpora import again
from prometheus_client import generate_latest
from serving import EMERGENCY, small_space

from b12assistant.errors import ConfigError, QuestionError, ServerError
from b12assistant.web.questions import Lane, Questions
from b12assistant.web.site import Figures


def test_questions_are_counted_by_how_they_ended_and_never_shown(tmp_path_factory: pytest.TempPathFactory) -> None:
    space = again(small_space(tmp_path_factory.mktemp("figures")))
    questions = Questions(120, Lane("check", 2, 8), Lane("search", 1, 8))
    figures = Figures(questions)
    questions.watch = figures.ended
    figures.responded(200)

    async def asked() -> None:
        for question in ("What wraps every nerve: myelin?", EMERGENCY, "Does a zebra dream?"):
            await questions.ask(space, question, then=str)
        with pytest.raises(QuestionError):
            await questions.ask(space, "?", then=str)

    asyncio.run(asked())
    told = generate_latest(figures.registry).decode()
    for end in ("answered", "safety_only", "no_answer", "no_word"):
        assert f'b12assistant_questions_total{{end="{end}"}} 1.0' in told
    assert "b12assistant_question_seconds_count 4.0" in told
    assert 'b12assistant_responses_total{status="200"} 1.0' in told
    assert "b12assistant_waiting 0.0" in told
    assert "zebra" not in told


@pytest.mark.parametrize("address", ["9464", "localhost", ":9464", "127.0.0.1:x", "127.0.0.1:99999"])
def test_an_invalid_address_is_reported(address: str) -> None:
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:9464"):
        Figures(Questions(1, Lane("check", 1, 1), Lane("search", 1, 1))).serve(address)


def test_the_figures_are_served_at_their_address(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    figures = Figures(Questions(1, Lane("check", 1, 1), Lane("search", 1, 1)))
    figures.serve(address)
    figures.responded(418)
    assert 'b12assistant_responses_total{status="418"} 1.0' in httpx.get(f"http://{address}/metrics").text
    assert capfd.readouterr().err == ""  # no log of addresses


def test_an_address_in_use_is_reported() -> None:
    figures = Figures(Questions(1, Lane("check", 1, 1), Lane("search", 1, 1)))
    with pytest.raises(ServerError, match="not a host name"):
        figures.serve("a..b:9464")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ServerError, match="another web"):
        figures.serve(f"127.0.0.1:{taken.getsockname()[1]}")
