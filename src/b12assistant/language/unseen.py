"""Find the characters of a text that a reader cannot see, or that change the order of what is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from b12assistant.types import Range

# Joiners belong to other scripts and emoji: beside ASCII, or at an end, they join nothing. A variation selector belongs
# to the character before it: after ASCII or another selector it has no effect.
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_FORMATS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u202a-\u202e\u2061-\u206f\u3164\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
_BREAKS = "\xad\u061c\u200b\u200e\u200f\u2060\ufeff"  # they also occur in honest text, one at a time
_IDLE = (
    "(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
    f"|(?<![^\x00-\x7f{_SELECTORS}])[{_SELECTORS}](?!\u20e3)"
)

# Control and format characters, and blank letters and selectors. Not TAB, LF and CR, which lay out lines, nor NUL,
# which is shown as a picture. The page's script has the same list (shell.js).
UNSEEN = re.compile(f"((?:[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029{_BREAKS}{_FORMATS}]|{_IDLE})+)")

# The flags of Scotland, Wales and other parts of countries.
_FLAG = re.compile("(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")
_HIDING = re.compile(
    f"[{_FORMATS}]|{_IDLE}|[{_BREAKS}\u200c\u200d]{{2,}}"
    # Inside a word they hide it from a search; only a soft hyphen may be there.
    f"|(?<=[A-Za-z0-9])[{_BREAKS[1:]}](?=[A-Za-z0-9])"
)


def hiding(text: str) -> Iterator[Range]:
    """Yield the runs of invisible characters that no honest text has where they are."""
    flags = [Range(match.start(), match.end()) for match in _FLAG.finditer(text)]
    for match in _HIDING.finditer(text):
        run = Range(match.start(), match.end())
        if not any(flag.contains(run) for flag in flags):
            yield run
