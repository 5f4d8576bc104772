"""A process that indexes the corpora in turn into one index, until it has done its runs or is killed.

Run as ``python -m stress_tests.writer INDEX RUNS CORPUS…``. It prints ``ready``, then how many runs were published and
refused.
"""

import sys
from itertools import cycle, islice
from pathlib import Path

from b12assistant.errors import IndexBusyError
from stress_tests.small_index import workspace


def main() -> None:
    index, runs, *corpora = sys.argv[1:]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    published = busy = 0
    for corpus in islice(cycle(corpora), int(runs)):
        try:
            workspace(Path(corpus), Path(index)).index()
            published += 1
        except IndexBusyError:
            busy += 1
    sys.stdout.write(f"{published} {busy}\n")


if __name__ == "__main__":
    main()
