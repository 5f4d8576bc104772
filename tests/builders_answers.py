"""An assistant over a few documents, with a triage that the test chooses."""

from collections.abc import Callable, Sequence
from typing import Any

from builders import build_collection, build_document
from fakes import PLAIN, FakeEncoder

from b12assistant.answering.assistant import Answerer
from b12assistant.answering.engine import Engine
from b12assistant.answering.signals import Calibration
from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, RuleId, TextId, Triage, Turn
from b12assistant.config import Settings
from b12assistant.types import Document, Interest, Source

# A quote is shown from a score of 0.1, without a warning from 0.5. The score is the share of the question it holds.
EASY = Calibration(bias=-20, possibly=1.2e-7, answered=0.5, closeness=40)
Triaging = Callable[[Sequence[Turn]], Triage]


def calm(_turns: Sequence[Turn]) -> Triage:
    return Triage()


def flagging(level: Level, text: str | None = None, *, certain: bool = True) -> Triaging:
    """A triage that finds this flag in every turn."""
    flag = Flag(level, FlagKind.MEDICAL, RuleId(f"rule_{level}"), certain)
    notice = Notice(NoticeKind.RED_FLAG, TextId(text or level), flag)
    return lambda turns: Triage((notice,))


def broken(_turns: Sequence[Turn]) -> Triage:
    raise RuntimeError("no rules")


def no_engine() -> Engine:
    raise AssertionError("the engine was called")


def source(text: str, file: str = "a.txt", interest: Interest = Interest.NONE, **facts: Any) -> Document:
    return build_document(text, file=file, source=Source(title=f"About {file}", interest=interest, **facts))


def assistant(
    *documents: Document,
    triage: Triaging = calm,
    engine: Callable[[], Engine] | None = None,
    calibration: Calibration = EASY,
    encoder: FakeEncoder | None = None,
) -> Answerer:
    used = encoder or FakeEncoder()
    built = Engine(build_collection(*documents), used, PLAIN) if documents else None
    return Answerer(
        triage=triage,
        engine=engine or (lambda: built or no_engine()),
        settings=Settings(),
        calibration=calibration,
    )
