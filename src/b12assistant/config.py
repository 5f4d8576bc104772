"""Read the settings: `b12assistant.toml`, then the environment (`B12_…`), then flags; the last one wins.

The file is the one that is named, or else the one of the project that is named: in its folder, or beside its corpus or
index. Folders in it are relative to it.

A key is `section.name` in the file (`[quoting] quotes = 2`) and `B12_QUOTING_QUOTES` in the environment. Unknown keys
and values out of range raise ``ConfigError`` with a suggestion. Each value remembers where it came from.

Here is what an operator has a reason to change. A number that was chosen by measurement is a constant beside its code.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from importlib import resources
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any, Final

from b12assistant.data_files import line_of
from b12assistant.errors import ConfigError

PACKAGED: Final = "packaged"  # the origin of a path that was not set
CONFIG_FILE: Final = "b12assistant.toml"
_LANGUAGE: Final = "corpus.language"
_OF_A_PROJECT: Final = (CONFIG_FILE, "corpus", "index")


def packaged_paths(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return `paths.corpus` and `paths.index` for the packaged corpus; its index is in the user's cache, by version."""
    corpus = resources.files("b12assistant").joinpath("data", "corpus")
    named = environment.get("XDG_CACHE_HOME", "")
    usual = Path("~/Library/Caches" if sys.platform == "darwin" else "~/.cache").expanduser()
    cache = (Path(named) if Path(named).is_absolute() else usual) / "b12assistant" / version("b12assistant")
    return {"paths.corpus": str(Path(str(corpus)).resolve()), "paths.index": str(cache / "index")}


@dataclass(frozen=True, slots=True)
class Paths:
    """Folders, relative to the file that names them, else to the working directory."""

    corpus: str = "corpus"
    index: str = "index"


@dataclass(frozen=True, slots=True)
class CorpusSettings:
    """What the documents are. ``language``: of all of them, and of the page: en, de, fr or es."""

    language: str = "en"


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """Which encoder runs, and how.

    ``model``: the pinned one, or the folder of another. ``digest``: required sha256 of another model's weights.
    ``threads``: for bulk encoding; 0 means one for each core. ``tuned``: with the pinned model, the changes that tune
    it to vitamin B12 and nerves; turn it off for another subject.
    """

    model: str = "all-MiniLM-L6-v2"
    digest: str = ""
    threads: int = 0
    tuned: bool = True


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What searches the index.

    ``engine``: faiss (in this process) or milvus. ``uri``: address of Milvus; empty means embedded, in a file in the
    index folder. ``collection``: name of this index in Milvus.
    """

    engine: str = "faiss"
    uri: str = ""
    collection: str = "b12assistant"


@dataclass(frozen=True, slots=True)
class LoadingSettings:
    """Limits for one file.

    ``seconds``: processor time to read and mark it. ``megabytes``: size of the file.
    """

    seconds: float = 60.0
    megabytes: int = 50


@dataclass(frozen=True, slots=True)
class AnsweringSettings:
    """How sure an answer must be, 0 to 1; 0 keeps the fitted limit.

    ``least``: to be shown. ``strong``: to be shown without reserve. `b12assistant evaluate` finds both.
    """

    least: float = 0.0
    strong: float = 0.0


@dataclass(frozen=True, slots=True)
class QuotingSettings:
    """What an answer may hold. ``quotes``: at most so many."""

    quotes: int = 3


@dataclass(frozen=True, slots=True)
class RedFlagSettings:
    """Which red flags are on, and the telephone numbers in the fixed texts.

    ``packaged``: which of the packaged rules: all, emergencies or none. ``model``: whether the fitted model may raise
    what the rules miss. ``region``: whose numbers are named. The others replace single numbers; word them to follow
    "call".
    """

    packaged: str = "all"
    model: bool = True
    region: str = "uk"
    emergency: str = ""
    crisis_line: str = ""
    poison_line: str = ""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Words of those who run the page.

    ``run_by``: who runs the page and how to reach them, in words; "" if nobody says so. ``signature``: below a reply,
    ``run_by`` if it is "".
    """

    run_by: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Limits of the server, and where it runs.

    ``seconds``: time limit of an answer. ``hosts``: names of the server besides its address. ``behind_proxy``: a proxy
    guards it. ``log``: level.
    """

    seconds: float = 10.0
    hosts: str = ""
    behind_proxy: bool = False
    log: str = "warning"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, by section."""

    paths: Paths = Paths()
    corpus: CorpusSettings = CorpusSettings()
    encoder: EncoderSettings = EncoderSettings()
    index: IndexSettings = IndexSettings()
    loading: LoadingSettings = LoadingSettings()
    answering: AnsweringSettings = AnsweringSettings()
    quoting: QuotingSettings = QuotingSettings()
    red_flags: RedFlagSettings = RedFlagSettings()
    page: PageSettings = PageSettings()
    web: WebSettings = WebSettings()


def values_of(settings: Settings) -> dict[str, Any]:
    """Return the value of every setting by `section.name`."""
    return {
        f"{section.name}.{field.name}": getattr(getattr(settings, section.name), field.name)
        for section in fields(settings)
        for field in fields(getattr(settings, section.name))
    }


DEFAULTS: Final = values_of(Settings())
_SECTIONS = tuple(section.name for section in fields(Settings))
_VARIABLES = {f"B12_{key.replace('.', '_').upper()}": key for key in DEFAULTS}
_NOT_SETTINGS = {"B12_SHARED"}  # read by the tests


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings with the origin of each value: `default`, `packaged`, the file, the variable or the flag."""

    settings: Settings
    origins: Mapping[str, str]

    @property
    def is_packaged(self) -> bool:
        """Check whether answers come from the packaged corpus."""
        return self.origins["paths.index"] == PACKAGED


def load_configuration(
    *, file: Path | None = None, environment: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Configuration:
    """Merge the defaults, ``file`` (else that of the project, if it has one), ``environment`` and ``flags``.

    A folder named by a flag may be a corpus, an index, or a project with both. The packaged corpus is used if no corpus
    or index is named and the working directory is not a project. Raises ``ConfigError``.
    """
    values: dict[str, object] = {}  # what is set later wins
    origins: dict[str, str] = {}
    named = {key: value for key, value in (flags or {}).items() if value is not None}
    found = None if file else _project_of(named)
    path = file or (found or Path()) / CONFIG_FILE
    if found:
        values = {key: str(found / name) for key, name in _FOLDERS.items() if (found / name).is_dir()}
        origins = dict.fromkeys(values, str(path))
        named = {key: value for key, value in named.items() if key not in _FOLDERS or Path(str(value)) != found}
    for key, value, where in _from_file(path) if file or path.is_file() else ():
        checked = _checked(key, value, where)
        values[key], origins[key] = str(path.parent / str(checked)) if key in _FOLDERS else checked, str(path)
    for key, value, where in (*_from_environment(environment), *((key, named[key], "flag") for key in named)):
        values[key], origins[key] = _checked(key, value, where), where
    if values.keys().isdisjoint(_FOLDERS) and not any(Path(name).exists() for name in _OF_A_PROJECT):
        values |= packaged_paths(environment)
        origins |= dict.fromkeys(_FOLDERS, PACKAGED)
        if values.get(_LANGUAGE, "en") != "en":
            why = f"{origins[_LANGUAGE]}: {_LANGUAGE} = {values[_LANGUAGE]!r}, but the packaged corpus is in English"
            raise ConfigError(why, hint="set it in the project of a corpus of your own")
    return Configuration(_settings(values), {**dict.fromkeys(DEFAULTS, "default"), **origins})


def _project_of(flags: Mapping[str, object]) -> Path | None:
    """Return the folder with the configuration of the corpus or index that a flag names, if it has one."""
    folders = [Path(str(flags[key])) for key in _FOLDERS if key in flags]
    around = (project for folder in folders for project in (folder, folder.parent))
    return next((project for project in around if (project / CONFIG_FILE).is_file()), None)


def _from_file(path: Path) -> Iterator[tuple[str, object, str]]:
    """Yield key, value and "file:line"."""
    try:
        text = path.read_text("utf-8-sig")
        table = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror})", hint="give another file with --config"
        ) from error
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or a number with too many digits
        raise ConfigError(f"{path} is not valid TOML ({error})", hint="fix it, then try again") from error
    for section, content in table.items():
        if not isinstance(content, dict) or section not in _SECTIONS:
            raise _unknown(f"{path}:{line_of(text, section)}: unknown setting {section!r}", section)
        yield from ((f"{section}.{name}", content[name], f"{path}:{line_of(text, section, name)}") for name in content)


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, object, str]]:
    """Yield key, value and variable name; only here do numbers arrive as text."""
    for variable, value in environment.items():
        if variable.startswith("B12_") and variable not in _NOT_SETTINGS:
            if variable not in _VARIABLES:
                raise _unknown(f"the environment variable {variable} is not a setting", variable)
            key = _VARIABLES[variable]
            kind = type(DEFAULTS[key])
            try:
                yield key, _BOOLEANS[value] if kind is bool else kind(value), variable
            except (KeyError, ValueError):
                yield key, value, variable  # `_checked` reports what is wrong with it


def _unknown(what: str, name: str) -> ConfigError:
    near = get_close_matches(name, [*DEFAULTS, *_SECTIONS, *_VARIABLES], n=1)
    return ConfigError(what, hint=f"did you mean {near[0]!r}?" if near else "`b12assistant doctor` lists the settings")


def _checked(key: str, value: object, origin: str) -> object:
    if key not in DEFAULTS:
        raise _unknown(f"{origin}: unknown setting {key!r}", key)
    default, kind = DEFAULTS[key], type(DEFAULTS[key])
    checked = float(value) if kind is float and type(value) is int and abs(value) < _LARGEST else value
    if (problem := _problem(checked, default, ONE_OF.get(key, ()), _MOST.get(key, _LARGEST))) is not None:
        hint = f"set one of {', '.join(ONE_OF[key])}" if problem == _NOT_KNOWN else f"the default is {default!r}"
        raise ConfigError(f"{origin}: {key} = {value!r} is {problem}", hint=hint)
    return checked


def _problem(value: object, default: object, one_of: Sequence[str], most: float) -> str | None:
    if type(value) is not type(default) or (isinstance(value, float) and not isfinite(value)):
        return f"not {_NAMES[type(default)]}"
    if one_of and value not in one_of:
        return _NOT_KNOWN
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < 0 or (value == 0 and default != 0):
            return "too small"
        return "too large" if value > most else None
    return "empty" if value == "" and default != "" else None


ONE_OF = {  # settings that take one of a few values
    _LANGUAGE: ("en", "de", "fr", "es"),
    "index.engine": ("faiss", "milvus"),
    "red_flags.packaged": ("all", "emergencies", "none"),
    "web.log": ("info", "warning", "error"),
}
_BOOLEANS = {"false": False, "true": True}  # in the environment
_FOLDERS = {"paths.corpus": "corpus", "paths.index": "index"}  # and what a project calls them
_NOT_KNOWN = "not known"
_LARGEST = 10**9
_MOST = {"answering.least": 1, "answering.strong": 1}
_NAMES: dict[type, str] = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _settings(values: Mapping[str, object]) -> Settings:
    settings = Settings()
    for key, value in values.items():
        section, _, name = key.partition(".")
        changed: dict[str, Any] = {section: replace(getattr(settings, section), **{name: value})}
        settings = replace(settings, **changed)
    return settings
