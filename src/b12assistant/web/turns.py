"""What comes of what is typed on the page: a conversation with a turn more, or a note that says why not.

The user's own turns alone determine every answer. What a turn shows is made once, by pure functions, and kept in the
session; the session is in memory only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

from b12assistant.answers import Reply, Status
from b12assistant.application.live import Live
from b12assistant.application.workspace import Workspace
from b12assistant.display import answer_html
from b12assistant.display.labels import Labels
from b12assistant.errors import AssistantError
from b12assistant.web.problems import LateError, PassingError, logged, problem_of
from b12assistant.web.questions import Questions
from b12assistant.web.warmup import Warmup


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn as the page shows it; ``held``: it is a safety text alone, which has its controls."""

    number: int
    question: str
    html: str
    held: str | None  # of an emergency: what follows its controls
    read_as: str | None = None  # what was searched, where that is not simply the question


@dataclass(frozen=True, slots=True)
class Conversation:
    """``count`` goes on when a new conversation begins, so that no number of a turn is given twice on a page."""

    turns: tuple[Shown, ...] = ()
    count: int = 0

    @property
    def questions(self) -> list[str]:
        return [turn.question for turn in self.turns]

    def with_reply(self, reply: Reply, space: Workspace, said: Labels, *, as_typed: bool) -> Conversation:
        """One turn more."""
        setting = space.setting(reply, said=said)
        number = self.count + 1
        html = answer_html.turn_html(number, reply, setting, as_typed=as_typed)
        stopped = reply.answer.status is Status.SAFETY_ONLY
        held = answer_html.general_html(reply, setting) if stopped else None
        read_as = reply.answer.interpretation
        shown = Shown(number, reply.answer.question.text, html, held, read_as.text if read_as else None)
        return Conversation((*self.turns, shown), number)

    def anew(self) -> Conversation:
        return replace(self, turns=())


@dataclass(frozen=True)
class Asking:
    """Whom the page asks, within which bounds, the language it speaks, and what is being loaded behind it."""

    live: Live
    questions: Questions
    said: Labels
    warmup: Warmup

    async def ask(
        self, typed: str | None, talk: Conversation, *, as_typed: bool = False
    ) -> tuple[str, Conversation, str]:
        """What is typed, answered: what the box then holds, the conversation, and a note if something is wrong."""
        question, space, earlier = typed or "", self.live(), talk.questions

        def shown(reply: Reply) -> Conversation:
            return talk.with_reply(reply, space, self.said, as_typed=as_typed)

        try:
            more = await self._patiently(
                lambda: self.questions.ask(space, question, earlier, as_typed=as_typed, then=shown)
            )
        except PassingError as error:
            return question, talk, answer_html.note(self.said(f"ask.{error.code}"))
        except AssistantError as error:
            return question, talk, answer_html.note(problem_of(error).sentence)
        except Exception as error:  # noqa: BLE001 - whatever broke, the reader is told, and nothing of the inside
            logged(error)
            return question, talk, answer_html.note(self.said("ask.broken"))
        return "", more, ""

    async def _patiently(self, ask: Callable[[], Awaitable[Conversation]]) -> Conversation:
        """What ``ask`` gives; a question that was late because all was still being loaded is asked again after that."""
        loading = not self.warmup.ended
        try:
            return await ask()
        except LateError:
            if not loading:
                raise
        await self._loaded()
        return await ask()

    async def _loaded(self) -> None:
        while not self.warmup.ended:
            await asyncio.sleep(0.1)  # a thread that waits would be one less that answers

    async def suggested(self, talk: Conversation) -> AsyncIterator[tuple[str, ...]]:
        """Questions to go on with, once the answer is there; those of the answer before go at once."""
        yield ()
        if talk.turns and talk.turns[-1].held is None:
            space = self.live()
            try:
                yield await self.questions.run(lambda: space.suggested(talk.questions))
            except PassingError:
                return  # nobody asked for them
            except Exception as error:  # noqa: BLE001 - the framework would print its message, which may hold the question
                logged(error)

    async def readiness(self) -> AsyncIterator[str]:
        """How far the encoder is; the page is there before it."""
        if not self.warmup.ended:
            yield answer_html.state(self.said("ask.loading"), "loading")
        await self._loaded()
        problem = self.warmup.problem()
        if problem:
            yield answer_html.state(self.said("ask.failed", problem=problem), "failed")
        else:
            opened = self.live().opened
            found = opened.collection
            ready = answer_html.ready(len(found.documents), len(found.passages), found.generation, self.said)
            older = answer_html.state(self.said("ask.older"), "failed") if opened.problems else ""
            yield f"{ready}{older}"
