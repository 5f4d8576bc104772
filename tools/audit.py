"""List known vulnerabilities of what constraints.txt pins: `make audit`. Exit status 1: there are some; 2: no answer.

pip-audit is downloaded for each run, and asks the package index by name and version; nothing is installed here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
COMMAND = (
    *(str(Path(sys.executable).parent / "uv"), "--quiet", "tool", "run", "pip-audit"),
    *(
        "--requirement",
        "constraints.txt",
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ),
)
UNASKED = "nothing was audited: {why}; run it again where the package index answers"


def verdict(report: Mapping[str, Any]) -> tuple[list[str], int]:
    """Return what to print of pip-audit's report, and the exit status."""
    pins = report["dependencies"]
    unknown = [pin["name"] for pin in pins if "skip_reason" in pin]
    if len(unknown) == len(pins):
        return [UNASKED.format(why="the index knows no advisories")], 2
    found = [line for pin in pins for line in _vulnerable(pin)]
    told = f"{len(pins) - len(unknown)} of {len(pins)} pins audited, {len(found)} known vulnerabilities"
    passed_over = [f"not known to the index: {', '.join(unknown)}"] if unknown else []
    return [*found, *passed_over, told], 1 if found else 0


def _vulnerable(pin: Mapping[str, Any]) -> Iterator[str]:
    for each in pin.get("vulns", ()):
        fixed = ", ".join(each["fix_versions"]) or "no version yet"
        yield f"{pin['name']} {pin['version']}: {each['id']}, fixed in {fixed}"


def main() -> int:
    """Run the audit; return the exit status."""
    done = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    try:
        report = json.loads(done.stdout)
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[0].strip(" ×")
        lines, status = [UNASKED.format(why=why)], 2
    else:
        lines, status = verdict(report)
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
