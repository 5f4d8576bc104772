"""Answer what is typed on the page: add a turn to the conversation, or return a note that says why not.

Only the user's own turns determine an answer. A turn is drawn once, by pure functions, and kept in the session, which
is only in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from b12assistant.answers import Reply
from b12assistant.application.live import Live
from b12assistant.display.labels import label
from b12assistant.display.markup import draw
from b12assistant.display.presentation import turn_html
from b12assistant.index.collection import publications
from b12assistant.safety.fixed_texts import CONTROLS, controls_for
from b12assistant.web.http_models import CONVERSATION
from b12assistant.web.problems import LateError, PassingError, sentence_of
from b12assistant.web.questions import Questions, Warmup


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn as the page shows it. ``controls``: what is below it, if it is only a safety text."""

    number: int
    question: str
    html: str
    controls: tuple[tuple[str, str], ...] = ()  # name, and sentence in the reader's language


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far. ``count`` is not reset by a new conversation, so that turn numbers stay unique on the page."""

    turns: tuple[ShownTurn, ...] = ()
    count: int = 0

    @property
    def questions(self) -> list[str]:
        return [turn.question for turn in self.turns]


@dataclass(frozen=True)
class Asking:
    """What the page needs to answer: the live index, the lanes, and the state of loading."""

    live: Live
    questions: Questions
    warmup: Warmup

    async def ask(
        self, typed: str | None, talk: Conversation, *, as_typed: bool = False
    ) -> tuple[str, Conversation, str]:
        """Answer what is typed; return the new text of the box, the conversation, and a note if something is wrong."""
        question = typed or ""
        if not question.strip():
            return question, talk, draw("page.html", "note", label("ask.empty"))
        space = await asyncio.to_thread(self.live)
        number, is_loading = talk.count + 1, not self.warmup.ended

        def shown(reply: Reply) -> Conversation:
            answer, texts = reply.answer, space.texts
            controls = tuple(zip(CONTROLS, controls_for(answer, texts), strict=False))
            turn = ShownTurn(number, answer.question.text, turn_html(number, reply, texts), controls)
            return Conversation((*talk.turns, turn), number)

        ask = partial(self.questions.ask, space, question, talk.questions, as_typed=as_typed, then=shown)
        try:
            try:
                more = await ask()
            except LateError:
                if not is_loading:
                    raise
                await self._loaded()
                more = await ask()
        except Exception as error:  # noqa: BLE001 - the reader gets a message without internals
            why = error.code if isinstance(error, PassingError) else ""
            return question, talk, draw("page.html", "note", sentence_of(error), why)
        return "", more, ""

    async def restored(self, kept: str | None, talk: Conversation) -> tuple[Conversation, str]:
        """Ask again what a browser kept; return all of it as the conversation, or the old one and a note."""
        failed = (talk, draw("page.html", "note", label("ask.not_restored")))
        try:
            turns = CONVERSATION.validate_json(kept or "")
        except ValueError:
            return failed
        again = Conversation(count=talk.count)
        for turn in turns:
            _, again, note = await self.ask(turn.question, again, as_typed=turn.as_typed)
            if note:
                return failed
        return again, ""

    async def again(self, asked: str | None, talk: Conversation) -> tuple[str, Conversation, str]:
        """Ask a question of an earlier message by itself; return "" for the field that named it, and as ``ask``."""
        (turn,) = CONVERSATION.validate_json(asked or "")
        return "", *(await self.ask(turn.question, talk, as_typed=turn.as_typed))[1:]

    async def _loaded(self) -> None:
        while not self.warmup.ended:
            await asyncio.sleep(0.1)  # a thread that waits could not answer

    async def readiness(self) -> AsyncIterator[str]:
        """Yield the state of loading; the page is shown before it is done."""
        if not self.warmup.ended:
            yield self._state("loading")
        await self._loaded()
        problem = self.warmup.problem()
        if problem:
            yield self._state("failed", problem=problem)
            return
        opened = (await asyncio.to_thread(self.live)).opened
        number = len(publications(opened))
        yield "".join(
            (
                draw("page.html", "library", f"{number:,}") if number else "",
                self._state("ready"),
                draw("page.html", "state", label("ask.older"), "failed") if opened.problems else "",
            )
        )

    def _state(self, kind: str, **values: str) -> str:
        return draw("page.html", "state", label(f"ask.{kind}", **values), kind)
