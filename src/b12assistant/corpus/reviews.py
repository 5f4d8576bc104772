"""Read a sheet of reviewed sentences back into the corpus: who agreed with which sentence, and when.

A row of the sheet (CSV) is one sentence. Its reviewer fills in a verdict, what it should say instead, name, role and
date. Every row is checked before anything is written.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from b12assistant.corpus.provenance import SentenceEntry, digest_of, read_sentences, sentences_file
from b12assistant.errors import CorpusError, UsageError

COLUMNS: Final = (
    *("number", "sentence", "document", "place", "sources", "links", "written", "quoted"),
    *("verdict", "wording", "name", "role", "date"),
)
FILLED_IN: Final = COLUMNS[-5:]
RIGHT, CHANGE, REMOVE = VERDICTS = ("right", "change", "remove")
_DAYS = ("%Y-%m-%d", "%d/%m/%Y")
_HINT = "correct these rows, then read the sheet again; nothing of it was kept"
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that a reviewer filled in. ``line``: in the file, from 1."""

    line: int
    document: str
    sentence: str
    verdict: str
    wording: str
    reviewer: str  # name and role
    on: date


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a sheet said: how many sentences were agreed with, and the rows that ask for a change."""

    agreed: int
    asked: tuple[SheetRow, ...]


def read_back(sheet: Path, corpus: Path, today: date) -> ReadBack:
    """Write the verdicts of a sheet into `sentences/`. Raises ``UsageError`` that names every bad row, and then keeps
    nothing of it."""
    rows, wrong = [], []
    for line, cells in _cells(sheet):
        row = _row(line, cells, today)
        if isinstance(row, str):
            wrong.append(f"line {line}: {row}")
        elif row:
            rows.append(row)
    documents = {row.document for row in rows}
    entries = {name: read_sentences(corpus, name) for name in documents}
    wrong += _without_sentence(rows, entries)
    if wrong:
        more = f"; and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        raise UsageError(f"{sheet}: {'; '.join(wrong[:_MOST_NAMED])}{more}", hint=_HINT)
    _write(corpus, {name: _marked(entries[name], name, rows) for name in sorted(documents)})
    agreed = sum(row.verdict == RIGHT for row in rows)
    return ReadBack(agreed, tuple(row for row in rows if row.verdict != RIGHT))


def _cells(sheet: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield each row with the line of the file on which it begins. Spreadsheets write commas, semicolons or tabs."""
    try:
        text = sheet.read_bytes().decode("utf-8-sig")
    except OSError as error:
        hint = "name the sheet that `b12assistant review --out` wrote"
        raise UsageError(f"{sheet} cannot be read ({error.strerror})", hint=hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{sheet} is not UTF-8", hint="save it as CSV UTF-8") from error
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        head = next(rows, [])
        if missing := [name for name in COLUMNS if name not in head]:
            raise UsageError(f"{sheet}: line 1 lacks {', '.join(missing)}", hint="keep the first line as it was")
        begins = rows.line_num + 1
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield begins, dict(zip(head, (*cells, *[""] * len(head)), strict=False))
            begins = rows.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{sheet}: line {rows.line_num}: {error}", hint="save it as CSV again") from error


def _row(line: int, cells: Mapping[str, str], today: date) -> SheetRow | str | None:
    """Return a filled-in row, ``None`` for an empty one, or what is wrong with it."""
    verdict, wording, name, role, day = (" ".join(cells[column].split()) for column in FILLED_IN)
    if not (verdict or wording or name or role or day):
        return None
    verdict = verdict.casefold()
    if verdict not in VERDICTS:
        return f"the verdict is {verdict!r}; write {', '.join(VERDICTS)}" if verdict else "it has no verdict"
    if not (name and role):
        return f"the {'role' if name else 'name'} is missing"
    if (verdict == CHANGE) != bool(wording):
        return "what it should say is missing" if verdict == CHANGE else f"{verdict!r} has another wording beside it"
    on = _day(day)
    if on is None or on > today:
        return f"the date {day!r} is not a day until today; write it as {today.isoformat()}"
    return SheetRow(line, cells["document"].strip(), cells["sentence"].strip(), verdict, wording, f"{name}, {role}", on)


def _day(text: str) -> date | None:
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None


def _without_sentence(rows: list[SheetRow], entries: Mapping[str, tuple[SentenceEntry, ...]]) -> Iterator[str]:
    """Yield rows whose sentence is not in the corpus, or is there a second time with another verdict."""
    known = {(name, entry.text) for name, of in entries.items() for entry in of}
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.document, row.sentence)
        if key not in known:
            yield f"line {row.line}: no sentence of {row.document or 'a document'} has these words"
        elif (first := seen.setdefault(key, row.line)) != row.line:
            yield f"line {row.line}: the same sentence as line {first}"


def _marked(entries: tuple[SentenceEntry, ...], document: str, rows: list[SheetRow]) -> dict[int, Mapping[str, str]]:
    """Return, by the place of an entry, the review it gets; empty for one that loses what it had."""
    verdicts = {row.sentence: row for row in rows if row.document == document}
    found: dict[int, Mapping[str, str]] = {}
    for place, entry in enumerate(entries):
        if row := verdicts.get(entry.text):
            day = row.on.isoformat()
            said = {"reviewed_by": row.reviewer, "reviewed_on": day, "reviewed_words": digest_of(entry.text)}
            found[place] = said if row.verdict == RIGHT else {}
    return found


def _write(corpus: Path, marked: Mapping[str, Mapping[int, Mapping[str, str]]]) -> None:
    """Write all drafts before the first takes the place of its file."""
    drafts: list[tuple[Path, Path]] = []
    try:
        for document, reviews in marked.items():
            path = corpus / sentences_file(document)
            lines = path.read_text("utf-8").splitlines()
            for place, review in reviews.items():
                kept = {
                    key: value for key, value in json.loads(lines[place]).items() if not key.startswith("reviewed_")
                }
                lines[place] = json.dumps({**kept, **review}, ensure_ascii=False)
            draft = path.with_name(f".{path.name}-{os.getpid()}")
            drafts.append((draft, path))
            draft.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
        for draft, path in drafts:
            draft.replace(path)
    except OSError as error:
        raise CorpusError(f"{error.filename} cannot be written ({error.strerror})", hint="fix permissions") from error
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
