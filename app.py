"""Starts the web application, and nothing else: ``python app.py``, or ``make run``, which builds the index first."""

from __future__ import annotations

import argparse
import sys

from b12assistant import web
from b12assistant.api import Workspace
from b12assistant.errors import AssistantError, IndexMissingError


def main() -> int:
    """Serve until stopped; anything that keeps it from that is one line."""
    parser = argparse.ArgumentParser(description="The web page and HTTP API of b12assistant.")
    parser.add_argument("--host", default=web.HOST, help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", default=web.PORT, type=int, help="the port to listen on (default: %(default)s)")
    given = parser.parse_args()
    try:
        web.serve(Workspace(), given.host, given.port)
    except IndexMissingError as error:
        return _complain(f"{error.message}: run `make run`", error.exit_status)
    except AssistantError as error:
        return _complain(str(error), error.exit_status)
    return 0


def _complain(sentence: str, status: int) -> int:
    line = "".join(character if character.isprintable() else "\ufffd" for character in sentence)
    sys.stderr.write(f"b12assistant: {line}\n")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
