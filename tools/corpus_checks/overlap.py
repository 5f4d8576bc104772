"""Find runs of words that a corpus shares with the files of a folder: what was copied, not put in its own words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from b12assistant.corpus.provenance import read_sentences, sentences_file
from b12assistant.errors import SourceError, SourceFactsError
from b12assistant.language.words import fold
from b12assistant.loaders import SUPPORTED_SUFFIXES, load
from corpus_checks.reading import Finding, Text
from corpus_checks.sources import Curation

RUN: Final = 8  # words
_WORD: Final = re.compile(r"[^\W_]+")
_Run = tuple[str, ...]


def check_overlap(corpus: Path, texts: Sequence[Text], curation: Curation, against: Path) -> list[Finding]:
    """Return shared runs in documents, in the curators' README and in what is written about sentences.

    Names and addresses of the publications of `references.toml` and the terms that `check.toml` lists may be shared.
    """
    works = [f"{each.authors} ({each.year}). {each.title}" for each in curation.references]
    works += [address for each in curation.references for address in (*each.dois, each.url)]
    allowed = [_words(name) for name in (*works, *curation.rules.allowed)]
    theirs = _runs_of(against)
    ours = [(text.file, text.document.text) for text in texts]
    ours += [(name, (corpus / name).read_text("utf-8")) for name in ("README.md",) if (corpus / name).is_file()]
    ours += [(sentences_file(text.file), _beside(corpus, text.file)) for text in texts]
    return [
        Finding(file, f"{len(run)} words as in {origin}: {' '.join(run)}")
        for file, text in ours
        for run, origin in _shared(_words(text), theirs)
        if not any(_holds(name, run) for name in allowed)
    ]


def _beside(corpus: Path, document: str) -> str:
    """Return the places and questions beside a document's sentences; its sentences are in the document."""
    try:
        entries = read_sentences(corpus, document)
    except SourceFactsError:
        return ""  # reported when the document is read
    return "\n".join(line for entry in entries for line in (*entry.origins.values(), *entry.asked))


def _runs_of(folder: Path) -> dict[_Run, str]:
    """Return every run of words in a folder's files, and a file that holds it."""
    runs: dict[_Run, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUPPORTED_SUFFIXES):
        try:
            words = _words(load(path.read_bytes(), path.name).text)
        except SourceError:
            continue
        for i in range(len(words) - RUN + 1):
            runs.setdefault(tuple(words[i : i + RUN]), path.relative_to(folder).as_posix())
    return runs


def _shared(words: _Run, theirs: Mapping[_Run, str]) -> Iterator[tuple[_Run, str]]:
    """Yield each longest shared run, with the file it begins in."""
    start = 0
    while start + RUN <= len(words):
        origin = theirs.get(words[start : start + RUN])
        if origin is None:
            start += 1
            continue
        end = start + RUN
        while end < len(words) and words[end - RUN + 1 : end + 1] in theirs:
            end += 1
        yield words[start:end], origin
        start = end - RUN + 2


def _holds(name: _Run, run: _Run) -> bool:
    return any(name[i : i + len(run)] == run for i in range(len(name) - len(run) + 1))


def _words(text: str) -> _Run:
    return tuple(_WORD.findall(fold(text)))
