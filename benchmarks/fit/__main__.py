"""Fit a file of weights again: `make weights OF=NAME`, with `DATASETS=FOLDER` where public collections are read.

    PYTHONPATH=benchmarks python -m fit NAME [--datasets FOLDER] [--first FILE] [--rate RATE]

NAME is graph, projection, encoder, context, leaning, small-talk, ranker, topics, words, red-flags, danger or refusal:
the module of that name has ``fit``, and says what it learns from. ``--first``: the file of a fit to go on from, of
encoder, context, red-flags or danger.
docs/reference/weights.md has inputs, times and the order.
"""

import argparse
from importlib import import_module
from pathlib import Path

from fit.data import Given

NAMES = (
    *("graph", "projection", "encoder", "context", "leaning", "small-talk", "ranker", "topics"),
    *("words", "red-flags", "danger", "refusal"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--datasets", type=Path, default=Path("datasets"), help="the folder of the public collections")
    parser.add_argument("--first", type=Path, help="go on from this file")
    parser.add_argument("--rate", type=float, help="of learning, if not the usual one")
    given = parser.parse_args()
    module = import_module(f"fit.{given.name.replace('-', '_')}")
    module.fit(Given(given.datasets, given.first, given.rate))


if __name__ == "__main__":
    main()
