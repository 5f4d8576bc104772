"""Settings: `b12assistant.toml`, then the environment (`B12_…`), then flags; the last wins, and each knows its origin.

A key is `section.name` in the file (`[retrieval] candidates = 100`) and `B12_RETRIEVAL_CANDIDATES` in the environment.
Unknown keys and values out of range are errors that say what was probably meant.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from importlib import resources
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any, Final, get_type_hints

from b12assistant.errors import ConfigError

PACKAGED: Final = "packaged"  # the origin of a path that nobody set
CONFIG_FILE: Final = "b12assistant.toml"
_OF_A_PROJECT: Final = (CONFIG_FILE, "corpus", "index")


def is_project(folder: Path) -> bool:
    """Whether a folder has a configuration, a corpus or an index of its own; then nothing packaged stands in for it."""
    return any((folder / name).exists() for name in _OF_A_PROJECT)


def packaged_paths(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The settings `paths.corpus` and `paths.index` for the corpus that comes with the package."""
    corpus = resources.files("b12assistant").joinpath("data", "corpus")
    return {"paths.corpus": str(Path(str(corpus)).resolve()), "paths.index": str(cache_folder(environment) / "index")}


def cache_folder(environment: Mapping[str, str]) -> Path:
    """A folder of the user for what can be made again, one for each version, as the packaged corpus is."""
    named = environment.get("XDG_CACHE_HOME", "")
    usual = Path("~/Library/Caches" if sys.platform == "darwin" else "~/.cache").expanduser()
    return (Path(named) if Path(named).is_absolute() else usual) / "b12assistant" / version("b12assistant")


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things lie, relative to the working directory."""

    corpus: str = "corpus"
    index: str = "index"


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """``model``: the pinned one, a local path or a hub name. ``digest``: sha256 demanded of another model's weights.

    ``threads``: for bulk encoding; 0 is one for each core. ``runtime``: onnx, torch, or auto: onnx where it can be.
    ``bulk``: precision of indexing, fp32 or bf16.
    """

    model: str = "all-MiniLM-L6-v2"
    digest: str = ""
    threads: int = 0
    runtime: str = "auto"
    bulk: str = "fp32"


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """``engine``: faiss (in this process) or milvus. ``uri``: of Milvus; empty: embedded, a file beside the index.
    ``collection``: the name of this index there."""

    engine: str = "faiss"
    uri: str = ""
    collection: str = "b12assistant"


@dataclass(frozen=True, slots=True)
class LoadingSettings:
    """Limits for one file. ``seconds``: processor time to read, mark and split it; ``megabytes``: of the file;
    ``memory``: MB of the reader; ``passages``: that it may have."""

    seconds: float = 60.0
    megabytes: int = 50
    memory: int = 2048
    passages: int = 20_000


@dataclass(frozen=True, slots=True)
class ChunkingSettings:
    """``pieces``: word pieces of a passage. ``sentence_vectors_up_to``: larger collections do without (passages)."""

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
    """``rate``: score taken off for each 100 characters over 100; ``margin``: how far behind a further quote may be."""

    quotes: int = 3
    sentences: int = 3
    characters: int = 520
    rate: float = 0.02
    alike: float = 0.6
    margin: float = 0.15
    close: float = 0.01
    heard: float = 0.08


@dataclass(frozen=True, slots=True)
class RedFlagSettings:
    """``region``: whose numbers the fixed texts name; the others: own numbers, worded to follow "call"."""

    region: str = ""
    emergency: str = ""
    crisis_line: str = ""
    poison_line: str = ""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """``language``: of the interface; the sources keep theirs. ``frame_ancestors``: origins that may frame the page."""

    language: str = "en"
    frame_ancestors: str = ""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """``seconds`` an answer may take, ``waiting`` questions at most, ``hosts``: names it is reached by besides its
    address, ``behind_proxy``: a proxy guards it, ``metrics``: HOST:PORT to read figures at, ``log``: level."""

    seconds: float = 10.0
    waiting: int = 128
    hosts: str = ""
    behind_proxy: bool = False
    metrics: str = ""
    log: str = "warning"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    paths: Paths = Paths()
    encoder: EncoderSettings = EncoderSettings()
    index: IndexSettings = IndexSettings()
    loading: LoadingSettings = LoadingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    lexical: LexicalSettings = LexicalSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    quoting: QuotingSettings = QuotingSettings()
    red_flags: RedFlagSettings = RedFlagSettings()
    page: PageSettings = PageSettings()
    web: WebSettings = WebSettings()


_PREFIX = "B12_"
_NOT_SETTINGS = {"B12_SHARED"}  # read by the tests


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings with the origin of each value: `default`, `packaged`, the file, the variable or the flag."""

    settings: Settings
    origins: Mapping[str, str]

    @property
    def is_packaged(self) -> bool:
        """Whether the corpus that comes with the package is the one to answer from."""
        return self.origins["paths.index"] == PACKAGED


def load_configuration(
    *, file: Path | None = None, environment: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Configuration:
    """Defaults, ``file`` (else `b12assistant.toml`, if it is there), ``environment``, ``flags``, in this order.

    Where nobody names a corpus or an index and the folder we are in is no project, it is the packaged corpus.
    """
    values: dict[str, object] = {}
    origins = dict.fromkeys(known_keys(), "default")
    path = file or Path(CONFIG_FILE)
    given = [(key, value, str(path)) for key, value in (_from_file(path) if file or path.is_file() else {}).items()]
    given += _from_environment(environment)
    given += [(key, value, "flag") for key, value in (flags or {}).items() if value is not None]
    for key, value, origin in given:
        values[key] = _checked(key, value, origin)
        origins[key] = origin
    if values.keys().isdisjoint(_FOLDERS) and not is_project(Path()):
        values |= packaged_paths(environment)
        origins |= dict.fromkeys(_FOLDERS, PACKAGED)
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
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a figure that never ends
        raise ConfigError(f"{path} is not valid TOML ({error})", hint="mend it or move it away") from error
    flat: dict[str, object] = {}
    for section, content in table.items():
        if not isinstance(content, dict) or section not in get_type_hints(Settings):
            raise _unknown(section, str(path))
        flat.update({f"{section}.{name}": value for name, value in content.items()})
    return flat


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, object, str]]:
    """Key, value and variable; here alone a number is written as text."""
    kinds = known_keys()
    names = {_PREFIX + key.replace(".", "_").upper(): key for key in kinds}
    for variable, value in environment.items():
        if variable.startswith(_PREFIX) and variable not in _NOT_SETTINGS:
            if variable not in names:
                near = get_close_matches(variable, names, n=1)
                hint = f"did you mean {near[0]}?" if near else "`b12assistant doctor` lists the settings"
                raise ConfigError(f"the environment variable {variable} is no setting", hint=hint)
            key = names[variable]
            try:
                yield key, _BOOLEANS[value] if kinds[key] is bool else kinds[key](value), variable
            except (KeyError, ValueError):
                yield key, value, variable  # left to the check, which says what is wrong with it


def _unknown(key: str, origin: str) -> ConfigError:
    near = get_close_matches(key, [*known_keys(), *get_type_hints(Settings)], n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`b12assistant doctor` lists the settings"
    return ConfigError(f"{origin}: unknown setting {key!r}", hint=hint)


def _checked(key: str, value: object, origin: str) -> object:
    kind = known_keys().get(key)
    if kind is None:
        raise _unknown(key, origin)
    default = _default(key)
    hint = f"the default is {default!r}"
    found = float(value) if kind is float and type(value) is int and abs(value) < _LARGEST else value
    if type(found) is not kind or (isinstance(found, float) and not isfinite(found)):
        raise ConfigError(f"{origin}: {key} = {value!r} is not {_name(kind)}", hint=hint)
    if found == "" and default != "":
        raise ConfigError(f"{origin}: {key} is empty", hint=hint)
    if isinstance(found, int | float):
        least_is_zero = default == 0 or key in _MAY_BE_ZERO
        if found < 0 or (found == 0 and not least_is_zero):
            raise ConfigError(f"{origin}: {key} = {value!r} is too small", hint=hint)
        if found > _AT_MOST.get(key, _LARGEST):
            raise ConfigError(f"{origin}: {key} = {value!r} is too large", hint=hint)
    if found not in ONE_OF.get(key, (found,)):
        raise ConfigError(f"{origin}: {key} = {value!r} is not known", hint=f"there is {', '.join(ONE_OF[key])}")
    return found


ONE_OF = {  # settings with a few values
    "encoder.bulk": ("fp32", "bf16"),
    "encoder.runtime": ("auto", "onnx", "torch"),
    "index.engine": ("faiss", "milvus"),
}
_BOOLEANS = {"false": False, "true": True}  # in the environment
_FOLDERS = ("paths.corpus", "paths.index")
_LARGEST = 10**9
_AT_MOST = {"lexical.b_body": 1, "lexical.b_title": 1, "quoting.alike": 1}
_MAY_BE_ZERO = {
    "lexical.b_body",
    "lexical.b_title",
    "chunking.sentence_vectors_up_to",
    "quoting.rate",
    "quoting.margin",
    "quoting.close",
    "quoting.heard",
}


def _default(key: str) -> object:
    return values_of(Settings())[key]


def _name(kind: type) -> str:
    return {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}[kind]


def _settings(values: Mapping[str, object]) -> Settings:
    sections: dict[str, Any] = {}
    for section, kind in get_type_hints(Settings).items():
        mine = {key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{section}.")}
        sections[section] = kind(**mine)
    return Settings(**sections)
