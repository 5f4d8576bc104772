"""The folder of a corpus: which files it holds, and what its `sources.toml` and `disputes.toml` say of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from b12assistant.disputes import DISPUTES_FILE, Told, parse_disputes
from b12assistant.errors import CorpusError, SourceFactsError
from b12assistant.sources import SOURCES_FILE, Facts, parse_sources


def require_corpus(corpus: Path) -> None:
    """Raises ``CorpusError`` if there is no such folder."""
    if not corpus.is_dir():
        raise CorpusError(f"there is no corpus in {corpus}/", hint="make the folder, or name another with --corpus")


def corpus_files(corpus: Path) -> Iterator[str]:
    """Every file of a corpus but those for curators, as paths with "/" between parts, sorted."""
    require_corpus(corpus)
    closed: list[OSError] = []  # folders that cannot be listed count as files, so that they are left out by name
    paths = [
        Path(folder) / name
        for folder, folders, names in os.walk(corpus, onerror=closed.append)
        for name in (*names, *(name for name in folders if Path(folder, name).is_symlink()))
    ]
    paths += [Path(error.filename) for error in closed]
    found = (path.relative_to(corpus).as_posix() for path in paths)
    yield from sorted(file for file in found if not _for_curators(file))


def corpus_facts(corpus: Path) -> dict[str, Facts]:
    """The validated entries of a corpus's `sources.toml`, if it has one, by file. Raises ``SourceFactsError``."""
    text = _text_of(corpus / SOURCES_FILE)
    return parse_sources(text, file=str(corpus / SOURCES_FILE)) if text is not None else {}


def corpus_disputes(corpus: Path) -> tuple[Told, ...]:
    """The topics of a corpus's `disputes.toml`, if it has one. Raises ``SourceFactsError``."""
    text = _text_of(corpus / DISPUTES_FILE)
    return parse_disputes(text, file=str(corpus / DISPUTES_FILE)) if text is not None else ()


def _text_of(path: Path) -> str | None:
    if not path.is_file():
        if os.path.lexists(path):
            raise SourceFactsError(f"{path} cannot be read", hint="it should be a file of its own")
        return None
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFactsError(f"{path} cannot be read", hint="it should be UTF-8 text") from error


def _for_curators(file: str) -> bool:
    """What stands at the top of a corpus and is not for quoting: its README, and facts about it."""
    return file == "README.md" or ("/" not in file and file.endswith(".toml"))
