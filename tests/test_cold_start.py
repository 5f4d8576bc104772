import socket
import sys
from pathlib import Path

import pytest
from cold_start import ROOT, answered, ran, served, told

SOURCE = ROOT / "src"
STARTED = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def do_POST(self):
        self.send_response({status})
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""


def page(folder: Path, status: int) -> list[str]:
    script = folder / "page.py"
    script.write_text(STARTED.replace("{status}", str(status)), "utf-8")
    return [sys.executable, str(script), "{port}"]


def test_a_command_takes_time_and_the_processor() -> None:
    seconds = ran(["--version"], SOURCE)
    assert min(seconds["processor"], seconds["wall"]) > 0


def test_a_page_is_timed_until_it_answers_and_then_stopped(tmp_path: Path) -> None:
    seconds = served(page(tmp_path, 200), SOURCE)
    assert 0 < seconds["ready"] < seconds["wall"]


def test_a_page_that_does_not_answer_gives_no_figure(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="was ready and did not answer"):
        served(page(tmp_path, 503), SOURCE)


def test_a_command_that_ends_early_is_reported_at_once() -> None:
    with pytest.raises(SystemExit, match="was not ready"):
        served(["true", "{port}"], SOURCE)


def test_where_nothing_listens_nothing_answers() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert not answered(f"http://127.0.0.1:{free.getsockname()[1]}/readyz")


def test_a_line_shows_least_median_and_greatest() -> None:
    assert told([{"wall": each} for each in (3.0, 1.0, 2.5)]) == "wall   1.00   2.50   3.00"
