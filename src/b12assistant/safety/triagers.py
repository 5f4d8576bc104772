"""Put triage together: the rules, the opinions beside them, and the judges that an audit compares.

Nothing is loaded before it is needed, and an emergency that the rules see needs no encoder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from b12assistant.errors import AssistantError
from b12assistant.protocols import Encoder
from b12assistant.safety.red_flags import Packaged
from b12assistant.safety.second_opinion import Advice, SecondOpinion, WordOpinion, load_fitted
from b12assistant.safety.triage import Rules, Triager, load_rules
from b12assistant.safety.word_model import load_word_model
from b12assistant.threads import once


@dataclass(frozen=True)
class Triagers:
    """``load_encoder``: the encoder, made at the first call; ``load``: the rules; ``opinion``: what they may raise."""

    load_encoder: Callable[[], Encoder]
    load: Callable[[], Rules] = load_rules
    opinion: Packaged = Packaged.ALL

    @once
    def rules(self) -> Rules:
        return self.load()

    @once
    def words(self) -> WordOpinion:
        rules = self.rules
        return WordOpinion(load_word_model(), rules.spelling.correct, rules.cues, rules.languages.is_foreign)

    @once
    def second(self) -> SecondOpinion:
        """Make the second opinion. Raises ``EncoderError`` without an encoder, or with one it was not fitted on."""
        return SecondOpinion(self.words, load_fitted(), self.load_encoder())

    @once
    def in_use(self) -> Triager:
        return self._with(Advice((lambda: self.second, lambda: self.words)))

    @once
    def without_encoder(self) -> Triager:
        """Use rules and words only: more alarms than the one in use, but no encoder to wait for."""
        return self._with(Advice((lambda: self.words,)))

    def _with(self, advice: Advice) -> Triager:
        return Triager(self.rules) if self.opinion is Packaged.NONE else Triager(self.rules, advice, self.opinion)

    def by_name(self) -> Mapping[str, Triager]:
        """Return all triagers; the one in use is the last."""
        return {
            "rules": Triager(self.rules),
            "rules and words": self.without_encoder,
            "rules and second opinion": self.in_use,
        }

    @property
    def problems(self) -> tuple[str, ...]:
        """Say why there is no second opinion, as a sentence; empty if there is one, or none is wanted."""
        if self.opinion is Packaged.NONE:
            return ()
        try:
            self.second  # noqa: B018 - made here, or it raises
        except AssistantError as error:
            return (f"triage goes without the second opinion: {error}",)
        return ()
