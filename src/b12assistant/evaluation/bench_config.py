"""Configurations to measure: TOML files that say what they change of the ranking; the rest is what ships.

says = "BM25F alone"
[weights]     # of each part, see `retrieval.Weights`; a part that is not named keeps its weight
passage = 0
[retrieval]   # and [lexical], [chunking]: as in b12assistant.toml
candidates = 200
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from b12assistant.answering.retrieval import Depths, Weights
from b12assistant.config import Settings, load_configuration
from b12assistant.errors import ConfigError, UsageError

RANKINGS = Path(str(resources.files("b12assistant"))) / "data" / "rankings"
_SECTIONS = ("retrieval", "lexical", "chunking")


@dataclass(frozen=True)
class Ranking:
    """How documents are ranked, under a name for the tables."""

    name: str = "as configured"
    says: str = "what the product does with its settings"
    weights: Weights = field(default_factory=Weights)
    settings: Settings = field(default_factory=Settings)

    @property
    def depths(self) -> Depths:
        return Depths(self.settings.retrieval.candidates, self.settings.retrieval.rescored)

    def as_json(self) -> dict[str, object]:
        sections = {name: asdict(getattr(self.settings, name)) for name in _SECTIONS}
        return {"name": self.name, "says": self.says, "weights": asdict(self.weights), **sections}


def packaged(name: str) -> Path:
    """Return the file of a ranking that comes with the package. Raises ``UsageError`` for an unknown name."""
    names = sorted(path.stem for path in RANKINGS.glob("*.toml"))
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(names)}"
        raise UsageError(f"there is no ranking {name!r}", hint=hint)
    return RANKINGS / f"{name}.toml"


def load_ranking(path: Path) -> Ranking:
    """Raises ``ConfigError`` that names the file and what is wrong in it."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror})", hint="give a file of settings") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML ({error})", hint="mend it") from error
    flags: dict[str, object] = {}
    for section, content in table.items():
        if section not in (*_SECTIONS, "weights", "says"):
            raise _unknown(path, section, (*_SECTIONS, "weights", "says"))
        if section in _SECTIONS:
            flags.update({f"{section}.{name}": value for name, value in _table(path, section, content).items()})
    try:
        settings = load_configuration(file=Path(os.devnull), environment={}, flags=flags).settings
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.message.removeprefix('flag: ')}", hint=error.hint) from error
    weights = _weights(path, _table(path, "weights", table.get("weights", {})))
    return Ranking(path.stem, str(table.get("says", path.stem)), weights, settings)


def _weights(path: Path, given: Mapping[str, object]) -> Weights:
    known = [each.name for each in fields(Weights)]
    weights: dict[str, float] = {}
    for name, value in given.items():
        if name not in known:
            raise _unknown(path, f"weights.{name}", [f"weights.{each}" for each in known])
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ConfigError(f"{path}: weights.{name} = {value!r} is no weight", hint="give a number from 0 on")
        weights[name] = float(value)
    return replace(Weights(), **weights)


def _table(path: Path, name: str, content: object) -> Mapping[str, object]:
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: {name} is no table", hint=f"write [{name}] and its settings below")
    return content


def _unknown(path: Path, key: str, known: object) -> ConfigError:
    names = [str(name) for name in known]  # type: ignore[attr-defined]
    near = get_close_matches(key, names, n=1) or names
    return ConfigError(f"{path}: unknown setting {key!r}", hint=f"there is {', '.join(near)}")
