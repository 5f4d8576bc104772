"""Who speaks: whose words they are, what a summary rests on, and whether the source sells what it recommends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from b12assistant.display.labels import Labels
from b12assistant.types import Attribution, Interest, OriginId, Source, SourceKind, Span


@dataclass(frozen=True, slots=True)
class Basis:
    """A publication that our summary rests on: who published what, when, and the place in it."""

    id: OriginId
    title: str
    publisher: str
    kind: SourceKind
    published: str
    url: str
    place: str

    @classmethod
    def of(cls, found: Attribution) -> Basis:
        """Name the publication of an attribution."""
        origin = found.origin
        return cls(origin.id, origin.title, origin.publisher, origin.kind, origin.published, origin.url, found.place)

    @property
    def words(self) -> str:
        """Publisher and title, with the year where it is known."""
        year = f" ({self.published})" if self.published[:1].isdigit() else ""
        return f"{self.publisher}: {self.title}{year}"

    @property
    def link(self) -> str:
        """The address on the web, "" if there is none."""
        return self.url if self.url.startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks. Labels begin with a small letter; "" for what is not known.

    ``basis``: the publications that our summary rests on; its own publisher and date then say nothing more.
    ``interest``: the label that must stand beside a source that sells, or may; ``sells``: it does.
    """

    whose: str
    publisher: str
    published: str
    interest: str
    sells: bool
    basis: tuple[Basis, ...] = ()

    @classmethod
    def of(cls, source: Source, said: Labels, basis: Sequence[Basis] = ()) -> Speaker:
        """Put the facts of a source in words."""
        return cls(
            said("speaker.our_summary") if basis else said.whose_words(source),
            "" if basis else source.publisher or "",
            said.day(source.published) if source.published and not basis else "",
            said.interest(source) or "",
            source.interest is Interest.SELLS,
            tuple(basis),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """In whose words, what they rest on, who published it, when: what is known, in order."""
        about = (self.whose, *(each.words for each in self.basis), self.publisher, self.published)
        return tuple(part for part in about if part)


def basis_of(spans: Sequence[Span]) -> tuple[Basis, ...]:
    """Name what words of one document rest on, best evidence first."""
    return tuple(map(Basis.of, spans[0].document.attributed([span.range for span in spans])))
