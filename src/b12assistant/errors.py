"""The tree of errors.

AssistantError                 exit status 1, one line and a hint
├── UsageError                 exit status 2: the call itself is wrong
│   ├── ConfigError            b12assistant.toml, environment or flag
│   └── QuestionError          empty, too long or unreadable question
├── SourceError                one file of a corpus cannot be used
├── SourceFactsError           sources.toml or front matter is invalid
├── CorpusError                nothing in the corpus can be indexed
│   └── LeftOutError           `index --strict`: a file would be left out
├── EncoderError               the model is missing, wrong or too narrow
├── IndexMissingError          there is no index yet
├── IndexDamagedError          bytes on disk differ from the manifest
├── IndexMismatchError         built with another model or schema
├── IndexBusyError             another indexer holds the lock
├── IndexWriteError            disk full, read-only, …; the previous index stays
├── IndexUnreachableError      the engine that holds the index does not answer
├── DatasetError               a test collection, run or labelled set has the wrong form
├── ServerError                the address to listen on is in use or not ours
└── NotFoundError              no such document, passage or quote
"""

from __future__ import annotations

import re
from typing import ClassVar

REBUILD = "run `b12assistant index`"  # the hint of most errors of an index


def to_install(extra: str) -> str:
    """Return the command that installs what an optional part needs: ``pip install 'mcp<3,>=2.3'``."""
    from importlib.metadata import requires

    needs = [each.partition(";") for each in requires("b12assistant") or ()]
    return " ".join(["pip install", *(f"'{what.strip()}'" for what, _, when in needs if f'extra == "{extra}"' in when)])


class AssistantError(Exception):
    """Root of the tree: a message that says what happened and a hint that says what to do."""

    code: ClassVar[str] = "error"  # of another class, its name: "index_missing"
    exit_status: ClassVar[int] = 1

    def __init_subclass__(cls) -> None:
        if "code" not in vars(cls):
            cls.code = re.sub(r"\B([A-Z])", r"_\1", cls.__name__.removesuffix("Error")).lower()

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class UsageError(AssistantError):
    """The call itself is wrong."""

    exit_status = 2


class ConfigError(UsageError):
    """A key or value of the configuration is unknown or out of range."""


class QuestionError(UsageError):
    """The question cannot be read: empty, too long, or only control characters; to look up, also without a word."""


class SourceError(AssistantError):
    """One file of a corpus cannot be used; the rest goes on."""


class SourceFactsError(AssistantError):
    """Source facts name an unknown key or value; the message names file and line."""


class CorpusError(AssistantError):
    """The corpus is missing, or nothing in it can be indexed."""


class LeftOutError(CorpusError):
    """`index --strict` found files that would be left out; nothing was published."""


class EncoderError(AssistantError):
    """The encoder's weights are missing, differ from the pinned digest, or cannot be used."""


class IndexMissingError(AssistantError):
    """There is no index at the given place."""


class IndexDamagedError(AssistantError):
    """A file of the index differs from what its manifest says."""


class IndexMismatchError(AssistantError):
    """The index was built with another model, configuration or schema."""


class IndexBusyError(AssistantError):
    """Another process is writing the index."""


class IndexWriteError(AssistantError):
    """The index could not be written; the previous one is untouched."""


class IndexUnreachableError(AssistantError):
    """The server that searches for candidates does not answer."""


class DatasetError(AssistantError):
    """A test collection or a run has the wrong form; the message names file and line."""


class ServerError(AssistantError):
    """The server cannot listen on the address: it is in use, or not this machine's."""


class NotFoundError(AssistantError):
    """No document, passage or quote has this name."""
