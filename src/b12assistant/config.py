"""Settings: `b12assistant.toml`, then the environment (`B12_…`), then flags; a later one wins, and each value knows
its origin.

A key is `section.name` in the file (`[retrieval] candidates = 100`) and `B12_RETRIEVAL_CANDIDATES` in the environment.
Unknown keys and values out of range are errors that say what was probably meant.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from b12assistant.errors import ConfigError

CONFIG_FILE = "b12assistant.toml"
_PREFIX = "B12_"
_NOT_SETTINGS = {"B12_SHARED"}  # read by the tests


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things lie, relative to the working directory."""

    corpus: str = "corpus"
    index: str = "index"


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """``model``: the pinned one, a local path or a hub name. ``digest``: sha256 demanded of another model's weights.

    ``threads``: for bulk encoding; 0 is one for each core.
    """

    model: str = "all-MiniLM-L6-v2"
    digest: str = ""
    threads: int = 0


@dataclass(frozen=True, slots=True)
class LoadingSettings:
    """Limits for reading one file. ``seconds``: wall time; ``megabytes``: of the file; ``memory``: MB of the reader."""

    seconds: float = 60.0
    megabytes: int = 50
    memory: int = 2048


@dataclass(frozen=True, slots=True)
class ChunkingSettings:
    """``pieces``: word pieces of a passage. ``sentence_vectors_up_to``: collections of more passages do without
    them."""

    pieces: int = 200
    title_pieces: int = 48
    sentence_vectors_up_to: int = 3000


@dataclass(frozen=True, slots=True)
class LexicalSettings:
    """BM25F parameters; the title field is the document's title and the headings above a passage."""

    k1: float = 1.2
    b_body: float = 0.75
    b_title: float = 0.75
    title_weight: float = 3.0


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """``candidates`` of each ranker, ``rescored`` by late interaction, ``passages`` searched for quotes."""

    candidates: int = 100
    rescored: int = 50
    passages: int = 20


@dataclass(frozen=True, slots=True)
class QuotingSettings:
    """``rate``: score taken off for each 100 characters over 100; ``margin``: how far a further quote may fall
    behind."""

    quotes: int = 3
    sentences: int = 3
    characters: int = 520
    rate: float = 0.02
    alike: float = 0.6
    margin: float = 0.15
    close: float = 0.01
    heard: float = 0.08


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    paths: Paths = Paths()
    encoder: EncoderSettings = EncoderSettings()
    loading: LoadingSettings = LoadingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    lexical: LexicalSettings = LexicalSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    quoting: QuotingSettings = QuotingSettings()


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings with the origin of each value: `default`, the file, the variable or the flag."""

    settings: Settings
    origins: Mapping[str, str]


def load_configuration(
    *, file: Path | None = None, environment: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Configuration:
    """Defaults, then ``file`` (by default `b12assistant.toml`, if it is there), then ``environment``, then
    ``flags``."""
    values: dict[str, object] = {}
    origins = dict.fromkeys(known_keys(), "default")
    path = file or Path(CONFIG_FILE)
    layers = [(dict(_from_file(path)) if file or path.is_file() else {}, str(path))]
    layers.append((_from_environment(environment), "environment"))
    layers.append(({key: value for key, value in (flags or {}).items() if value is not None}, "flag"))
    for layer, origin in layers:
        for key, value in layer.items():
            values[key] = _checked(key, value, origin)
            origins[key] = origin
    return Configuration(_settings(values), origins)


def known_keys() -> dict[str, type]:
    """`section.name` of every setting, with its type."""
    keys: dict[str, type] = {}
    for section, kind in get_type_hints(Settings).items():
        for name, type_ in get_type_hints(kind).items():
            keys[f"{section}.{name}"] = type_
    return keys


def values_of(settings: Settings) -> dict[str, object]:
    """`section.name` of every setting, with its value."""
    return {
        f"{section.name}.{field.name}": getattr(getattr(settings, section.name), field.name)
        for section in fields(settings)
        for field in fields(getattr(settings, section.name))
    }


def _from_file(path: Path) -> Mapping[str, object]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror})", hint="give another file with --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML ({error})", hint="mend it or move it away") from error
    flat: dict[str, object] = {}
    for section, content in table.items():
        if not isinstance(content, dict):
            raise _unknown(section, str(path))
        flat.update({f"{section}.{name}": value for name, value in content.items()})
    return flat


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    names = {_PREFIX + key.replace(".", "_").upper(): key for key in known_keys()}
    found: dict[str, object] = {}
    for variable, value in environment.items():
        if variable.startswith(_PREFIX) and variable not in _NOT_SETTINGS:
            if variable not in names:
                near = get_close_matches(variable, names, n=1)
                hint = f"did you mean {near[0]}?" if near else "`b12assistant doctor` lists the settings"
                raise ConfigError(f"the environment variable {variable} is no setting", hint=hint)
            found[names[variable]] = value
    return found


def _unknown(key: str, origin: str) -> ConfigError:
    near = get_close_matches(key, known_keys(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`b12assistant doctor` lists the settings"
    return ConfigError(f"{origin}: unknown setting {key!r}", hint=hint)


def _checked(key: str, value: object, origin: str) -> object:
    kind = known_keys().get(key)
    if kind is None:
        raise _unknown(key, origin)
    try:
        number = kind(value) if isinstance(value, str) or (kind is float and type(value) is int) else value
    except ValueError:
        number = None
    if type(number) is not kind:
        raise ConfigError(f"{origin}: {key} = {value!r} is not {_name(kind)}", hint=f"the default is {_default(key)!r}")
    if isinstance(number, int | float) and (
        number < 0 or (number == 0 and _default(key) != 0 and key not in _MAY_BE_ZERO)
    ):
        raise ConfigError(f"{origin}: {key} = {value!r} is too small", hint=f"the default is {_default(key)!r}")
    return number


_MAY_BE_ZERO = {
    "quoting.rate",
    "lexical.b_body",
    "lexical.b_title",
    "chunking.sentence_vectors_up_to",
    "quoting.margin",
}


def _default(key: str) -> object:
    return values_of(Settings())[key]


def _name(kind: type) -> str:
    return {int: "a whole number", float: "a number", str: "a text"}[kind]


def _settings(values: Mapping[str, object]) -> Settings:
    sections: dict[str, Any] = {}
    for section, kind in get_type_hints(Settings).items():
        mine = {key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{section}.")}
        sections[section] = kind(**mine)
    return Settings(**sections)
