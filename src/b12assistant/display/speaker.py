"""Say who speaks: whose words they are, what a summary is based on, and whether the source sells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from b12assistant.display.labels import Labels
from b12assistant.types import Attribution, Interest, OriginId, Source, SourceKind, Span


@dataclass(frozen=True, slots=True)
class Basis:
    """A publication that our summary is based on, and the place in it."""

    id: OriginId
    title: str
    publisher: str
    kind: SourceKind
    published: str
    url: str
    place: str

    @classmethod
    def of(cls, attribution: Attribution) -> Basis:
        origin = attribution.origin
        return cls(
            origin.id, origin.title, origin.publisher, origin.kind, origin.published, origin.url, attribution.place
        )

    @property
    def is_known(self) -> bool:
        return not self.publisher.lower().startswith("unknown")

    @property
    def words(self) -> str:
        """Publisher and title, with the year if it is known."""
        year = f" ({self.published})" if self.published[:1].isdigit() else ""
        return f"{self.publisher}: {self.title}{year}"

    @property
    def link(self) -> str:
        """The web address, "" if there is none."""
        return self.url if self.url.startswith(("https://", "http://")) else ""

    @property
    def cited(self) -> str:
        """Publisher, title, year and web address, as far as they are known."""
        return f"{self.words} {self.link}".rstrip()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, as labels that begin with a small letter; "" for what is not known.

    ``basis``: the publications that our summary is based on, which come first; our own publisher and date are then left
    out. ``interest``: the label for a source that sells what it recommends, or may; ``sells``: it does.
    """

    whose: str
    publisher: str
    published: str
    interest: str
    sells: bool
    basis: tuple[Basis, ...] = ()

    @classmethod
    def of(cls, source: Source, labels: Labels, basis: Sequence[Basis] = ()) -> Speaker:
        return cls(
            labels("speaker.our_summary") if basis else labels.whose_words(source),
            "" if basis else source.publisher or "",
            labels.day(source.published) if source.published and not basis else "",
            labels.interest(source) or "",
            source.interest is Interest.SELLS,
            tuple(basis),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """What is known, in order: publications that a summary is based on, whose words, publisher, date."""
        return self._with(publication.words for publication in self.basis)

    @property
    def cited(self) -> tuple[str, ...]:
        """``parts``, with the web address of each publication."""
        return self._with(publication.cited for publication in self.basis)

    def _with(self, based_on: Iterable[str]) -> tuple[str, ...]:
        return tuple(part for part in (*based_on, self.whose, self.publisher, self.published) if part)


def basis_of(spans: Sequence[Span]) -> tuple[Basis, ...]:
    """Return the publications that spans of one document are based on, best evidence first."""
    return tuple(map(Basis.of, spans[0].document.attributed([span.range for span in spans])))
