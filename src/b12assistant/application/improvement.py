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
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    def mark(self, marks: Mapping[str, Sequence[Span]]) -> None:
        """Write which sentences answer each question, none if nothing does, instead of what was marked before.

        Raises ``CorpusError``.
        """
        with _writing(self.space.corpus):
            changed = {path: (text_of(path), text) for path, text in self._files(marks).items()}
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

    def _files(self, marks: Mapping[str, Sequence[Span]]) -> dict[Path, str]:
        """Return the new text of each list of questions that may change."""
        corpus, none = self.space.corpus, [question for question, sentences in marks.items() if not sentences]
        added: dict[DocumentId, dict[Range, list[str]]] = {}
        for question, sentences in marks.items():
            for sentence in sentences:
                added.setdefault(sentence.document.id, {}).setdefault(sentence.range, []).append(question)
        files: dict[Path, str] = {}
        anew = set(map(same_question, marks))
        for document in self.space.entries:
            path, add = corpus / sentences_file(document), added.get(document, {})
            entries = read_sentences(corpus, document)  # raises, with the line, if the file is not as it should be
            if not add and anew.isdisjoint(same_question(each) for entry in entries for each in entry.asked):
                continue
            before = text_of(path) or ""
            files[path] = with_questions(before, self.space.entries[document].document, add, marks)
            if files[path] != before and self.space.source_changed(document):
                raise CorpusError(f"{document} has changed since it was indexed", hint="run `b12assistant index` first")
        path, answered = corpus / NOT_ANSWERED_FILE, [question for question in marks if marks[question]]
        return files | {path: with_not_answered(text_of(path) or "", none, answered)}


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


def with_questions(text: str, document: Document, add: Mapping[Range, list[str]], drop: Iterable[str] = ()) -> str:
    """Return a `sentences/` file with questions added to sentences, by their ranges, and others taken out.

    ``text``: the file as it is, "" if there is none. A sentence gets a line of its own unless one is about it; a line
    that says nothing any more is removed. Of a sentence that stands twice, a line without questions keeps the place of
    the first, since `located` goes by the order of the lines.
    """
    lines, gone, left = text.splitlines(), set(map(same_question, drop)), dict(add)
    entries = [SentenceEntry.model_validate_json(line) for line in lines]
    rows: list[tuple[Range | None, str, str]] = []  # the place of each line, its sentence, and the line
    for line, (_, entry, place) in zip(lines, located(document, entries), strict=True):
        new = left.pop(place, []) if place else []
        taken = gone.difference(map(same_question, new))
        asked = _joined([each for each in entry.asked if same_question(each) not in taken], new)
        row = {**json.loads(line), "asked": asked} if asked else {**json.loads(line)}
        if not asked:
            row.pop("asked", None)
        if row.keys() != {"text"}:
            rows.append((place, entry.text, line if asked == entry.asked else _line(row)))
    for place, asked in left.items():
        words = " ".join(document.slice(place).split())
        if find_words(document.text, words, place.start) != place:  # they stand again below, with these very blanks
            words = document.slice(place)
        before = next((row for row, (at, _, _) in enumerate(rows) if at and at.start > place.start), len(rows))
        line = _line({"text": words, "asked": _joined([], asked)})
        rows.insert(before, (place, words, line))
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


def _joined(kept: Sequence[str], new: Iterable[str]) -> list[str]:
    """Return questions with those of ``new`` that are not among them."""
    known = {same_question(each): each for each in kept}
    for each in new:
        known.setdefault(same_question(each), each)
    return list(known.values())


def with_not_answered(text: str, add: Iterable[str], drop: Iterable[str]) -> str:
    """Return `not_answered.txt` with questions added and taken out; every other line stays as it is."""
    gone = set(map(same_question, drop))
    lines = [line for line in text.splitlines(keepends=True) if same_question(line) not in gone]
    kept = "".join(lines)
    new = _joined(lines, add)[len(_joined(lines, ())) :]
    if new and kept and not kept.endswith("\n"):
        kept += "\n"
    return kept + "".join(f"{' '.join(question.split())}\n" for question in new)
