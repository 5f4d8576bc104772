"""Read test collections: documents, queries and judgements in BEIR or TREC files, plain or gzipped.

    corpus.jsonl       {"_id", "title", "text"}       or  corpus.trec   <DOC><DOCNO>…</DOCNO> … </DOC>
    queries.jsonl      {"_id", "text"}                or  queries.tsv   id, tab, text
    qrels/SPLIT.tsv    a header, then query, document, grade, between tabs
    qrels/SPLIT.qrels  TREC: query, iteration, document, grade, between blanks

Nothing is corrected: the first mistake is an error that names file and line.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from b12assistant.errors import DatasetError, UsageError

Qrels = Mapping[str, Mapping[str, int]]  # query, document, grade: higher is better

NOT_TEST = ("dev", "validation", "train")  # splits for development; the first one found is the default
TEST = "test"
_LICENCE = re.compile(
    r"[^.;]*(?:\blicen[cs]e|\bCC BY\b|\bMIT\b|\bApache\b|\bODC\b|free for use)(?:[^.;]|\.(?=\d))*", re.I
)


@dataclass(frozen=True, slots=True)
class Text:
    """A document of the collection, or a query, which has no title."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Dataset:
    """One split of a collection: all documents, the judged queries, their judgements.

    ``licence``: in the words of the collection's README.
    """

    name: str
    split: str
    texts: tuple[Text, ...]
    queries: Mapping[str, str]
    qrels: Qrels
    licence: str

    @cached_property
    def digest(self) -> str:
        """Return the sha256 of queries and judgements."""
        content = json.dumps(
            [sorted(self.queries.items()), sorted((q, sorted(d.items())) for q, d in self.qrels.items())]
        )
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def load_dataset(folder: Path, split: str | None = None, queries: str | None = None) -> Dataset:
    """Read a split, by default one that is not for testing. ``queries``: another file of queries in the folder.

    Raises ``DatasetError`` naming file and line, ``UsageError`` if the split is unknown.
    """
    splits = {path.stem: path for path in sorted(folder.glob("qrels/*")) if path.suffix in (".tsv", ".qrels", ".txt")}
    if not splits:
        raise DatasetError(f"{folder / 'qrels'} holds no judgements", hint="a split is a file such as qrels/dev.tsv")
    chosen = split or next((name for name in (*NOT_TEST, *splits) if name in splits), TEST)
    if chosen not in splits:
        raise UsageError(f"{folder} has no split {chosen!r}", hint=f"it has {', '.join(splits)}")
    texts = _by_id(_one_of(folder, "corpus.jsonl", "corpus.trec"))
    asked = _by_id(folder / queries if queries else _one_of(folder, "queries.jsonl", "queries.tsv"))
    qrels = read_qrels(splits[chosen], asked, texts)
    return Dataset(
        name=_name(folder),
        split=chosen,
        texts=tuple(texts.values()),
        queries={query: each.text for query, each in asked.items() if query in qrels},
        qrels=qrels,
        licence=licence_of(folder),
    )


def read_qrels(path: Path, queries: Container[str], documents: Container[str]) -> dict[str, dict[str, int]]:
    """Read judgements in BEIR's or TREC's columns, of the queries and documents that there are."""
    qrels: dict[str, dict[str, int]] = {}
    beir = path.suffix == ".tsv"
    for number, (where, line) in enumerate(numbered_lines(path)):
        columns = line.split("\t") if beir else line.split()
        if beir and number == 0 and columns[-1].strip().casefold() == "score":
            continue
        try:
            query, document, grade = columns[0].strip(), columns[-2].strip(), int(columns[-1])
        except (ValueError, IndexError) as error:
            form = "query, document and grade between tabs" if beir else "query, 0, document and grade"
            raise DatasetError(f"{where}: not a judgement", hint=f"a line is {form}") from error
        if query not in queries or document not in documents:
            raise DatasetError(f"{where}: there is no such query or document", hint="judgements and texts must fit")
        if qrels.setdefault(query, {}).setdefault(document, grade) != grade:
            raise DatasetError(f"{where}: {document!r} was judged otherwise for {query!r} before", hint="keep one")
    if not any(grade > 0 for judged in qrels.values() for grade in judged.values()):
        raise DatasetError(f"{path}: no document is judged relevant", hint="give judgements with grades above 0")
    return qrels


def licence_of(folder: Path) -> str:
    """Return the sentence on the licence in the nearest README; "not stated" if there is none."""
    for place in (folder, folder.parent):
        readme = place / "README.md"
        if readme.is_file():
            found = _LICENCE.search(" ".join(readme.read_text("utf-8", "replace").split()))
            return found[0].strip(" \"'") if found else "not stated"
    return "not stated"


def read_texts(path: Path) -> Iterator[tuple[str, Text]]:
    """Yield documents or queries, each with its file and line."""
    if ".trec" in path.suffixes:
        yield from _trec_texts(path)
        return
    tabs = ".tsv" in path.suffixes
    for where, line in numbered_lines(path):
        try:
            row = dict(zip(("_id", "text"), line.split("\t", 1), strict=True)) if tabs else json.loads(line)
            text = Text(row["_id"].strip(), row.get("title") or "", row["text"])
            if not all(isinstance(each, str) for each in (text.title, text.text)):
                raise TypeError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            hint = "a line is its id, a tab, its text" if tabs else 'a line is {"_id", "title", "text"}, all texts'
            raise DatasetError(f"{where}: not a document or query", hint=hint) from error
        yield where, text


def numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield non-blank lines of a file, plain or gzipped, each with file and line.

    Only a line feed ends one: a JSON string may hold the others.
    """
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.decode().removeprefix("\ufeff").rstrip("\r\n")
                if text.strip():
                    yield f"{path}:{number}", text
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}:{number}: not UTF-8", hint="save the file as UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or "damaged"
        raise DatasetError(f"{path}:{number + 1}: cannot be read ({why})", hint="give a readable file") from error


def _by_id(path: Path) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for where, each in read_texts(path):
        if each.id in found:
            raise DatasetError(f"{where}: the id {each.id!r} was used before", hint="ids are unique")
        found[each.id] = each
    if not found:
        raise DatasetError(f"{path}: nothing in it", hint='a line is {"_id", "text"}')
    return found


def _trec_texts(path: Path) -> Iterator[tuple[str, Text]]:
    """Read <DOC> elements as on TREC's disks: SGML, line by line."""
    begun, held = "", ""
    for where, line in numbered_lines(path):
        begun, held = (where, line) if "<DOC>" in line else (begun, f"{held}\n{line}")
        if "</DOC>" not in line:
            continue
        id_ = re.search(r"<DOCNO>\s*(\S+)\s*</DOCNO>", held)
        if id_ is None or not begun:
            raise DatasetError(f"{begun or where}: a document without <DOCNO>", hint="give each its id")
        title = re.search(r"<(TITLE|HEADLINE|HL)>(.*?)</\1>", held, re.S)
        body = re.findall(r"<TEXT>(.*?)</TEXT>", held, re.S)
        heading = " ".join(_untagged(title[2]).split()) if title else ""
        yield begun, Text(id_[1], heading, _untagged("\n".join(body)).strip())
        begun, held = "", ""
    if begun:
        raise DatasetError(f"{begun}: a <DOC> that never ends", hint="close it with </DOC>")


def _untagged(text: str) -> str:
    return re.sub(r"</?\w[^>]*>", " ", text)


def _one_of(folder: Path, *names: str) -> Path:
    places = (folder / f"{name}{packed}" for name in names for packed in ("", ".gz"))
    found = next(filter(Path.is_file, places), None)
    if found is None:
        raise DatasetError(f"{folder / names[0]} is missing", hint=f"give {' or '.join(names)}, plain or gzipped")
    return found


def _name(folder: Path) -> str:
    """Return the folder's name, with its parent's if the collection has parts."""
    folder = folder.resolve()
    is_part = (folder.parent / "README.md").is_file() and not (folder / "README.md").is_file()
    return f"{folder.parent.name}/{folder.name}" if is_part else folder.name
