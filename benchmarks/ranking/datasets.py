"""Read test collections: documents, queries and judgements in BEIR or TREC files, plain or gzipped.

    corpus.jsonl       {"_id", "title", "text"}       or  corpus.trec   <DOC><DOCNO>…</DOCNO> … </DOC>
    queries.jsonl      {"_id", "text"}                or  queries.tsv   id, tab, text
    qrels/SPLIT.tsv    a header, then query, document, grade, between tabs
    qrels/SPLIT.qrels  TREC: query, iteration, document, grade, between blanks

Nothing is corrected: the first mistake is an error that names file and line.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from b12assistant.errors import DatasetError, UsageError

Qrels = Mapping[str, Mapping[str, int]]  # query, document, grade: higher is better
Parsed = TypeVar("Parsed")

NOT_TEST = ("dev", "validation", "train")  # splits for development; the first one found is the default
TEST = "test"


@dataclass(frozen=True, slots=True)
class Text:
    """A document of the collection, or a query, which has no title."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Dataset:
    """One split of a collection: all documents, the judged queries, their judgements."""

    name: str
    split: str
    texts: tuple[Text, ...]
    queries: Mapping[str, str]
    qrels: Qrels

    @property
    def described(self) -> dict[str, Any]:
        judgements = sum(len(judged) for judged in self.qrels.values())
        sizes = {"documents": len(self.texts), "queries": len(self.qrels), "judgements": judgements}
        return {"name": self.name, "split": self.split, **sizes}


def load_dataset(folder: Path, split: str | None = None) -> Dataset:
    """Read a split, by default one that is not for testing.

    Raises ``DatasetError`` naming file and line, ``UsageError`` if the split is unknown.
    """
    splits = {path.stem: path for path in sorted(folder.glob("qrels/*")) if path.suffix in (".tsv", ".qrels", ".txt")}
    if not splits:
        raise DatasetError(f"{folder / 'qrels'} holds no judgements", hint="a split is a file such as qrels/dev.tsv")
    chosen = split or next((name for name in (*NOT_TEST, *splits) if name in splits), TEST)
    if chosen not in splits:
        raise UsageError(f"{folder} has no split {chosen!r}", hint=f"it has {', '.join(splits)}")
    texts = {each.id: each for each in read_texts(_one_of(folder, "corpus.jsonl", "corpus.trec"))}
    asked = {each.id: each.text for each in read_texts(_one_of(folder, "queries.jsonl", "queries.tsv"))}
    qrels = read_qrels(splits[chosen])
    strange = {*qrels, *(document for grades in qrels.values() for document in grades)} - asked.keys() - texts.keys()
    if strange:
        raise DatasetError(f"{splits[chosen]} judges {min(strange)!r}, which is not there", hint="the files must fit")
    judged = {query: text for query, text in asked.items() if query in qrels}
    return Dataset(folder.resolve().name, chosen, tuple(texts.values()), judged, qrels)


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgements in BEIR's or TREC's columns."""

    def judgement(line: str) -> tuple[str, str, int]:
        columns = line.split("\t") if path.suffix == ".tsv" else line.split()
        return columns[0].strip(), columns[-2].strip(), int(columns[-1])

    qrels: dict[str, dict[str, int]] = {}
    for query, document, grade in read_lines(path, judgement, skipped="score"):
        qrels.setdefault(query, {})[document] = grade
    if not any(grade > 0 for judged in qrels.values() for grade in judged.values()):
        raise DatasetError(f"{path}: no document is judged relevant", hint="give judgements with grades above 0")
    return qrels


def read_texts(path: Path) -> Iterable[Text]:
    """Return documents or queries."""
    if ".trec" in path.suffixes:
        whole = "\n".join(read_lines(path, str))
        return (_trec_text(found[1]) for found in re.finditer(r"<DOC>(.*?)</DOC>", whole, re.S))
    return read_lines(path, _text_of_tabs if ".tsv" in path.suffixes else _text_of_json)


def read_lines(path: Path, parse: Callable[[str], Parsed], *, skipped: str | None = None) -> Iterator[Parsed]:
    """Yield what the non-blank lines of a file say, plain or gzipped.

    ``skipped``: how a head ends that is passed over. Raises ``DatasetError`` that names the first wrong line.
    """
    packed = path.suffix == ".gz"
    with gzip.open(path, "rt", encoding="utf-8-sig") if packed else path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip() or (number == 1 and skipped and line.strip().endswith(skipped)):
                continue
            try:
                parsed = parse(line.rstrip("\r\n"))
            except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
                hint = "docs/users/evaluator.md says what a line is"
                raise DatasetError(f"{path}:{number}: not a line of such a file ({error})", hint=hint) from error
            yield parsed


def _text_of_json(line: str) -> Text:
    row = json.loads(line)
    return Text(row["_id"].strip(), row.get("title") or "", row["text"])


def _text_of_tabs(line: str) -> Text:
    name, text = line.split("\t", 1)
    return Text(name.strip(), "", text)


def _trec_text(held: str) -> Text:
    """Read what a <DOC> of TREC's disks holds, which is SGML."""
    name = re.search(r"<DOCNO>\s*(\S+)\s*</DOCNO>", held)
    title = re.search(r"<(TITLE|HEADLINE|HL)>(.*?)</\1>", held, re.S)
    if name is None:
        raise DatasetError(f"a document without <DOCNO>: {held[:60]}", hint="give each its id")
    heading, text = (
        re.sub(r"</?\w[^>]*>", " ", each)
        for each in (title[2] if title else "", "\n".join(re.findall(r"<TEXT>(.*?)</TEXT>", held, re.S)))
    )
    return Text(name[1], " ".join(heading.split()), text.strip())


def _one_of(folder: Path, *names: str) -> Path:
    places = (folder / f"{name}{packed}" for name in names for packed in ("", ".gz"))
    found = next(filter(Path.is_file, places), None)
    if found is None:
        raise DatasetError(f"{folder / names[0]} is missing", hint=f"give {' or '.join(names)}, plain or gzipped")
    return found
