"""The page without JavaScript: a form, the answer to what was sent with it, and another form.

What was asked before travels in hidden fields of the form, so that nothing is remembered here and no address holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from b12assistant.answering.assistant import MOST_CHARACTERS
from b12assistant.application.exporting import turn_html
from b12assistant.corpus.page_words import PageWords
from b12assistant.display.labels import Labels
from b12assistant.display.markup import plain
from b12assistant.display.presentation import Piece

PATH = "/plain"
QUESTION, EARLIER = "question", "earlier"  # the fields of the form


@dataclass(frozen=True, slots=True)
class PlainPage:
    """What stands around an answer. ``controls``: the fixed turns that lead on from an emergency."""

    words: PageWords
    said: Labels
    controls: Sequence[str]

    def start(self) -> str:
        """The empty form, and what this is."""
        words = self.words
        examples = "".join(f"<li>{self._asking(each, ())}</li>" for each in words.examples)
        about = "".join(f"<h2>{plain(each.heading)}</h2><p>{plain(each.text)}</p>" for each in words.about)
        return self._page(
            f"<h1>{plain(words.heading)}</h1><p>{plain(words.lead)}</p>{self._form(())}"
            f"<h2>{plain(self.said('ask.examples'))}</h2><ul>{examples}</ul>{about}"
        )

    def answered(self, question: str, pieces: Sequence[Piece], earlier: Sequence[str], *, stopped: bool) -> str:
        """The answer to a question; ``stopped``: it is a safety text alone, which has its controls."""
        turns = (*earlier, question)
        controls = "".join(self._asking(each, turns) for each in self.controls) if stopped else ""
        return self._page(f"{turn_html(question, pieces, self.said)}{controls}{self._form(turns)}{self._anew()}")

    def refused(self, sentence: str, question: str, earlier: Sequence[str]) -> str:
        """What was sent could not be answered; it still stands in the box."""
        told = f'<p class="alarm">{plain(sentence)}</p>'
        return self._page(f"{told}{self._form(earlier, question)}{self._anew()}")

    def _form(self, earlier: Sequence[str], question: str = "") -> str:
        said = self.said
        return (
            f'<form method="post" action="{PATH}" autocomplete="off">{_hidden(earlier)}'
            f'<p><label for="{QUESTION}">{plain(said("ask.question"))}</label></p>'
            f'<p><textarea id="{QUESTION}" name="{QUESTION}" rows="3" cols="60" maxlength="{MOST_CHARACTERS}" required '
            f'dir="auto">\n{plain(question)}</textarea></p>'
            f'<p><button type="submit">{plain(said("ask.send"))}</button></p></form>'
        )

    def _asking(self, question: str, earlier: Sequence[str]) -> str:
        """A button that asks a fixed question."""
        button = f'<button type="submit" name="{QUESTION}" value="{plain(question)}">{plain(question)}</button>'
        return f'<form method="post" action="{PATH}">{_hidden(earlier)}{button}</form>'

    def _anew(self) -> str:
        return f'<p><a href="{PATH}">{plain(self.said("ask.new"))}</a></p>'

    def _page(self, body: str) -> str:
        words, said = self.words, self.said
        unchecked = f"<p>{plain(said('language.unchecked'))}</p>" if said("language.unchecked") else ""
        return (
            f'<!doctype html>\n<html lang="{said.language}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{plain(words.name)}</title>'
            '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml">'
            '<link rel="stylesheet" href="/own/export.css"><link rel="stylesheet" href="/own/unseen.css">'
            '<link rel="stylesheet" href="/own/plain.css"></head>\n'
            f"<body><header><p><strong>{plain(words.name)}</strong> · {plain(words.tagline)}</p>{unchecked}</header>"
            f"<main>\n{body}</main></body></html>\n"
        )


def _hidden(turns: Sequence[str]) -> str:
    return "".join(f'<input type="hidden" name="{EARLIER}" value="{plain(turn)}">' for turn in turns)
