"""Serve pages without scripts: how well the library answers, and an address that does not exist."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.corpus.page_words import PageWords, load_figures
from b12assistant.display.labels import Labels
from b12assistant.display.markup import plain

FIGURES = "/figures"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def plain_router(words: PageWords, labels: Labels) -> APIRouter:
    """Return the route of the figures."""
    router = APIRouter(redirect_slashes=False)

    async def figures(_: Request) -> Response:
        return _page(_figures(labels), words, labels)

    router.add_route(FIGURES, figures, methods=["GET"], include_in_schema=False)
    return router


def missing_page(words: PageWords, labels: Labels) -> Response:
    """Answer an unknown address with a link to the start page."""
    return _page(f"<h1>{plain(labels('plain.missing'))}</h1>{_home(labels)}", words, labels, 404)


def _figures(labels: Labels) -> str:
    """Draw how well the library that ships answers, in sentences, each with its day and command."""
    shipped = load_figures()
    body = f"<h1>{plain(labels('figures.heading'))}</h1><p>{plain(shipped.intro)}</p>"
    for about, found in groupby(shipped.figure, key=attrgetter("about")):
        body += f"<h2>{plain(about)}</h2>"
        for each in found:
            said = each.sentence.format(hits=f"{each.hits:,}", n=f"{each.n:,}")
            measured = labels("figures.measured", day=labels.day(each.measured))
            body += f'<p>{plain(said)}<br><span class="made">{plain(measured)}: {plain(each.command)}</span></p>'
    return f"{body}<p>{plain(labels('figures.more'))}</p>{_home(labels)}"


def _home(labels: Labels) -> str:
    return f'<p><a href="/">{plain(labels("source.back"))}</a></p>'


def _page(body: str, words: PageWords, labels: Labels, status: int = 200) -> Response:
    page = (
        f'<!doctype html>\n<html lang="{labels.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{plain(words.name)}</title>'
        '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/own/unseen.css"><link rel="stylesheet" href="/own/plain.css"></head>\n'
        f'<body><header><p><a href="/"><strong>{plain(words.name)}</strong></a> · {plain(words.tagline)}</p></header>'
        f"<main>\n{body}</main></body></html>\n"
    )
    headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
    return Response(page.encode("utf-8", "replace"), status, headers, "text/html; charset=utf-8")
