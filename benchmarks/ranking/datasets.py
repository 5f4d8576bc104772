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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from b12assistant.errors import DatasetError, UsageError

Qrels = Mapping[str, Mapping[str, int]]  # query, document, grade: higher is better

NOT_TEST = ("dev", "validation", "train")  # splits for development; the first one found is the default
TEST = "test"
_CORPUS = ("corpus.jsonl", "corpus.jsonl.gz", "corpus.trec", "corpus.trec.gz")
_QUERIES = ("queries.jsonl", "queries.jsonl.gz", "queries.tsv", "queries.tsv.gz")
_QRELS = (".tsv", ".qrels", ".txt")
_LICENCE = re.compile(
    r"[^.;]*(?:\blicen[cs]e|\bCC BY\b|\bMIT\b|\bApache\b|\bODC\b|free for use)(?:[^.;]|\.(?=\d))*", re.I
)


@dataclass(frozen=True, slots=True)
class Text:
    """A document of the collection."""

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
    splits = splits_of(folder)
    chosen = default_split(splits) if split is None else split
    if chosen not in splits:
        raise UsageError(f"{folder} has no split {chosen!r}", hint=f"it has {', '.join(splits)}")
    texts = _texts(_one_of(folder, _CORPUS))
    asked = _queries(folder / queries if queries else _one_of(folder, _QUERIES))
    qrels = read_qrels(splits[chosen], known=(asked.keys(), texts.keys()))
    return Dataset(
        name=_name(folder),
        split=chosen,
        texts=tuple(texts.values()),
        queries={query: text for query, text in asked.items() if query in qrels},
        qrels=qrels,
        licence=licence_of(folder),
    )


def splits_of(folder: Path) -> dict[str, Path]:
    """Return the files of judgements in a folder by split, the test split last."""
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder", hint="give a BEIR folder: corpus.jsonl, queries.jsonl, qrels/")
    found = {path.stem: path for path in sorted((folder / "qrels").glob("*")) if path.suffix in _QRELS}
    if not found:
        raise DatasetError(f"{folder / 'qrels'} holds no judgements", hint="a split is a file such as qrels/dev.tsv")
    return dict(sorted(found.items(), key=lambda each: (each[0] == TEST, each[0])))


def default_split(splits: Mapping[str, Path]) -> str:
    """Return a split that is not for testing, if there is one."""
    return next((name for name in (*NOT_TEST, *splits) if name in splits), TEST)


def read_qrels(path: Path, known: tuple[object, object] | None = None) -> dict[str, dict[str, int]]:
    """Read judgements in BEIR's or TREC's columns. ``known``: the ids of queries and documents that may occur."""
    qrels: dict[str, dict[str, int]] = {}
    beir = path.suffix == ".tsv"
    for number, line in _lines(path):
        where = f"{path}:{number}"
        columns = line.split("\t") if beir else line.split()
        if beir and number == 1 and columns[-1].strip().casefold() == "score":
            continue
        if len(columns) != (3 if beir else 4):
            form = "query, document and grade between tabs" if beir else "query, 0, document and grade"
            raise DatasetError(f"{where}: not a judgement", hint=f"a line is {form}")
        query, document = columns[0].strip(), columns[-2].strip()
        try:
            grade = int(columns[-1])
        except ValueError as error:
            raise DatasetError(f"{where}: the grade {columns[-1]!r} is no whole number", hint="correct it") from error
        for id_, ids, kind in zip((query, document), known or (), ("query", "document"), strict=False):
            if id_ not in ids:  # type: ignore[operator]
                raise DatasetError(f"{where}: there is no {kind} {id_!r}", hint="judgements and texts must fit")
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


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the objects of a JSON lines file, plain or gzipped, each with its file and line."""
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path}:{number}: not JSON", hint="a line is one JSON object") from error
        if not isinstance(row, dict):
            raise DatasetError(f"{path}:{number}: not a JSON object", hint='a line is {"_id", "text", …}')
        yield f"{path}:{number}", row


def _texts(path: Path) -> dict[str, Text]:
    texts: dict[str, Text] = {}
    for where, text in _trec_texts(path) if ".trec" in path.suffixes else _beir_texts(path):
        if text.id in texts:
            raise DatasetError(f"{where}: the id {text.id!r} was used before", hint="ids are unique")
        texts[text.id] = text
    if not texts:
        raise DatasetError(f"{path}: no document in it", hint='a line is {"_id", "title", "text"}')
    return texts


def _beir_texts(path: Path) -> Iterator[tuple[str, Text]]:
    for where, row in read_rows(path):
        title = row.get("title") or ""
        if not isinstance(row.get("_id"), str) or not isinstance(row.get("text"), str) or not isinstance(title, str):
            raise DatasetError(f"{where}: not a document", hint='a line is {"_id", "title", "text"}, all texts')
        yield where, Text(str(row["_id"]), title, str(row["text"]))


def _trec_texts(path: Path) -> Iterator[tuple[str, Text]]:
    """Read <DOC> elements as on TREC's disks: SGML, line by line."""
    start, held = 0, ""
    for number, line in _lines(path):
        start, held = (number, line) if "<DOC>" in line else (start, f"{held}\n{line}")
        if "</DOC>" not in line:
            continue
        id_ = re.search(r"<DOCNO>\s*(\S+)\s*</DOCNO>", held)
        if id_ is None or not start:
            raise DatasetError(f"{path}:{start or number}: a document without <DOCNO>", hint="give each its id")
        title = re.search(r"<(TITLE|HEADLINE|HL)>(.*?)</\1>", held, re.S)
        body = re.findall(r"<TEXT>(.*?)</TEXT>", held, re.S)
        heading = " ".join(_untagged(title[2]).split()) if title else ""
        yield f"{path}:{start}", Text(id_[1], heading, _untagged("\n".join(body)).strip())
        start, held = 0, ""
    if start:
        raise DatasetError(f"{path}:{start}: a <DOC> that never ends", hint="close it with </DOC>")


def _untagged(text: str) -> str:
    return re.sub(r"</?\w[^>]*>", " ", text)


def _queries(path: Path) -> dict[str, str]:
    queries: dict[str, str] = {}
    for where, id_, text in _tsv_queries(path) if ".tsv" in path.suffixes else _beir_queries(path):
        if id_ in queries:
            raise DatasetError(f"{where}: the id {id_!r} was used before", hint="ids are unique")
        if not text.strip():
            raise DatasetError(f"{where}: the query is empty", hint="give it words, or leave it out")
        queries[id_] = text
    if not queries:
        raise DatasetError(f"{path}: no query in it", hint='a line is {"_id", "text"}')
    return queries


def _beir_queries(path: Path) -> Iterator[tuple[str, str, str]]:
    for where, row in read_rows(path):
        if not isinstance(row.get("_id"), str) or not isinstance(row.get("text"), str):
            raise DatasetError(f"{where}: not a query", hint='a line is {"_id", "text"}, both texts')
        yield where, str(row["_id"]), str(row["text"])


def _tsv_queries(path: Path) -> Iterator[tuple[str, str, str]]:
    for number, line in _lines(path):
        id_, tab, text = line.partition("\t")
        if not tab:
            raise DatasetError(f"{path}:{number}: not a query", hint="a line is its id, a tab, its text")
        yield f"{path}:{number}", id_.strip(), text


def _one_of(folder: Path, names: tuple[str, ...]) -> Path:
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise DatasetError(f"{folder / names[0]} is missing", hint=f"give one of {', '.join(names)}")
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield non-blank lines, numbered from 1. Only a line feed ends one: a JSON string may hold the others."""
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.decode().removeprefix("\ufeff").rstrip("\r\n")
                if text.strip():
                    yield number, text
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}:{number}: not UTF-8", hint="save the file as UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or "damaged"
        raise DatasetError(f"{path}:{number + 1}: cannot be read ({why})", hint="give a readable file") from error


def _name(folder: Path) -> str:
    """Return the folder's name, with its parent's if the collection has parts."""
    folder = folder.resolve()
    is_part = (folder.parent / "README.md").is_file() and not (folder / "README.md").is_file()
    return f"{folder.parent.name}/{folder.name}" if is_part else folder.name
