"""Answer what is typed on the page: add a turn to the conversation, or return a note that says why not.

Only the user's own turns determine an answer. A turn is drawn once, by pure functions, and kept in the session, which
is only in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from b12assistant.answers import Reply, Status
from b12assistant.application.live import Live
from b12assistant.application.shared_answer import shared
from b12assistant.application.workspace import Workspace
from b12assistant.display import answer_html
from b12assistant.display.labels import Labels
from b12assistant.errors import AssistantError
from b12assistant.safety.translations import CONTROLS, controls_for
from b12assistant.web.http_models import read_conversation
from b12assistant.web.problems import LateError, PassingError, logged, problem_of
from b12assistant.web.questions import Questions
from b12assistant.web.warmup import Warmup


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn as the page shows it.

    ``stopped``: it is only a safety text. ``controls``: what is below it, in the reader's language.
    """

    number: int
    question: str
    html: str
    stopped: bool
    as_typed: bool
    read_as: str | None = None  # what was searched, if not simply the question
    controls: tuple[tuple[str, str], ...] = ()  # name and sentence


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far. ``count`` is not reset by a new conversation, so that turn numbers stay unique on the page."""

    turns: tuple[ShownTurn, ...] = ()
    count: int = 0

    @property
    def questions(self) -> list[str]:
        return [turn.question for turn in self.turns]

    def with_reply(
        self, reply: Reply, space: Workspace, labels: Labels, *, as_typed: bool, is_shared: bool = False
    ) -> Conversation:
        """Return the conversation with one more turn."""
        setting = space.setting(labels=labels)
        number = self.count + 1
        html = answer_html.turn_html(number, reply, setting, as_typed=as_typed, is_shared=is_shared)
        stopped = reply.answer.status is Status.SAFETY_ONLY
        read_as = reply.answer.interpretation
        controls = zip(CONTROLS, controls_for(reply.answer.notices, setting.texts), strict=True) if stopped else ()
        shown = ShownTurn(
            number,
            reply.answer.question.text,
            html,
            stopped,
            as_typed,
            read_as.text if read_as else None,
            tuple((name, text.text) for name, text in controls),
        )
        return Conversation((*self.turns, shown), number)

    def cleared(self) -> Conversation:
        return replace(self, turns=())


@dataclass(frozen=True)
class Asking:
    """What the page needs to answer: the live index, the lanes, the labels, and the state of loading."""

    live: Live
    questions: Questions
    labels: Labels
    warmup: Warmup

    async def ask(
        self, typed: str | None, talk: Conversation, *, as_typed: bool = False, quotes: Sequence[str] = ()
    ) -> tuple[str, Conversation, str]:
        """Answer what is typed; return the new text of the box, the conversation, and a note if something is wrong.

        ``quotes``: addresses of the quotes of a shared answer, which is not part of this conversation.
        """
        question, space, earlier = typed or "", self.live(), [] if quotes else talk.questions

        def shown(reply: Reply) -> Conversation:
            reply = shared(space, reply, quotes) if quotes else reply
            return talk.with_reply(reply, space, self.labels, as_typed=as_typed, is_shared=bool(quotes))

        try:
            more = await self._patiently(
                lambda: self.questions.ask(space, question, earlier, as_typed=as_typed, then=shown)
            )
        except PassingError as error:
            return question, talk, answer_html.note(self.labels(f"ask.{error.code}"))
        except AssistantError as error:
            return question, talk, answer_html.note(problem_of(error).sentence)
        except Exception as error:  # noqa: BLE001 - the reader gets a message without internals
            logged(error)
            return question, talk, answer_html.note(self.labels("ask.broken"))
        return "", more, ""

    async def restored(self, kept: str | None, talk: Conversation) -> tuple[Conversation, str]:
        """Ask again what a browser kept; return all of it as the conversation, or the old one and a note."""
        try:
            turns = read_conversation(kept or "")
        except ValueError:
            return talk, answer_html.note(self.labels("ask.not_restored"))
        again = Conversation(count=talk.count)
        for turn in turns:
            _, again, note = await self.ask(turn.question, again, as_typed=turn.as_typed, quotes=turn.quotes)
            if note:
                return talk, answer_html.note(self.labels("ask.not_restored"))
        return again, ""

    async def _patiently(self, ask: Callable[[], Awaitable[Conversation]]) -> Conversation:
        """Call ``ask``; if it was late because of loading, wait for that and call it again."""
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
            await asyncio.sleep(0.1)  # a thread that waits could not answer

    async def suggested(self, talk: Conversation) -> AsyncIterator[tuple[str, ...]]:
        """Yield suggested questions after an answer; the old ones are removed at once."""
        yield ()
        if talk.turns and not talk.turns[-1].stopped:
            space = self.live()
            try:
                yield await self.questions.run(lambda: space.suggested(talk.questions))
            except PassingError:
                return  # suggestions are optional
            except Exception as error:  # noqa: BLE001 - the framework would print its message, which may hold the question
                logged(error)

    async def readiness(self) -> AsyncIterator[str]:
        """Yield the state of loading; the page is shown before it is done."""
        if not self.warmup.ended:
            yield answer_html.state(self.labels("ask.loading"), "loading")
        await self._loaded()
        problem = self.warmup.problem()
        if problem:
            yield answer_html.state(self.labels("ask.failed", problem=problem), "failed")
        else:
            opened = self.live().opened
            index = opened.collection
            ready = answer_html.ready(len(index.documents), len(index.passages), index.generation, self.labels)
            older = answer_html.state(self.labels("ask.older"), "failed") if opened.problems else ""
            yield f"{ready}{older}"
