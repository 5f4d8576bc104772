"""The manifest of a generation: what it holds and how it was built, in bytes of which none can change unseen.

Two digests stand in it: the generation's name covers its content, and the seal covers all the rest of the manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from b12assistant.types import GenerationId

SCHEMA = 1  # raise when the files of a generation, or this file, change their form
MANIFEST = "manifest.json"
_BESIDE_CONTENT = ("generation", "counter", "seal")


def describe(data: bytes) -> dict[str, object]:
    """What the manifest says of a file."""
    return {"size": len(data), "sha256": _sha256(data)}


def generation_name(content: Mapping[str, object]) -> GenerationId:
    """A function of the content alone: not of when or where it was built."""
    return GenerationId(_sha256(_json(content))[:32])


def sealed(content: Mapping[str, object], *, counter: int) -> bytes:
    """The manifest's bytes; ``counter`` grows with each generation of an index."""
    manifest = {**content, "generation": generation_name(content), "counter": counter}
    return _json({**manifest, "seal": _sha256(_json(manifest))})


def unsealed(data: bytes, name: str) -> dict[str, Any] | None:
    """The manifest of generation ``name``, if ``data`` is byte for byte what ``sealed`` gave."""
    try:
        manifest = json.loads(data)
        content = {key: value for key, value in manifest.items() if key not in _BESIDE_CONTENT}
        whole = sealed(content, counter=manifest["counter"]) == data and manifest["generation"] == name
    except (ValueError, KeyError, AttributeError, RecursionError):
        return None
    return manifest if whole else None


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8", "surrogatepass")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
