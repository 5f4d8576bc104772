"""What others get: an sdist, the wheel made from it, and the first question asked of it."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FILES = ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md")
QUESTION = "Can nerves suffer without anaemia?"
# Nobody downloads these, so they are not compressed, which takes a fraction of the time.
HASTY = "import zlib; full = zlib.compressobj; zlib.compressobj = lambda level=-1, *more: full(0, *more)"


def make(what: str, source: Path, out: Path) -> Path:
    """Make an sdist or a wheel with pyproject.toml's back end, which is installed, so nothing is downloaded."""
    code = f"{HASTY}; from setuptools import build_meta; print(build_meta.build_{what}({str(out)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in FILES:
        shutil.copy(ROOT / name, source)
    for name in ("src", "corpus"):
        passed_over = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=passed_over)
    return make("sdist", source, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    return make("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment with the wheel.

    A path file adds the dependencies of the environment that runs the tests: no network, no second gigabyte.
    That environment has b12assistant itself through a path file too, which is not read through ours.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return home / "bin"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """In a folder that is no project, with a cache of its own."""
    own = {"XDG_CACHE_HOME": str(cwd.parent / "cache"), "PATH": os.defpath, "HOME": str(cwd.parent)}
    done = subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_the_wheel_holds_the_whole_corpus_and_all_data(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "b12assistant"
    data = [path for folder in ("data", "static") for path in (package / folder).rglob("*") if path.is_file()]
    wanted = {f"b12assistant/{path.relative_to(package).as_posix()}" for path in data}
    corpus = [path for path in (ROOT / "corpus").rglob("*") if path.is_file()]
    wanted |= {f"b12assistant/data/corpus/{path.relative_to(ROOT / 'corpus').as_posix()}" for path in corpus}
    assert sorted(wanted - held) == []
    licences = {name.partition("licenses/")[2] for name in held if ".dist-info/licenses/" in name}
    assert licences == {"LICENSE", "corpus/LICENSE"}


@pytest.mark.slow
def test_after_installing_one_command_gives_a_quote_from_any_folder(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "anywhere"
    folder.mkdir()
    where = run(installed / "python", "-c", "import b12assistant; print(b12assistant.__file__)", cwd=folder).stdout
    assert Path(where).is_relative_to(installed.parent)
    help_first = run(installed / "b12assistant", "ask", "my chest hurts and I can't breathe", cwd=folder)
    assert (help_first.stderr, list(tmp_path.glob("cache/*"))) == ("", [])  # an emergency does not wait for an index
    first = run(installed / "b12assistant", "ask", QUESTION, cwd=folder)
    (line,) = first.stderr.splitlines()
    assert "first use: building the index of the packaged corpus in" in line
    assert "anaemia" in first.stdout
    again = run(installed / "b12assistant", "ask", QUESTION, cwd=folder)
    assert (again.stdout, again.stderr) == (first.stdout, "")
    code = f"from b12assistant.api import Assistant\nprint(Assistant.open().ask({QUESTION!r}).answer.status)"
    assert run(installed / "python", "-c", code, cwd=folder).stdout == "answered\n"
    assert list(folder.iterdir()) == []


def test_the_version_is_one_and_semantic() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert newest is not None
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {newest[1], str(citation["version"])} == {project["version"]}
    assert re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", project["version"])
