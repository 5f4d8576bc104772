"""Draw an answer as HTML for the page, from the pieces of ``presentation``: `templates/answer.html` has its form.

Everything a source or a user wrote goes through ``markup``; the rest is labels of the interface and fixed texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeVar

from b12assistant.answers import NoticeKind, Reply, TextId
from b12assistant.display.labels import Labels
from b12assistant.display.markup import draw
from b12assistant.display.presentation import (
    Also,
    AskedHeading,
    Further,
    Headline,
    Nearest,
    Origins,
    Piece,
    ReadAs,
    Setting,
    ShownDifference,
    ShownNotice,
    answer_link,
    present,
)
from b12assistant.display.quoted import Quoted
from b12assistant.language.sentences import split_sentences

P = TypeVar("P", bound=Piece)
TEMPLATE = "answer.html"
DECISION = TextId("medical_decision")
# Quotes that a question shows at once: the first, and others while all of them are this short, in characters.
_AT_ONCE, _SHORT = 3, 300


def turn_html(number: int, reply: Reply, setting: Setting, *, as_typed: bool = False, is_shared: bool = False) -> str:
    """Draw a question and its answer; ``number`` must be unique on the page.

    Safety texts come first, or else at most one other notice; further notices come below the quotes. The general notice
    is at the foot of the page.
    """
    pieces = present(reply, setting)
    card = Card(pieces, setting.labels, answer_link(reply, pieces))
    # the last two: so that the turn can be asked again in the same way
    kinds = reply.answer.status + " as-typed" * as_typed + " shared" * is_shared
    return draw(TEMPLATE, "turn_html", number, reply.answer.question.text, kinds, card, setting.labels)


@dataclass(frozen=True, slots=True)
class AnsweredPart:
    """A question with what answers it; ``heading``: of a question of a message. ``folded``: quotes that are shown last.

    ``hidden``: how many sentences are not shown at once.
    """

    heading: AskedHeading | None
    headlines: list[Headline]
    shown: list[Quoted]
    folded: list[Quoted]
    also: list[Also]
    nearest: list[Nearest]
    hidden: int

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> AnsweredPart:
        heading = next(iter(_only(AskedHeading, pieces)), None)
        quotes = _only(Quoted, pieces)
        shown = quotes[:1]
        for quote in quotes[1:_AT_ONCE]:
            if sum(len(each.text) for one in (*shown, quote) for each in one.lead) > _SHORT:
                break
            shown.append(quote)
        folded = quotes[len(shown) :]
        hidden = (*chain(*(quote.rest for quote in shown)), *chain(*(quote.sentences for quote in folded)))
        count = sum(len(split_sentences(each.text)) or 1 for each in hidden)
        rest = _only(Headline, pieces), shown, folded, _only(Also, pieces), _only(Nearest, pieces), count
        return cls(heading, *rest)


@dataclass(frozen=True)
class Card:
    """The pieces of an answer, sorted as the page shows them. ``link``: the address that shows it again, or ""."""

    pieces: Sequence[Piece]
    labels: Labels
    link: str

    @cached_property
    def parts(self) -> list[AnsweredPart]:
        """Return the questions of a message; one without a heading for a message that is one question."""
        groups: list[list[Piece]] = [[]]
        for piece in self.pieces:
            if isinstance(piece, AskedHeading):
                groups.append([])
            groups[-1].append(piece)
        return [AnsweredPart.of(group) for group in groups[self.is_letter :]]

    @property
    def is_letter(self) -> bool:
        return bool(_only(AskedHeading, self.pieces))

    @property
    def has_quotes(self) -> bool:
        return bool(_only(Quoted, self.pieces))

    @cached_property
    def above(self) -> list[ShownNotice]:
        """Return the kind line, then the safety texts, or else at most one other notice if quotes follow.

        The notice on who decides is not among them in a refusal: below it, it says what to do.
        """
        notices = _only(ShownNotice, self.pieces)
        refused = not self.has_quotes and (self.is_letter or bool(_only(Headline, self.pieces)))
        kind = [notice for notice in notices if notice.kind is NoticeKind.KIND]
        alarms = [notice for notice in notices if notice.alarm and not (refused and notice.id == DECISION)]
        below = (NoticeKind.KIND, NoticeKind.DOSE, NoticeKind.ADVICE)
        telling = [notice for notice in notices if notice not in alarms and notice.kind not in below]
        return [*kind, *(alarms or (telling[:1] if self.has_quotes else []))]

    @property
    def below(self) -> list[ShownNotice]:
        return [notice for notice in _only(ShownNotice, self.pieces) if notice not in self.above]

    @property
    def differences(self) -> list[ShownDifference]:
        return _only(ShownDifference, self.pieces)

    @property
    def further(self) -> list[Further]:
        return _only(Further, self.pieces)

    @property
    def origins(self) -> Origins | None:
        return next(iter(_only(Origins, self.pieces)), None)

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        """Yield the publications of what is shown at once: the name of each, and its numbers."""
        at_once = {
            number
            for part in self.parts
            for quote in part.shown
            for sentence in quote.lead
            for number in sentence.numbers
        }
        names: dict[str, list[str]] = {}
        for number, basis in enumerate(self.origins.publications if self.origins else (), start=1):
            if number in at_once:
                names.setdefault(basis.short(self.labels), []).append(str(number))
        return ((name, ", ".join(numbers)) for name, numbers in names.items())

    @property
    def read_as(self) -> list[ReadAs]:
        return _only(ReadAs, self.pieces)


def _only(kind: type[P], pieces: Sequence[Piece]) -> list[P]:
    return [piece for piece in pieces if isinstance(piece, kind)]
