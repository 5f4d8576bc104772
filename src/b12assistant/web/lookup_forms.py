"""The forms of what the page asks when something is looked up or packed. They are the page's own, not of the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from b12assistant.answering.assistant import SEARCHED_CHARACTERS
from b12assistant.answering.lookup import MOST_FOUND, Format, Sieve, Way
from b12assistant.display.json_form import Form
from b12assistant.types import Interest, SourceKind
from b12assistant.web.http_models import Typed

MOST_PINNED = 100
Year = Annotated[int | None, Field(strict=True, ge=1, le=9999)]
Address = Annotated[str, Field(max_length=4000)]


class LookUpForm(Form):
    """``text``: what is typed; the rest is the filter, empty for all."""

    text: Annotated[str, Field(max_length=SEARCHED_CHARACTERS)]
    way: Way = Way.ALL
    kinds: frozenset[SourceKind] = frozenset()
    interests: frozenset[Interest] = frozenset()
    formats: frozenset[Format] = frozenset()
    document: Annotated[str, Field(max_length=300)] = ""
    since: Year = None
    until: Year = None
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_FOUND)] = MOST_FOUND

    @property
    def sieve(self) -> Sieve:
        return Sieve(self.kinds, self.interests, self.formats, self.document.strip(), self.since, self.until)


class QuestionForm(Form):
    """One of many questions."""

    text: Typed


class PackRequest(Form):
    """Addresses of what was pinned, in order."""

    addresses: Annotated[tuple[Address, ...], Field(max_length=MOST_PINNED)]
