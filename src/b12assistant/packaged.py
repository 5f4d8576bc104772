"""The corpus that comes with the package, and where an index of it is kept: for a folder that has none of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Final

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
