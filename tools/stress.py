"""Run every stress test in full and print one table; exits with 1 if one fails. `make stress` calls it.

With NAMES, parts of the names of stress tests, it runs only those.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from stress_tests.all import STRESS_TESTS
from stress_tests.runner import HEAD, carry_out


def main() -> int:
    chosen = [each for each in STRESS_TESTS if not sys.argv[1:] or any(name in each.what for name in sys.argv[1:])]
    print(HEAD, flush=True)
    failed = False
    for stress in chosen:
        with tempfile.TemporaryDirectory() as folder:
            result = carry_out(stress, stress.full, Path(folder))
        print(result.row, flush=True)
        for wrong in result.wrong[:20]:
            print(f"  {stress.what}: {wrong}", file=sys.stderr, flush=True)
        failed = failed or bool(result.wrong) or not result.tried
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
