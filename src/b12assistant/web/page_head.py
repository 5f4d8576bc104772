"""The head of the framework's page: our own script before any of its own, and what is shown of a link to the page."""

from __future__ import annotations

import re

from b12assistant.corpus.page_words import PageWords
from b12assistant.display.markup import plain

# The framework names itself first, with a picture at an address of its own; the page's name comes after that.
_PREVIEW = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')


def with_head(page: bytes, first: str, words: PageWords) -> bytes:
    """``page`` with ``first``, the address of a script, at its very beginning, and with its own name and tagline as its
    preview."""
    own = (
        f'<head><script src="{first}"></script><meta property="og:type" content="website">'
        f'<meta property="og:title" content="{plain(words.name)}">'
        f'<meta property="og:description" content="{plain(words.tagline)}">'
    )
    return _PREVIEW.sub(b"", page).replace(b"<head>", own.encode(), 1)
