"""Write the embeddings of the shipped corpus into the package: `make embeddings`, after a change of corpus or encoder.

With them a first index needs no encoding. A document whose text changed since is encoded on the user's machine, and so
are all if the encoder changed: the file can be old, but never wrong. Single precision on another processor may differ
in the last bits; with the shipped arrays the index is the same everywhere.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.display import terminal
from b12assistant.index.embedding import SHIPPED, read_previous, shipped_bytes, shipped_scope

ROOT = Path(__file__).resolve().parent.parent


def main(file: Path = ROOT / "src/b12assistant" / SHIPPED) -> None:
    """Index the corpus from scratch with the shipped settings, and write what was encoded."""
    with tempfile.TemporaryDirectory() as index:
        flags = {"paths.corpus": str(ROOT / "corpus"), "paths.index": index}
        space = Workspace(load_configuration(environment={}, flags=flags))
        with terminal.progress() as progress:
            space.index(from_scratch=True, strict=True, progress=progress)
        pieces = space.configuration.settings.chunking.title_pieces
        made_in = shipped_scope(space.encoder, space.projection, pieces)
        data = shipped_bytes(made_in, read_previous(space.store.last_good()))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    print(f"{file.relative_to(ROOT)}: {len(data) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
