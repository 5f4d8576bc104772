"""Heavy imports stay at the edge: asking for help must not wait for a neural network."""

import subprocess
import sys

import pytest

HEAVY = ("faiss", "gradio", "scipy", "sentence_transformers", "sklearn", "torch", "transformers")

PACKAGE = "import b12assistant"
HELP = """
import contextlib, sys
from b12assistant.cli import main
sys.argv = ["b12assistant", "--help"]
with contextlib.suppress(SystemExit):
    main()
"""
CODE = """
import sys
sys.stderr.write(" ".join(name for name in {heavy!r} if name in sys.modules))
"""


@pytest.mark.parametrize("does", [PACKAGE, HELP], ids=["import", "help"])
def test_heavy_libraries_are_not_loaded(does: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", does + CODE.format(heavy=HEAVY)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_python_m_is_the_same_command() -> None:
    by_module = subprocess.run(
        [sys.executable, "-m", "b12assistant", "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert by_module.stdout.startswith("Usage: b12assistant ")
