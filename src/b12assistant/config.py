"""Settings: `b12assistant.toml`, then the environment (`B12_…`), then flags; the last wins, and each knows its origin.

A key is `section.name` in the file (`[retrieval] candidates = 100`) and `B12_RETRIEVAL_CANDIDATES` in the environment.
Unknown keys and values out of range are errors that say what was probably meant.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any, get_type_hints

from b12assistant.errors import ConfigError
from b12assistant.packaged import CONFIG_FILE, PACKAGED, is_project, packaged_paths
from b12assistant.settings import ChunkingSettings as ChunkingSettings
from b12assistant.settings import IndexSettings as IndexSettings
from b12assistant.settings import LexicalSettings as LexicalSettings
from b12assistant.settings import LoadingSettings as LoadingSettings
from b12assistant.settings import RetrievalSettings as RetrievalSettings
from b12assistant.settings import Settings as Settings
from b12assistant.settings import WebSettings as WebSettings

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
