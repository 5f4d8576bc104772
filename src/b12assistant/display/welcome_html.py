"""What stands around the conversation: the head of the page, what the tool is and is not, and how far it is."""

from __future__ import annotations

from b12assistant.corpus.page_words import PageWords
from b12assistant.display.labels import Labels, capital
from b12assistant.display.markup import exact

SAY = '<div role="status" id="say"></div>'  # the page's script speaks here, once for each answer


def skip(said: Labels) -> str:
    return f'<a class="skip" href="#ask">{exact(said("ask.skip"))}</a>'


def examples(said: Labels) -> str:
    return f"<h2>{exact(said('ask.examples'))}</h2>"


def brand(words: PageWords, said: Labels) -> str:
    """Name and tagline; of a language that nobody checked it says so."""
    unchecked = said("language.unchecked")
    note = f' <span class="unchecked">{exact(unchecked)}</span>' if unchecked else ""
    return (
        '<p class="brand"><img src="/own/favicon.svg" alt="" width="32" height="32">'
        f'<span class="name">{exact(words.name)}</span> <span class="tagline">{exact(words.tagline)}</span>{note}</p>'
    )


def intro(words: PageWords) -> str:
    return f'<div class="intro"><h1>{exact(words.heading)}</h1><p class="lead">{exact(words.lead)}</p></div>'


def about(words: PageWords) -> str:
    parts = "".join(f"<div><h2>{exact(each.heading)}</h2><p>{exact(each.text)}</p></div>" for each in words.about)
    return f'<div class="about">{parts}</div>'


def note(sentence: str) -> str:
    """Something that went wrong with what was typed, said beside the box."""
    return f'<p class="note" role="alert">{exact(capital(sentence))}.</p>' if sentence else ""


def state(sentence: str, kind: str) -> str:
    return f'<p class="state {kind}">{exact(sentence)}</p>'


def ready(documents: int, passages: int, generation: str, said: Labels) -> str:
    counts = {"documents": f"{documents:,}", "passages": f"{passages:,}"}
    return state(said("ask.ready", generation=generation[:8], **counts), "ready")


def keep(said: Labels) -> str:
    """Ways to keep a conversation; a script offers them once there is one."""
    ways = "".join(
        f'<button type="button" value="{way}">{exact(said(f"keep.{way}"))}</button>'
        for way in ("print", "html", "markdown", "json")
    )
    return (
        f'<details class="keep"><summary>{exact(said("keep.heading"))}</summary><div class="forms">{ways}</div>'
        f'<p>{exact(said("keep.why"))} {exact(said("keep.verify"))}</p><p class="told"></p></details>'
    )
