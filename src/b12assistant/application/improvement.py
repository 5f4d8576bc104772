"""Let a curator mark what answers a file of questions.

A mark is written at once into the corpus's own lists: into `sentences/` for a question that a sentence answers, into
`not_answered.txt` for one that nothing answers, and taken from wherever it stood. What is marked is read from these
lists, so nothing else is kept. No document and no index is changed, and other lines of the lists that say something
stay as they are. Several curators may mark at once: each waits for the other's mark to be written.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from b12assistant.answering.assistant import SEARCHED_CHARACTERS, check_word, turns_of
from b12assistant.answers import Quote
from b12assistant.application.workspace import Workspace
from b12assistant.corpus.folder import NOT_ANSWERED_FILE, corpus_not_answered, text_of
from b12assistant.corpus.provenance import SentenceEntry, located, read_sentences, same_question, sentences_file
from b12assistant.data_files import read_lines, replace_file
from b12assistant.errors import CorpusError, QuestionError, UsageError
from b12assistant.language.words import find_words
from b12assistant.types import Document, DocumentId, Range, Span

NEAREST = 20
_SEARCHED = 60  # passages in which the nearest sentences are looked for
_MOST_NAMED = 5  # lines of a file of questions that are left out
_ENDS_LINE = re.compile("[\x85\u2028\u2029]")
_FORM = "give a text file with a question on each line"


def read_questions(path: Path) -> tuple[list[str], list[str]]:
    """Return the questions of a file, and a sentence for each of the first lines that are left out, one for the rest.

    Raises ``UsageError`` if the file cannot be read or holds no question.
    """
    lines = read_lines(path, hint=_FORM)
    if path.suffix in (".json", ".jsonl") or (lines and lines[0][1].lstrip().startswith("{")):
        raise UsageError(f"{path} holds JSON", hint=_FORM)
    found: dict[str, str] = {}
    complaints = []
    for number, line in lines:
        question = " ".join(line.split())
        if question.startswith("#"):
            continue
        try:
            turns_of(question, ())
            check_word(question)
        except QuestionError as error:
            complaints.append(f"{path}:{number} is left out: {error.message}")
        else:
            if (same := same_question(question)) in found:
                complaints.append(f"{path}:{number} is left out: an earlier line asks the same question")
            found.setdefault(same, question)
    if not found:
        raise UsageError(f"{path} holds no question", hint=_FORM)
    if more := len(complaints[_MOST_NAMED:]):
        complaints[_MOST_NAMED:] = [f"{more:,} more of its lines are left out"]
    return list(found.values()), complaints


@dataclass
class Improver:
    """The open index, and the corpus's lists of questions."""

    space: Workspace
    _saved: list[dict[Path, tuple[str | None, str]]] = field(default_factory=list)  # before and after each mark

    def marked(self, questions: Iterable[str]) -> list[bool]:
        """Return whether each question stands in the corpus's lists."""
        known = set(map(same_question, marked_questions(self.space.corpus, self.space.entries)))
        return [same_question(question) in known for question in questions]

    def nearest(self, question: str) -> list[tuple[Span, float]]:
        """Return the sentences nearest to a question, best first, with their closeness, 0 to 1."""
        engine = self.space.engine
        query = engine.query(question[:SEARCHED_CHARACTERS])
        found: dict[tuple[DocumentId, int], tuple[Span, float]] = {}
        for row in [engine.collection.rows[hit.passage.id] for hit in engine.hits(query, _SEARCHED)]:
            closeness = engine.cosines(query, row) @ query.informative
            for sentence, close in zip(engine.collection.passages[row].sentences, closeness, strict=True):
                found.setdefault((sentence.document.id, sentence.start), (sentence, float(close)))
        return sorted(found.values(), key=lambda near: -near[1])[:NEAREST]

    def mark(self, question: str, sentence: Span | None) -> None:
        """Write which sentence answers a question, ``None`` if nothing does, instead of what was marked before.

        Raises ``CorpusError``.
        """
        with _writing(self.space.corpus):
            changed = {path: (text_of(path), text) for path, text in self._files(question, sentence).items()}
            changed = {path: texts for path, texts in changed.items() if texts[1] != (texts[0] or "")}
            written: list[Path] = []
            try:
                for path, (_, text) in changed.items():
                    _put(path, text)
                    written.append(path)
            except CorpusError:
                for path in written:
                    _put(path, changed[path][0])
                raise
            self._saved.append(changed)

    def undo(self) -> bool:
        """Take the last mark back; return whether there is one. Raises ``CorpusError`` if its file changed since."""
        if not self._saved:
            return False
        with _writing(self.space.corpus):
            for path, (_, text) in self._saved[-1].items():
                if text_of(path) != text:
                    raise CorpusError(f"{path} was changed after this mark", hint="take the question out by hand")
            for path, (before, _) in self._saved.pop().items():
                _put(path, before)
        return True

    def _files(self, question: str, sentence: Span | None) -> dict[Path, str]:
        """Return the new text of each list of questions that may change."""
        corpus, same = self.space.corpus, same_question(question)
        files: dict[Path, str] = {}
        for document in self.space.entries:
            path = corpus / sentences_file(document)
            at = sentence.range if sentence and sentence.document.id == document else None
            entries = read_sentences(corpus, document)  # raises, with the line, if the file is not as it should be
            if at is None and same not in {same_question(each) for entry in entries for each in entry.asked}:
                continue
            before = text_of(path) or ""
            files[path] = with_question(before, self.space.entries[document].document, question, at)
            if files[path] != before and self.space.source_changed(document):
                raise CorpusError(f"{document} has changed since it was indexed", hint="run `b12assistant index` first")
        path = corpus / NOT_ANSWERED_FILE
        return files | {path: with_not_answered(text_of(path) or "", question, listed=sentence is None)}


def best_sentence(quote: Quote) -> Span:
    """Return the best sentence of a quote, whole."""
    return next((each for each in quote.passage.sentences if each.range.overlaps(quote.best.range)), quote.best)


@contextlib.contextmanager
def _writing(corpus: Path) -> Iterator[None]:
    """Wait for the writer's lock of a corpus and hold it; it is on the folder, so that no file of it is left behind."""
    with contextlib.ExitStack() as after:
        try:
            folder = os.open(corpus, os.O_RDONLY | os.O_CLOEXEC)
            after.callback(os.close, folder)
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError as error:
            why = f"{corpus}/ cannot be locked ({error.strerror})"
            raise CorpusError(why, hint="put the corpus on a local disk, then mark again") from error
        yield


def _put(path: Path, text: str | None) -> None:
    try:
        replace_file(path, text.encode()) if text is not None else path.unlink(missing_ok=True)
    except OSError as error:
        why = f"{path} cannot be written ({error.strerror})"
        raise CorpusError(why, hint="free disk space or fix permissions, then mark again") from error


def marked_questions(corpus: Path, documents: Iterable[str]) -> Iterator[str]:
    """Yield the questions that are asked of sentences of these documents, and those that nothing answers."""
    for document in documents:
        for entry in read_sentences(corpus, document):
            yield from entry.asked
    yield from corpus_not_answered(corpus)


def with_question(text: str, document: Document, question: str, at: Range | None) -> str:
    """Return a `sentences/` file in which a question is asked of the sentence at a range, ``None``: of no sentence.

    ``text``: the file as it is, "" if there is none. A sentence gets a line of its own unless one is about it; a line
    that says nothing any more is removed. Of a sentence that stands twice, a line without questions keeps the place of
    the first, since `located` goes by the order of the lines.
    """
    lines, same = text.splitlines(), same_question(question)
    entries = [SentenceEntry.model_validate_json(line) for line in lines]
    rows: list[tuple[Range | None, str, str]] = []  # the place of each line, its sentence, and the line
    for line, (_, entry, place) in zip(lines, located(document, entries), strict=True):
        asked = [each for each in entry.asked if same_question(each) != same]
        if place and place == at:  # the first line about it
            asked, at = entry.asked if len(asked) < len(entry.asked) else [*asked, question], None
        row = {**json.loads(line), "asked": asked}
        if not asked:
            del row["asked"]
        if row.keys() != {"text"}:
            rows.append((place, entry.text, line if asked == entry.asked else _line(row)))
    if at:
        words = " ".join(document.slice(at).split())
        if find_words(document.text, words, at.start) != at:  # they stand again below, with these very blanks
            words = document.slice(at)
        before = next((row for row, (place, _, _) in enumerate(rows) if place and place.start > at.start), len(rows))
        rows.insert(before, (at, words, _line({"text": words, "asked": [question]})))
    written = list(_at_their_places(document.text, rows))
    return text if written == lines else "".join(f"{line}\n" for line in written)


def _at_their_places(text: str, rows: Iterable[tuple[Range | None, str, str]]) -> Iterator[str]:
    """Yield the lines, and before each one line for every earlier place where its sentence would be found instead."""
    at = 0
    for place, words, line in rows:
        while place and (found := find_words(text, words, at)) and found.start < place.start:
            yield _line({"text": words})
            at = found.end
        yield line
        at = place.end if place else at


def _line(row: Mapping[str, object]) -> str:
    """Return a row as one line of JSON, without characters that end a line."""
    return _ENDS_LINE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(row, ensure_ascii=False))


def with_not_answered(text: str, question: str, *, listed: bool) -> str:
    """Return `not_answered.txt` with a question, or without it; every other line stays as it is."""
    same = same_question(question)
    others = "".join(line for line in text.splitlines(keepends=True) if same_question(line) != same)
    if not listed:
        return others
    if others != text:  # it is there already
        return text
    end = "\n" if text and not text.endswith("\n") else ""
    return f"{text}{end}{' '.join(question.split())}\n"
