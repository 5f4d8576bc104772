"""The command `improve`: a curator reads the answers to a file of questions and marks each with one key."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b12assistant.command.invocation import lines, places
from b12assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from b12assistant.api import Workspace
    from b12assistant.application.improved_files import Saver
    from b12assistant.application.improvement import Bench, BenchView
    from b12assistant.application.marks import QuestionJudgement

_KEYS = (
    "r right  p in part  w wrong  A–T this sentence answers  n nothing answers  m needs writing\n"
    "f find other sentences  u undo  Enter next  b back  s save  z undo the last save  q quit"
)
_NEXT = ("", " ", "\r", "\n")
_END, _FIND = "q", "f"


@click.command()
@places
@click.argument("file", type=Path, metavar="[QUESTIONS]", required=False)
@click.option("--log", is_flag=True, help="Mark what readers asked the server, which `questions.log` keeps.")
@click.option("--page", is_flag=True, help="Work in a browser on this machine instead of the terminal.")
@click.option(
    "--port", default=7862, show_default=True, type=click.IntRange(0, 65535), help="With --page; 0 takes any."
)
def improve(space: Workspace, file: Path | None, port: int, *, log: bool, page: bool) -> None:
    """Mark answers, and prepare what makes them better.

    QUESTIONS is a text file with a question on each line, or JSON lines of {"question"}; a labelled set brings its
    gold. Each is shown with its answer as a reader sees it, why, and the twenty nearest sentences; one key marks it.
    Marks are kept at once beside the corpus. Before anything is saved, all marked questions are asked again with what
    the marks add. Saving writes questions into the corpus's own files (sentences/, not_answered.toml), a list of what
    is to be written, and gold for evaluate: all of them or none. No document is ever changed.

    \b
    Examples:
      b12assistant improve asked.txt
      b12assistant improve questions.jsonl
      b12assistant improve --log --page
    """
    from b12assistant.application.improved_files import Saver, folder_of
    from b12assistant.application.improvement import Bench
    from b12assistant.application.marks import MARKS, MarkLog
    from b12assistant.application.question_file import read_questions

    if space.configuration.is_packaged:
        raise UsageError(
            "the corpus that comes with the program is not edited", hint="make a project with `b12assistant new`"
        )
    folder = folder_of(space.corpus)
    questions = read_questions(_file(folder, file, log=log))
    space.opened  # noqa: B018 - raises here if there is no index
    with MarkLog(folder / MARKS) as marks:
        bench, saver = Bench(space, marks), Saver(folder, folder.parent)
        said = [saver.recover(), *questions.complaints, *marks.complaints, *bench.take_labels(questions.asked)]
        if page:
            from b12assistant.web import bench_page

            bench_page.serve(bench_page.Desk(bench, saver, tuple(questions.asked), said), port)
        else:
            _say(said)
            _Desk(bench, saver, tuple(questions.asked), _keys()).work()


def _file(folder: Path, file: Path | None, *, log: bool) -> Path:
    """Return the file of questions. Raises ``UsageError``."""
    from b12assistant.application.improved_files import QUESTIONS

    if log == (file is not None):
        raise UsageError("which questions should be marked?", hint="name a file of questions, or give --log")
    if file is None and not (folder / QUESTIONS).exists():
        hint = "set `log = true` under [questions] in b12assistant.toml and start the server again"
        raise UsageError(f"no question was kept yet in {folder / QUESTIONS}", hint=hint)
    return file or folder / QUESTIONS


def _say(sentences: Iterable[str]) -> None:
    if said := [sentence for sentence in sentences if sentence]:
        click.echo(lines(said))


def _keys() -> Callable[[], str]:
    """Return what reads the next key: of a terminal at once, else the first letter of the next line."""
    if sys.stdin.isatty():
        return click.getchar

    def first_of_line() -> str:
        line = sys.stdin.readline()
        return line.strip()[:1] if line else _END

    return first_of_line


@dataclass
class _Desk:
    """A curator at a terminal, in front of one question after another."""

    bench: Bench
    saver: Saver
    questions: tuple[str, ...]
    key: Callable[[], str]
    at: int = 0

    def work(self) -> None:
        """Show questions and take keys until the curator leaves; the first shown has no mark yet."""
        judged = self.bench.log.judgements
        open_ = [place for place, question in enumerate(self.questions) if not self._judged(question)]
        self.at = open_[0] if open_ else 0
        click.echo(f"{len(self.questions)} questions, {len(judged)} marked. Marks are kept in {self.bench.log.path}")
        try:
            while self._turn():
                pass
        except (KeyboardInterrupt, EOFError):
            click.echo("")
        kept = len(self.bench.log.judgements)
        click.echo(
            f"{kept} {'question is' if kept == 1 else 'questions are'} marked; the next start goes on from here."
        )

    def _judged(self, question: str) -> QuestionJudgement | None:
        from b12assistant.corpus.question_lists import same_question

        return self.bench.log.judgements.get(same_question(question))

    def _turn(self) -> bool:
        """Show the question and take keys until another is due; return whether there is one."""
        if self.at >= len(self.questions):
            click.echo("\nThat was the last question: s saves, b goes back, q quits.")
            look = None
        else:
            look = self.bench.look(self.questions[self.at])
            self._show(look)
        while True:
            click.echo("> ", nl=False)
            key = self._key()
            if key == _END:
                return False
            try:
                if key == _FIND and look is not None:
                    look = self._found(look)
                    continue
                moved = self._did(key, look)
            except AssistantError as error:
                click.echo(lines([str(error)]))
                moved = False
            if moved:
                return True

    def _key(self) -> str:
        key = self.key()
        click.echo(key if key.isprintable() else "")
        return key

    def _found(self, look: BenchView) -> BenchView:
        """Return the question with the sentences that are nearest to words the curator types."""
        click.echo("Words to look for: ", nl=False)
        words = sys.stdin.readline().strip()
        if not words:
            return look
        found = replace(look, nearest=self.bench.nearest(words))
        self._list(found)
        return found

    def _did(self, key: str, look: BenchView | None) -> bool:
        """Do what a key says; return whether the question changed."""
        if key in _NEXT or key == "b":
            self.at = max(0, self.at - 1) if key == "b" else min(self.at + 1, len(self.questions))
            return True
        if key == "s":
            self._save()
        elif key == "z":
            back = self.saver.undo()
            click.echo(f"{back} files are as they were before the last save." if back else "There is no save to undo.")
        elif key == "u":
            return self._undo()
        elif look is not None:
            return self._mark(look, key)
        return False

    def _undo(self) -> bool:
        mark = self.bench.log.undo()
        if mark is None:
            click.echo("There is no mark to take back.")
            return False
        click.echo(lines([f"Taken back: {mark.verdict} of “{mark.question[:60]}”."]))
        if mark.question in self.questions:
            self.at = self.questions.index(mark.question)
        return True

    def _mark(self, look: BenchView, key: str) -> bool:
        from b12assistant.application.improvement import LETTERS, MARKED, STAYS, in_words, mark_of

        mark = mark_of(look, key) if key in MARKED or key in LETTERS else None
        if mark is None:
            click.echo(_KEYS)
            return False
        judgement = self.bench.log.add(mark)
        if judgement.overruled:
            click.echo(lines([f"The last mark counts: before, {judgement.overruled}."]))
        click.echo(lines([in_words(judgement)]))
        if key in STAYS:
            click.echo("Which sentence answers? A–T, n, m, or Enter for the next question.")
            return False
        self.at += 1
        return True

    def _show(self, look: BenchView) -> None:
        from b12assistant.application.improvement import in_words
        from b12assistant.display import terminal
        from b12assistant.display.presentation import present

        click.echo(f"\n{'─' * terminal.WIDTH}\nQuestion {self.at + 1} of {len(self.questions)}")
        if judgement := self._judged(look.question):
            click.echo(lines([in_words(judgement)]))
        click.echo(lines([" ".join(look.question.split())]))
        click.echo("")
        sys.stdout.flush()
        terminal.answer(present(look.reply, self.bench.space.setting()), terminal.console())
        click.echo("\nWhy:")
        for sentence in look.why:
            click.echo(_wrapped(sentence, "  "))
        self._list(look)

    def _list(self, look: BenchView) -> None:
        from b12assistant.application.improvement import LETTERS

        click.echo("\nNearest sentences:")
        for letter, near in zip(LETTERS, look.nearest, strict=False):
            click.echo(_wrapped(f"{near.place.text}  ({near.place.document}, {near.closeness:.2f})", f"{letter}  "))
        click.echo(f"\n{_KEYS}")

    def _save(self) -> None:
        from b12assistant.application.improved_files import files_of, summary_of

        plan = self.bench.plan()
        _say(plan.aside)
        files = files_of(self.bench, plan, self.saver.folder)
        if not files:
            click.echo("Nothing new to save.")
            return
        click.echo("Asking all marked questions, without and with what the marks add …")
        _say(summary_of(self.bench.effects(plan)))
        _say(["This would be written:", *(f"  {path.relative_to(self.saver.root)}" for path in files)])
        click.echo("Save? y/n ", nl=False)
        if self._key() != "y":
            click.echo("Nothing was written; the marks are kept.")
            return
        self.saver.save(files)
        click.echo("Saved. `b12assistant index` brings it to readers; z takes it back.")


def _wrapped(text: str, lead: str) -> str:
    from b12assistant.display import terminal

    return textwrap.fill(terminal.inert(text), terminal.WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
