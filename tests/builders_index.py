"""Index directories that hold two small files."""

from pathlib import Path

from b12assistant.index.store import Store
from b12assistant.types import GenerationId

OLD = {"documents.jsonl": b'{"document": "old.md"}\n', "vectors.faiss": bytes(range(256))}
NEW = {"documents.jsonl": b'{"document": "new.md"}\n', "vectors.faiss": bytes(range(255, -1, -1))}
NEWEST = {"documents.jsonl": b""}
FACTS = {"model": {"name": "fake", "sha256": "0" * 64}, "counts": {"documents": 1}}


def publish(store: Store, *contents: dict[str, bytes]) -> GenerationId:
    """Publish the contents one after the other; return the name of the last."""
    with store.writing():
        names = [store.publish(files, FACTS) for files in contents]
    return names[-1]


def folder(store: Store, name: GenerationId) -> Path:
    return store.root / "generations" / name


def tree(root: Path) -> dict[str, bytes]:
    """Every file of an index except the lock, which holds a process id."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file() and p.name != "LOCK"}
