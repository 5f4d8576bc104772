"""Check the register of origins: each address is the publisher's own, and each title and publisher is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from b12assistant.corpus.sources import SOURCES_FILE
from b12assistant.types import Origin, OriginId
from corpus_checks import Finding
from corpus_checks.curation import Curation

_NUMERIC: Final = re.compile(r"[\d.]+|\[.*\]")  # a bare IP number
_TEST: Final = re.compile(r"(?:^|[.-])(?:dev\d*|qa\d*|stage|staging|test|uat)(?=[.-])")
_UNKNOWN: Final = re.compile(
    r"^unknown|descriptive title|\bnot (?:named|shown)|\bunnamed\b|\bcop(?:y|ies) (?:at|of)\b"
    r"|^(?:study|case report|review) abstract$|\(abstract(?: listing)?\)$|\(journal abstract\)$",
    re.I,
)


def check_addresses(origins: Mapping[OriginId, Origin], curation: Curation) -> Iterator[Finding]:
    """Yield addresses that lead to a copy, a proxy or a test server, and titles and publishers that nobody knows."""
    for origin in origins.values():
        for what in _wrong(origin, curation):
            yield Finding(SOURCES_FILE, f"origin {origin.id}: {what}")
    for id_ in sorted(set(curation.rules.unnamed) - {origin.id for origin in origins.values()}):
        yield Finding("check.toml", f"unnamed has {id_!r}, which is not in the register")


def _wrong(origin: Origin, curation: Curation) -> Iterator[str]:
    host = urlsplit(origin.url).hostname or ""
    if _NUMERIC.fullmatch(host):
        yield f"its address is a bare IP number: {origin.url}"
    elif _TEST.search(host):
        yield f"its address is a test server: {origin.url}"
    elif why := _reason(host, curation.rules.copies):
        yield f"its address is not the publisher's own ({why}): {origin.url}"
    for address in (origin.url, origin.read_at):
        if why := _reason(urlsplit(address).hostname or "", curation.rules.never):
            yield f"nothing may rest on this page ({why}): {address}"
    if origin.id not in curation.rules.unnamed:
        yield from (
            f"its {key} is not known: {value}"
            for key, value in (("title", origin.title), ("publisher", origin.publisher))
            if _UNKNOWN.search(value)
        )


def _reason(host: str, listed: Mapping[str, str]) -> str | None:
    """Return why a host or a domain that it belongs to is listed."""
    return next((why for name, why in listed.items() if host == name or host.endswith(f".{name}")), None)
