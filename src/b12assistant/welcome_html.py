"""What stands around the conversation: the head of the page, what the tool is and is not, and how far it is."""

from __future__ import annotations

from b12assistant.markup import exact
from b12assistant.page_words import PageWords

SAY = '<div role="status" id="say"></div>'  # the page's script speaks here, once for each answer
SKIP = '<a class="skip" href="#ask">Skip to the question</a>'
BROKEN = "Something went wrong here, and the question was not answered; it still stands in the box"
LOADING = "Getting ready. The page works already; the first answer takes a few seconds."


def brand(words: PageWords) -> str:
    return (
        '<p class="brand"><img src="/own/favicon.svg" alt="" width="32" height="32">'
        f'<span class="name">{exact(words.name)}</span> <span class="tagline">{exact(words.tagline)}</span></p>'
    )


def intro(words: PageWords) -> str:
    return f'<div class="intro"><h1>{exact(words.heading)}</h1><p class="lead">{exact(words.lead)}</p></div>'


def about(words: PageWords) -> str:
    parts = "".join(f"<div><h2>{exact(each.heading)}</h2><p>{exact(each.text)}</p></div>" for each in words.about)
    return f'<div class="about">{parts}</div>'


def note(sentence: str) -> str:
    """Something that went wrong with what was typed, said beside the box."""
    return f'<p class="note" role="alert">{exact(sentence[:1].upper() + sentence[1:])}.</p>' if sentence else ""


def state(sentence: str, kind: str) -> str:
    return f'<p class="state {kind}">{exact(sentence)}</p>'


def ready(documents: int, passages: int, generation: str) -> str:
    told = (
        f"Ready. {documents:,} documents, {passages:,} passages, index {generation[:8]}. Nothing leaves this machine."
    )
    return state(told, "ready")
