"""The golden answers."""

from functools import cache
from pathlib import Path

import pytest
from golden_answers import GOLDEN, answered, compared, summary
from golden_answers import read as read_answers

from b12assistant.api import Assistant

opened = cache(Assistant.open)
ROUNDING = 1  # answer: it differs between processors and may swap two equally good quotes


@pytest.mark.parametrize("chosen", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["one in ten", "others"])
def test_the_questions_get_their_golden_answers(chosen: bool, starter: Path) -> None:
    golden = [each for number, each in enumerate(read_answers(GOLDEN)) if (number % 10 == 0) is chosen]
    assistant = opened(starter / "index", corpus=starter / "corpus")
    changed = compared(golden, answered(assistant, {each["id"] for each in golden}))
    if len({id_ for ids in changed.values() for id_ in ids}) > ROUNDING:
        pytest.fail(f"{summary(changed, len(golden))}\nIf this is meant: python tools/golden_answers.py", pytrace=False)
