"""Write what follows from a curator's marks as files: the corpus's own lists of questions, what is to be written, and
gold for `evaluate`. All are written, or none; the last save can be undone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from b12assistant.application.improvement import Bench, MarkedResult, MarkEffect, MarkPlan, flowing
from b12assistant.application.marks import MarkVerdict, QuestionJudgement
from b12assistant.corpus.folder import NOT_ANSWERED_FILE
from b12assistant.corpus.provenance import read_sentences, sentences_file
from b12assistant.corpus.question_lists import SentenceChange, with_not_answered, with_questions
from b12assistant.data_files import replace_file
from b12assistant.errors import CorpusError, SourceFactsError
from b12assistant.types import DocumentId, Range

GAPS, GOLD = "gaps.md", "gold.jsonl"
QUESTIONS = "questions.jsonl"  # what readers asked, if `questions.log` is on
SAVED = "last_save.json"
_WRITING, _WRITTEN = "writing", "written"
_PLACES = 3  # nearest places of a gap
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&])")
_HEAD = """# What is still to be written

`b12assistant improve` writes this page at each save. The places are the nearest that the corpus has.
"""


def folder_of(corpus: Path) -> Path:
    """Return the folder beside a corpus in which its workbench keeps marks, gaps, gold and readers' questions."""
    whole = corpus.resolve()
    return whole.with_name(f"{whole.name}-improve")


def files_of(bench: Bench, plan: MarkPlan, folder: Path) -> dict[Path, str]:
    """Return the new text of each file that changes. Raises ``SourceFactsError`` for one that cannot be edited."""
    corpus = bench.space.corpus.resolve()
    files = {corpus / sentences_file(document): text for document, text in _sentences(bench, plan)}
    listed = corpus / NOT_ANSWERED_FILE
    files[listed] = with_not_answered(_text(listed), plan.of_none, plan.answered)
    files[folder / GAPS] = _gaps(bench, plan.judgements)
    files[folder / GOLD] = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in _gold(plan.judgements))
    return {path: text for path, text in files.items() if text != _text(path)}


def _sentences(bench: Bench, plan: MarkPlan) -> Iterator[tuple[DocumentId, str]]:
    changes: dict[DocumentId, dict[Range, list[list[str]]]] = {}
    for which, pairs in enumerate((plan.ask, plan.withdraw)):
        for place, question in pairs:
            found = bench.sentence(place) if which == 0 else bench.asked_place(place)
            if found:
                of_document = changes.setdefault(place.document, {})
                of_document.setdefault(found[1].range, [[], []])[which].append(question)
    for document, of_sentences in changes.items():
        entry = bench.space.entries[document]
        read_sentences(bench.space.corpus, document)  # raises, with the line, if the file is not as it should be
        edits = [SentenceChange(range_, tuple(add), tuple(drop)) for range_, (add, drop) in of_sentences.items()]
        text = _text(bench.space.corpus / sentences_file(document))
        yield document, with_questions(text, entry.document, edits)


def _gold(judgements: Sequence[QuestionJudgement]) -> Iterator[dict[str, object]]:
    for each in judgements:
        if each.is_settled:
            name = hashlib.sha256(flowing(each.question).encode("utf-8", "replace")).hexdigest()[:10]
            gold = [place.text for place in each.right]
            yield {"id": f"marked-{name}", "kind": "marked", "question": each.question, "gold": gold}


def _gaps(bench: Bench, judgements: Sequence[QuestionJudgement]) -> str:
    sections = {
        "To be written": [each for each in judgements if each.whole is MarkVerdict.MISSING],
        "Answered in part only": [each for each in judgements if not each.is_settled and each.part],
        "Wrong, and nobody has said what answers": [
            each for each in judgements if not each.is_settled and not each.part and each.verdicts
        ],
    }
    listed = [
        f"\n## {title}\n\n" + "".join(_gap(bench, each) for each in some) for title, some in sections.items() if some
    ]
    return _HEAD + "".join(listed or ["\nNothing at present.\n"])


def _gap(bench: Bench, judgement: QuestionJudgement) -> str:
    places = [*judgement.part, *(near.place for near in bench.nearest(judgement.question, _PLACES))]
    near = "".join(f"    * {_escaped(str(place))}\n" for place in list(dict.fromkeys(places))[:_PLACES])
    return f"* {_escaped(flowing(judgement.question))}\n{near}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def summary_of(effects: Sequence[MarkEffect]) -> Iterator[str]:
    """Yield what the marks change, a sentence each: figures before and after, then each question that loses."""
    answerable = [each for each in effects if each.judgement.right]
    others = [each for each in effects if not each.judgement.right]

    def counts(some: Sequence[MarkEffect], result: MarkedResult) -> str:
        return f"{sum(each.before is result for each in some)} → {sum(each.after is result for each in some)}"

    if answerable:
        yield f"right sentence first, of {len(answerable)} questions with one: {counts(answerable, MarkedResult.FIRST)}"
        yield f"of these, no answer at all: {counts(answerable, MarkedResult.REFUSED)}"
    if others:
        yield f"no answer, of {len(others)} questions that nothing answers yet: {counts(others, MarkedResult.REFUSED)}"
    yield f"gained: {sum(each.is_gained for each in effects)}; lost: {sum(each.is_lost for each in effects)}"
    for each in effects:
        if each.is_lost:
            yield f"LOST: “{flowing(each.judgement.question)}”: {each.before} → {each.after}"


@dataclass(frozen=True)
class Saver:
    """Writes files all or none, below ``root``. ``folder``: where it keeps what they were before."""

    folder: Path
    root: Path = field(default=Path())

    @property
    def _journal(self) -> Path:
        return self.folder / SAVED

    def save(self, files: Mapping[Path, str]) -> None:
        """Write the files. Raises ``CorpusError`` if one cannot be written; then none is."""
        before = {path: _text(path) if path.exists() else None for path in files}
        rows = [
            {"file": str(path.relative_to(self.root)), "before": before[path], "after": _digest(text)}
            for path, text in files.items()
        ]
        try:
            self._note(_WRITING, rows)
            try:
                for path, text in files.items():
                    replace_file(path, text.encode())
            except OSError:
                self._restore(before)
                self._journal.unlink(missing_ok=True)
                raise
            self._note(_WRITTEN, rows)
        except OSError as error:
            raise CorpusError(
                f"nothing was saved: {error.filename or self.folder} cannot be written ({error.strerror})",
                hint="free disk space or fix permissions, then save again; the marks are kept",
            ) from error

    def undo(self) -> int:
        """Put the files of the last save back as they were; return how many. Raises ``CorpusError`` if one was changed
        since, and then leaves all as they are."""
        state, rows = self._noted()
        if state != _WRITTEN:
            return 0
        for row in rows:
            if _digest(_text(self.root / row["file"])) != row["after"]:
                raise CorpusError(
                    f"{row['file']} was changed after the last save, and undoing would lose that",
                    hint="edit it by hand",
                )
        try:
            self._restore({self.root / row["file"]: row["before"] for row in rows})
            self._journal.unlink(missing_ok=True)
        except OSError as error:
            raise CorpusError(
                f"{error.filename} cannot be written ({error.strerror})", hint="fix permissions"
            ) from error
        return len(rows)

    def recover(self) -> str:
        """Put back what a save that was cut off had begun to write; return a sentence if there was one."""
        state, rows = self._noted()
        if state != _WRITING:
            return ""
        self._restore({self.root / row["file"]: row["before"] for row in rows})
        self._journal.unlink(missing_ok=True)
        return "The last save was cut off; its files are as they were before it. The marks are kept: save again."

    def _note(self, state: str, rows: Sequence[Mapping[str, str | None]]) -> None:
        replace_file(self._journal, json.dumps({"state": state, "files": rows}, ensure_ascii=False).encode())

    def _noted(self) -> tuple[str, list[dict[str, str]]]:
        try:
            noted = json.loads(self._journal.read_bytes())
            return noted["state"], noted["files"]
        except FileNotFoundError:
            return "", []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorpusError(f"{self._journal} cannot be read", hint="remove it; only undoing needs it") from error

    def _restore(self, before: Mapping[Path, str | None]) -> None:
        for path, text in before.items():
            if text is None:
                path.unlink(missing_ok=True)
            else:
                replace_file(path, text.encode())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode() if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFactsError(f"{path} cannot be read", hint="save it as UTF-8 text") from error
