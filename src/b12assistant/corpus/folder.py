"""Read the folder of a corpus: list its files, and parse those of its curators."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from b12assistant.corpus.disputes import DISPUTES_FILE
from b12assistant.data_files import Table
from b12assistant.errors import ConfigError, CorpusError, SourceFactsError
from b12assistant.language.vocabulary import Vocabulary, parse_terms
from b12assistant.safety.fixed_texts import CONTROLS
from b12assistant.safety.fixed_texts import FILE as TEXTS_FILE

if TYPE_CHECKING:
    from b12assistant.corpus.entries import DataFile, DisputeEntry, PageWords
    from b12assistant.corpus.sources import SourcesFile

SENTENCES_FOLDER = "sentences"
VOCABULARY_FILE = "vocabulary.toml"
NOT_ANSWERED_FILE = "not_answered.txt"
CORRECT_IT = "correct it there"  # the hint of a fault between entries of a curator's file
_OF_THE_CORPUS = ("LICENSE", "README.md")  # at its top
PAGE_FILE = "page.toml"


def require_corpus(corpus: Path) -> None:
    """Raise ``CorpusError`` if there is no such folder."""
    if not corpus.is_dir():
        raise CorpusError(f"there is no corpus in {corpus}/", hint="make the folder, or name another with --corpus")


def corpus_files(corpus: Path) -> Iterator[str]:
    """Yield every file of a corpus except the curators' files, as sorted paths with "/" between parts."""
    require_corpus(corpus)
    closed: list[OSError] = []  # unreadable folders count as files, so that they are reported by name
    paths: list[Path] = []
    for folder, folders, names in os.walk(corpus, onerror=closed.append):
        # Nothing in a folder such as .git is read: it counts as one file.
        apart = [name for name in folders if name.startswith(".") or Path(folder, name).is_symlink()]
        paths += [Path(folder) / name for name in (*names, *apart)]
        folders[:] = [name for name in folders if not name.startswith(".")]
    paths += [Path(error.filename) for error in closed]
    files = (path.relative_to(corpus).as_posix() for path in paths)
    yield from sorted(file for file in files if not _for_curators(file))


def not_for_quoting(corpus: Path) -> Iterator[tuple[str, str]]:
    """Yield the README and licence of a corpus, which are not read, each with the reason."""
    for name in _OF_THE_CORPUS:
        if (corpus / name).is_file():
            yield name, "at the top of the corpus it is about the corpus, and not quoted; rename it to have it quoted"


def corpus_sources(corpus: Path) -> SourcesFile:
    """Return a corpus's `sources.toml`, an empty one if there is none. Raises ``SourceFactsError``."""
    from b12assistant.corpus.sources import SOURCES_FILE, SourcesFile  # a question needs no pydantic

    path = corpus / SOURCES_FILE
    return SourcesFile(text_of(path) or "", file=str(path))


def corpus_disputes(corpus: Path) -> tuple[DisputeEntry, ...]:
    """Return the topics of a corpus's `disputes.toml`, if it has one. Raises ``SourceFactsError``."""
    parsed = _parsed(corpus, DISPUTES_FILE)
    if parsed is None:
        return ()
    parsed.refuse_twins("dispute", "id")
    return tuple(parsed.content.dispute)


def corpus_not_answered(corpus: Path) -> tuple[str, ...]:
    """Return the questions of a corpus's `not_answered.txt`, if it has one. Raises ``SourceFactsError``."""
    lines = map(str.strip, (text_of(corpus / NOT_ANSWERED_FILE) or "").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def corpus_vocabulary(corpus: Path) -> Vocabulary | None:
    """Return the terms of a corpus's `vocabulary.toml`, if it has one.

    Raises ``SourceFactsError`` if its form is wrong, ``ConfigError`` for a fault between its entries.
    """
    parsed, file = _parsed(corpus, VOCABULARY_FILE), str(corpus / VOCABULARY_FILE)
    return Vocabulary(dict(parse_terms(parsed.table, file, hint=CORRECT_IT))) if parsed else None


def corpus_page_words(corpus: Path) -> PageWords:
    """Return the page's words from a corpus's `page.toml`, or those that ship. Raises ``SourceFactsError``."""
    from b12assistant.corpus.entries import load_page_words  # a question needs no pydantic

    parsed: DataFile[PageWords] | None = _parsed(corpus, PAGE_FILE)
    return parsed.content if parsed else load_page_words()


def corpus_texts(corpus: Path) -> Table:
    """Return the fixed texts of a corpus's `texts.toml`, empty if there are none.

    A text with a known id replaces the packaged one. Raises ``SourceFactsError`` if the form of the file is wrong,
    ``ConfigError`` if a button sends that text.
    """
    parsed = _parsed(corpus, TEXTS_FILE)
    texts: Table = parsed.table if parsed else {}
    for text in texts.get("text", ()):
        if text["id"].partition(".")[0] in CONTROLS:
            where = f"{corpus / TEXTS_FILE}, text {text['id']}"
            raise ConfigError(f"{where}: it cannot be reworded", hint="take it out: a button sends it")
    return texts


def check_files(corpus: Path) -> None:
    """Check the form of the files that a question may read, and of the page's words. Raises ``SourceFactsError``."""
    for name in (VOCABULARY_FILE, TEXTS_FILE, PAGE_FILE):
        _parsed(corpus, name)


def _parsed(corpus: Path, name: str) -> DataFile[Any] | None:
    """Return a curator's file of the right form, ``None`` if there is none. Raises ``SourceFactsError``."""
    text = text_of(corpus / name)
    if text is None:
        return None
    from b12assistant.corpus import entries  # slow to import

    models: dict[str, type[entries.CuratedEntry]] = {
        DISPUTES_FILE: entries.DisputesFile,
        VOCABULARY_FILE: entries.VocabularyFile,
        TEXTS_FILE: entries.TextsFile,
        PAGE_FILE: entries.PageWords,
    }
    return entries.DataFile(models[name], text, file=str(corpus / name))


def text_of(path: Path) -> str | None:
    """Read a curator's file, ``None`` if there is none. Raises ``SourceFactsError``."""
    if not os.path.lexists(path):  # asked first: a file that is made between the two questions is regular
        return None
    if not path.is_file():
        raise SourceFactsError(f"{path} cannot be read", hint="replace it with a regular file")
    try:
        return path.read_bytes().decode("utf-8-sig")  # with its line ends, since it may be edited
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFactsError(f"{path} cannot be read", hint="save it as UTF-8 text") from error


def _for_curators(file: str) -> bool:
    """Check if a file is not for quoting: the README and licence of a corpus, and facts about its documents."""
    if "/" not in file:
        return file in (*_OF_THE_CORPUS, NOT_ANSWERED_FILE) or file.endswith(".toml")
    return file.startswith(f"{SENTENCES_FOLDER}/") and file.endswith(".jsonl")
