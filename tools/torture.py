"""Undergo every ordeal in full and print one table; ends with 1 if one is failed. `make torture` calls it.

With NAMES, words of what an ordeal is called, those ordeals only.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from ordeals.all import ORDEALS, PAGES
from ordeals.ordeal import HEAD, undergo


def main() -> int:
    chosen = [
        each for each in (*ORDEALS, *PAGES) if not sys.argv[1:] or any(name in each.what for name in sys.argv[1:])
    ]
    print(HEAD, flush=True)
    failed = False
    for ordeal in chosen:
        with tempfile.TemporaryDirectory() as folder:
            result = undergo(ordeal, ordeal.full, Path(folder))
        print(result.row, flush=True)
        for wrong in result.wrong[:20]:
            print(f"  {ordeal.what}: {wrong}", file=sys.stderr, flush=True)
        failed = failed or bool(result.wrong) or not result.tried
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
