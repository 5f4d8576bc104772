"""Starts the web application, and nothing else: ``python app.py``, or ``make run``, which builds the index first."""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is imported: its products here are small

from b12assistant.api import Workspace
from b12assistant.command.invocation import complain
from b12assistant.errors import AssistantError, IndexMissingError
from b12assistant.web import listening, site


def main() -> int:
    """Serve until stopped; anything that keeps it from that is one line."""
    parser = argparse.ArgumentParser(description="The web page and HTTP API of b12assistant.")
    parser.add_argument("--host", default=site.HOST, help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", default=listening.PORT, type=int, help="the port to listen on (default: %(default)s)")
    parser.add_argument("--behind-proxy", action="store_true", help="a proxy guards it: allow any --host")
    given = parser.parse_args()
    try:
        site.serve(Workspace(), given.host, given.port, behind_proxy=given.behind_proxy)
    except IndexMissingError as error:
        return complain(f"{error.message}: run `make run`", error.exit_status)
    except AssistantError as error:
        return complain(str(error), error.exit_status)
    except KeyboardInterrupt:
        return 130  # as a shell expects it of Ctrl+C
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
