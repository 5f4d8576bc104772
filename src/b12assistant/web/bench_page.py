"""The workbench as a page of this machine: what `improve` does at a terminal, in a browser.

A server of its own, never part of what readers see: on 127.0.0.1, below an address with a key made at its start. Pages
are drawn here; the one script turns a pressed key into a click on what has that key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qsl

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from b12assistant.application.improved_files import Saver, files_of, summary_of
from b12assistant.application.improvement import LETTERS, MARKED, STAYS, Bench, BenchView, in_words, mark_of
from b12assistant.application.marks import QuestionJudgement
from b12assistant.corpus.question_lists import same_question
from b12assistant.display import addresses, terminal
from b12assistant.display.answer_html import turn_html
from b12assistant.display.labels import load_labels
from b12assistant.display.markup import Layer, layered, plain, revealed, style_sheets
from b12assistant.errors import AssistantError
from b12assistant.web import listening
from b12assistant.web.policy import Policy
from b12assistant.web.service import UNWATCHED

HOST, PORT = "127.0.0.1", 7862
_SHEETS = ("unseen.css", "plain.css", "improve.css")
_SCRIPT = """
addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || at.matches("input")) return;
  if (event.key === "Enter" && at.matches("a, button")) return;
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!control) return;
  event.preventDefault();
  control.matches("input") ? control.focus() : control.click();
});
document.querySelector("mark")?.scrollIntoView({ block: "center" });
"""
Asked = Mapping[str, str]  # the fields of a form or an address


@dataclass
class Desk:
    """A curator in front of one question after another. ``said``: sentences for the next page. ``root``: the beginning
    of all its addresses, with the key."""

    bench: Bench
    saver: Saver
    questions: tuple[str, ...]
    said: list[str] = field(default_factory=list)
    root: str = field(default_factory=lambda: f"/{secrets.token_urlsafe(24)}/")
    _lock: Lock = field(default_factory=Lock)

    def page(self, draw: Callable[[Asked], str], asked: Asked) -> Response:
        """Draw a page; what is wrong is on it."""
        with self._lock:
            try:
                body = draw(asked)
            except AssistantError as error:
                body = (
                    f'<p class="alarm">{revealed(str(error))}</p><p><a href="{self.root}">Back to the questions</a></p>'
                )
            told, self.said = _paragraphs("notice", self.said), []
        page = (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Workbench</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
            f"<style>{style_sheets(*_SHEETS)}</style></head>\n"
            f'<body><main><h1>Workbench</h1><div role="status">{told}</div>\n{body}</main>'
            f"<script>{_SCRIPT}</script></body></html>\n"
        )
        return HTMLResponse(page.encode("utf-8", "replace"), headers={"cache-control": "no-store"})

    def act(self, act: Callable[[int, Asked], int], asked: Asked) -> Response:
        """Do what a form says; go to the question that is due."""
        at = self._at(asked)
        with self._lock:
            try:
                at = act(at, asked)
            except AssistantError as error:
                self.said.append(str(error))
        return RedirectResponse(f"{self.root}?q={at}", 303)

    def _at(self, asked: Asked) -> int:
        """Return the number of the question, from 0; without one, the first that has no mark."""
        given = asked.get("q", "")
        if given.isdecimal():
            return min(int(given[:9]), len(self.questions))
        judged = self.bench.log.judgements
        return next((at for at, each in enumerate(self.questions) if same_question(each) not in judged), 0)

    def _judged(self, at: int) -> QuestionJudgement | None:
        return self.bench.log.judgements.get(same_question(self.questions[at]))

    def _look(self, at: int, words: str) -> BenchView:
        """Return a question as it is answered; ``words``: what the sentences should be near to instead."""
        look = self.bench.look(self.questions[at])
        return replace(look, nearest=self.bench.nearest(words)) if words else look

    def mark(self, at: int, asked: Asked) -> int:
        """Mark the question with a key."""
        key = asked.get("key", "")
        if at >= len(self.questions) or len(key) != 1 or not (key in MARKED or key in LETTERS):
            return at
        mark = mark_of(self._look(at, asked.get("find", "")), key)
        if mark is None:
            self.said.append("There is nothing that this could be about.")
            return at
        judgement = self.bench.log.add(mark)
        self.said.append(f"Question {at + 1}: {in_words(judgement)}")
        if judgement.overruled:
            self.said.append(f"The last mark counts: before, {judgement.overruled}.")
        if key in STAYS:
            self.said.append("Which sentence answers? A to T, n, m, or Enter for the next question.")
        return at if key in STAYS else at + 1

    def undo(self, at: int, _: Asked) -> int:
        """Take the last mark back; go to its question."""
        mark = self.bench.log.undo()
        if mark is None:
            self.said.append("There is no mark to take back.")
            return at
        self.said.append(f"Taken back: {mark.verdict} of “{mark.question[:60]}”.")
        return self.questions.index(mark.question) if mark.question in self.questions else at

    def save(self, at: int, asked: Asked) -> int:
        """Save what was shown; nothing if the marks have changed since."""
        files = files_of(self.bench, self.bench.plan(), self.saver.folder)
        if asked.get("shown") != _digest(files):
            self.said.append("Nothing was saved: the marks have changed since the effect was shown. Look again.")
        elif files:
            self.saver.save(files)
            self.said.append("Saved. `b12assistant index` brings it to readers; “Undo the last save” takes it back.")
        return at

    def undo_save(self, at: int, _: Asked) -> int:
        """Take the last save back."""
        back = self.saver.undo()
        self.said.append(
            f"{back} files are as they were before the last save." if back else "There is no save to undo."
        )
        return at

    def question(self, asked: Asked) -> str:
        """Draw a question, its answer, why, and the nearest sentences, with a button for each key."""
        at, words = self._at(asked), asked.get("find", "").strip()
        marked = f"{len(self.bench.log.judgements)} marked"
        if at >= len(self.questions):
            return f"<p>That was the last of {at} questions; {marked}.</p>{self._ways(at)}"
        look, judgement, labels = self._look(at, words), self._judged(at), load_labels()
        setting = self.bench.space.setting(labels=labels, base=self.root.rstrip("/"))
        return (
            f"<p>Question {at + 1} of {len(self.questions)}, {marked}</p>"
            f"{_paragraphs('judgement', [in_words(judgement)] if judgement else [])}{self._ways(at)}"
            f"{turn_html(1, look.reply, setting)}"
            f"<h2>Why</h2>{_paragraphs('why', look.why)}{self._keys(at, look, words)}"
            f'<form><input type="hidden" name="q" value="{at}"><label><kbd>f</kbd> Find other sentences: '
            f'<input name="find" data-key="f" value="{plain(words)}"></label> <button>Find</button></form>'
        )

    def _keys(self, at: int, look: BenchView, words: str) -> str:
        """Draw a button for each mark, and one for each sentence."""
        buttons = "".join(
            f'<button name="key" value="{key}" data-key="{key}"><kbd>{key}</kbd> {name}</button>'
            for key, name in MARKED.items()
        )
        near = f"Sentences near “{revealed(words)}”" if words else "Nearest sentences"
        hidden = f'<input type="hidden" name="find" value="{plain(words)}">'
        hint = "Press the letter of one that answers (as a capital, on the keyboard)."
        return self._form(
            "mark",
            at,
            f'{hidden}<h2>Mark it</h2><div class="keys">{buttons}</div>'
            f"<h2>{near}</h2><p>{hint}</p><ol>{_nearest(look)}</ol>",
        )

    def _ways(self, at: int) -> str:
        """Draw the ways from a question to others, back, and to saving."""
        before = f'<a href="{self.root}?q={at - 1}" data-key="b"><kbd>b</kbd> Back</a>' if at else ""
        after = (
            f'<a href="{self.root}?q={at + 1}" data-key="Enter"><kbd>Enter</kbd> Next</a>'
            if at < len(self.questions)
            else ""
        )
        undo = self._form("undo", at, '<button data-key="u"><kbd>u</kbd> Undo the last mark</button>')
        unsave = self._form("undo-save", at, '<button data-key="z"><kbd>z</kbd> Undo the last save</button>')
        save = f'<a href="{self.root}save?q={at}" data-key="s"><kbd>s</kbd> Save …</a>'
        return f"<nav>{before}{after}{undo}{save}{unsave}</nav>"

    def _form(self, name: str, at: int, inside: str) -> str:
        hidden = f'<input type="hidden" name="q" value="{at}">'
        return f'<form method="post" action="{self.root}{name}">{hidden}{inside}</form>'

    def effects(self, asked: Asked) -> str:
        """Draw what the marks change, and what would be written."""
        at, plan = self._at(asked), self.bench.plan()
        files = files_of(self.bench, plan, self.saver.folder)
        back = f'<a href="{self.root}?q={at}" data-key="n"><kbd>n</kbd> Back without saving</a>'
        if not files:
            return f"{_paragraphs('notice', plan.aside)}<p>Nothing new to save.</p><nav>{back}</nav>"
        names = "".join(f"<li>{revealed(str(path.relative_to(self.saver.root)))}</li>" for path in files)
        shown = f'<input type="hidden" name="shown" value="{_digest(files)}">'
        save = self._form("saved", at, f'{shown}<button data-key="y"><kbd>y</kbd> Save</button>')
        changes = _paragraphs("effect", summary_of(self.bench.effects(plan)))
        return (
            f"{_paragraphs('notice', plan.aside)}<h2>All marked questions, now → with the marks</h2>{changes}"
            f"<h2>This would be written</h2><ul>{names}</ul><p>Documents are never changed.</p><nav>{save}{back}</nav>"
        )

    def document(self, asked: Asked) -> str:
        """Draw the text of a document with what an address marks."""
        text, place = self.bench.space.document(asked["document"]).document.text, addresses.read(asked)
        found = place.found_in(text) if place else None
        layers = [Layer(each.start, each.end, "<mark>", "</mark>") for each in (found.spans if found else ())]
        return f'<h2>{revealed(asked["document"])}</h2><div class="document">{layered(text, layers)}</div>'


def application(desk: Desk) -> Policy:
    """Return the application of a desk, which answers this machine only, below its root."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=UNWATCHED)

    def shows(draw: Callable[[Asked], str]) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            return await run_in_threadpool(desk.page, draw, {**request.query_params, **request.path_params})

        return show

    def acts(act: Callable[[int, Asked], int]) -> Callable[[Request], Awaitable[Response]]:
        async def done(request: Request) -> Response:
            form = parse_qsl((await request.body()).decode("utf-8", "replace"), encoding="utf-8", errors="replace")
            return await run_in_threadpool(desk.act, act, dict(form))

        return done

    for name, draw in {"": desk.question, "save": desk.effects, "d/{document:whole}": desk.document}.items():
        app.add_route(f"{desk.root}{name}", shows(draw), methods=["GET"])
    for name, act in {"mark": desk.mark, "undo": desk.undo, "saved": desk.save, "undo-save": desk.undo_save}.items():
        app.add_route(f"{desk.root}{name}", acts(act), methods=["POST"])
    return Policy(app, (desk.root,), HOST)


def serve(desk: Desk, port: int = PORT) -> None:
    """Serve a desk until stopped. Raises ``ServerError`` if the port is in use."""
    listening.start(desk.bench.space.configuration.settings.web.log)
    with listening.listen(HOST, port, otherwise=PORT) as listener:
        address = f"{listening.address(HOST, listener)}{desk.root}"
        terminal.line(f"The workbench is at {address} (keep it to yourself: its key is in it; Ctrl+C stops it)")
        listening.run(application(desk), listener)


def _nearest(look: BenchView) -> str:
    return "".join(
        f'<li><button name="key" value="{letter}" data-key="{letter}" aria-label="{letter}: this sentence answers">'
        f"<kbd>{letter}</kbd></button> <span>{revealed(near.place.text)} <small>{revealed(near.place.document)}, "
        f"{near.closeness:.2f}</small></span></li>"
        for letter, near in zip(LETTERS, look.nearest, strict=False)
    )


def _paragraphs(kind: str, sentences: Iterable[str]) -> str:
    return "".join(f'<p class="{kind}" dir="auto">{revealed(sentence)}</p>' for sentence in sentences if sentence)


def _digest(files: Mapping[Path, str]) -> str:
    return hashlib.sha256(repr(sorted((str(path), text) for path, text in files.items())).encode()).hexdigest()
