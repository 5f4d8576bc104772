"""The page on which one logs in, and out; a form without a script."""

from __future__ import annotations

from dataclasses import dataclass

from b12assistant.corpus.page_words import PageWords
from b12assistant.display.labels import Labels
from b12assistant.display.markup import plain

PATH = "/login"


@dataclass(frozen=True, slots=True)
class LoginPage:
    words: PageWords
    said: Labels

    def html(self, name: str | None, told: str) -> str:
        """``name``: who is logged in; ``told``: the label of what went wrong, if anything did."""
        words, said = self.words, self.said
        alarm = f'<p class="alarm" role="alert">{plain(said(told))}.</p>' if told else ""
        form = self._out(name) if name else self._in()
        return (
            f'<!doctype html>\n<html lang="{said.language}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{plain(words.name)}</title>'
            '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml">'
            '<link rel="stylesheet" href="/own/export.css"><link rel="stylesheet" href="/own/plain.css"></head>\n'
            f"<body><header><p><strong>{plain(words.name)}</strong> · {plain(words.tagline)}</p></header><main>\n"
            f"<h1>{plain(said('login.heading'))}</h1>{alarm}{form}</main></body></html>\n"
        )

    def _in(self) -> str:
        said = self.said
        return (
            f'<form method="post" action="{PATH}">'
            f'<p><label for="name">{plain(said("login.name"))}</label><br>'
            '<input id="name" name="name" autocomplete="username" autocapitalize="none" required></p>'
            f'<p><label for="password">{plain(said("login.password"))}</label><br>'
            '<input id="password" name="password" type="password" autocomplete="current-password" required></p>'
            f'<p><button type="submit">{plain(said("login.send"))}</button></p></form>'
        )

    def _out(self, name: str) -> str:
        return (
            f'<p>{plain(self.said("login.who", name=name))}</p><form method="post" action="{PATH}">'
            f'<p><button type="submit" name="out" value="1">{plain(self.said("login.out"))}</button></p></form>'
            f'<p><a href="/">{plain(self.words.name)}</a></p>'
        )
