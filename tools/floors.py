"""Read the floors of `benchmarks/floors.toml`, and hold figures against them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from b12assistant.errors import UsageError

FLOORS = Path(__file__).parent.parent / "benchmarks" / "floors.toml"

Figures = Mapping[str, Mapping[str, Any]]  # a share by name, with hits and n


def load_floors(section: str) -> Figures:
    """Read the floors of a section: by figure ``least`` or ``most``, ``why``, and the ``goal`` if it is not met yet."""
    floors: Figures = tomllib.loads(FLOORS.read_text("utf-8"))[section]
    for name, floor in floors.items():
        if not floor.get("why") or ("least" in floor) == ("most" in floor):
            raise UsageError(f"{FLOORS.name}, {name}: not a floor", hint="a floor has a why, and least or most")
    return floors


def fallen(found: Figures, floors: Figures) -> Iterator[str]:
    """Yield a sentence for each figure beyond its floor, by however little; one that was not measured is left out."""
    for name in (name for name in floors if name in found):
        share, floor = found[name], floors[name]
        value = f"{name}: {share['share']:.4f} ({share['hits']} of {share['n']})"
        if share["share"] < floor.get("least", 0.0):
            yield f"{value}, the floor is at least {floor['least']}: {floor['why']}"
        if share["share"] > floor.get("most", 1.0):
            yield f"{value}, the floor is at most {floor['most']}: {floor['why']}"
