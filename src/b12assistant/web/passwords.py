"""A file of who may log in: a name and the Argon2id hash of a password on each line. Nobody's password is kept."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from b12assistant.errors import ConfigError, UsageError

LONGEST_NAME = 64
SHORTEST, LONGEST = 12, 1000  # characters of a password
_HASHER = PasswordHasher()  # the library's own choice of costs: RFC 9106, the second recommended option
_LOG = logging.getLogger("b12assistant.login")
_COMMAND = "write it with `b12assistant password FILE NAME`"


@dataclass
class Passwords:
    """Who may log in, as the file says now: who is taken out of it is logged out.

    Raises ``ConfigError`` if it cannot be used when it is first read.
    """

    file: Path
    _hashes: Mapping[str, str] = field(default_factory=dict, init=False)
    _stamp: tuple[int, int] = field(default=(0, 0), init=False)
    _nobody: str = field(default_factory=lambda: _HASHER.hash("nobody's"), init=False)

    def __post_init__(self) -> None:
        try:
            self._hashes, self._stamp = read(self.file), self._now()
        except OSError as error:
            raise ConfigError(f"{self.file} cannot be read ({error.strerror})", hint=_COMMAND) from error
        if not self._hashes:
            raise ConfigError(f"{self.file}: nobody may log in", hint=_COMMAND)

    def known(self) -> Mapping[str, str]:
        """Name to hash. A file that is gone or damaged lets nobody in."""
        try:
            now = self._now()
            if now != self._stamp:
                self._hashes, self._stamp = read(self.file), now
        except (OSError, ConfigError) as error:
            _LOG.error("nobody is let in: %s", error)
            return {}
        return self._hashes

    def _now(self) -> tuple[int, int]:
        found = self.file.stat()
        return found.st_ino, found.st_mtime_ns

    def is_right(self, name: str, password: str) -> bool:
        """Whether it is the password of the name. Takes as long where nobody is called so."""
        expected = self.known().get(name)
        try:
            _HASHER.verify(expected or self._nobody, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return expected is not None


def read(file: Path) -> dict[str, str]:
    """Name to hash. Raises ``ConfigError``, which names the line, and ``OSError``."""
    hashes: dict[str, str] = {}
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text", hint=_COMMAND) from error
    for number, line in enumerate(lines, start=1):
        name, _, hash_ = line.partition(":")
        try:
            extract_parameters(hash_)
        except InvalidHashError as error:
            raise ConfigError(f"{file}, line {number}: not a name, a colon and a hash", hint=_COMMAND) from error
        hashes[name] = hash_
    return hashes


def write(file: Path, name: str, password: str) -> None:
    """Let ``name`` log in with ``password``, and no longer with a former one; nobody but the owner can read the file.

    Raises ``UsageError`` for a name or password that will not do, ``ConfigError`` for a file that is something else or
    cannot be written.
    """
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or ":" in name or name != name.strip():
        raise UsageError(f"{name!r} is no name", hint=f"up to {LONGEST_NAME} characters without a colon")
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {LONGEST:,} characters", hint="a few words make a good one")
    try:
        hashes = read(file) if file.exists() else {}
        hashes[name] = _HASHER.hash(_normal(password))
        _replace(file, hashes)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"{file} cannot be written ({reason})", hint="name a file in a folder of yours") from error


def _replace(file: Path, hashes: Mapping[str, str]) -> None:
    draft, path = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # made for its owner alone
    try:
        with open(draft, "w", encoding="utf-8") as out:  # noqa: PTH123 - it is open already
            out.writelines(f"{each}:{hash_}\n" for each, hash_ in sorted(hashes.items()))
            out.flush()
            os.fsync(out.fileno())
        Path(path).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(path).unlink()
        raise


def _normal(password: str) -> str:
    """The same however a keyboard composes it; a lone surrogate, which no keyboard sends, is a question mark."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
