"""The package matches its picture: imports only go down, libraries have owners, no file is long."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path

import pytest
from picture import LONGEST, OWNERS, PACKAGE, PICTURE, PLACES, ROOT, too_long, violations


def test_the_package_matches_the_picture() -> None:
    found = list(violations(PACKAGE))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", ["src", "tests"])
def test_no_file_is_long(folder: str) -> None:
    found = list(too_long(ROOT / folder))
    assert not found, "\n".join(found)


def test_a_class_name_means_one_thing() -> None:
    """The models that describe JSON have the names of what they describe."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name not in ("json_form.py", "http_models.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    found.setdefault(node.name, []).append(path.name)
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def test_the_picture_names_each_module_once() -> None:
    named = [
        f"{folder}.{name}" for folder, *families in PICTURE for name in " ".join(families).replace("<", " ").split()
    ]
    assert len(named) == len(set(named))
    assert set(chain.from_iterable(OWNERS.values())) <= PLACES.keys()


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("types.py", "from b12assistant.answers import Answer", "answers is not below types"),
        ("config.py", "import b12assistant.index.store", "index.store is not below config"),
        ("config.py", "from b12assistant import protocols", "protocols is not below config"),
        ("index/store.py", "from b12assistant.index.encoding import MiniLM", "index.encoding is not below index.store"),
        ("loaders/html.py", "from b12assistant.loaders import pdf", "loaders.pdf is not below loaders.html"),
        ("loaders/decoding.py", "from b12assistant.loaders import load", "loaders is not below loaders.decoding"),
        ("cleaning/marks.py", "from b12assistant.safety import triage", "safety.triage is not below cleaning.marks"),
        (
            "answering/assistant.py",
            "def f():\n    from b12assistant import api",
            "api is not below answering.assistant",
        ),
        (
            "display/terminal.py",
            "if TYPE_CHECKING:\n    import b12assistant.web.ui",
            "web.ui is not below display.terminal",
        ),
        (
            "web/site.py",
            "import importlib\nimportlib.import_module('b12assistant.command.cli')",
            "cli is not below web.site",
        ),
        ("errors.py", "from . import types", "relative import"),
        ("novelty.py", "", "novelty: is not in PICTURE"),
        ("answering/retrieval.py", "import faiss", "belongs to index.vector_index alone"),
        (
            "answering/quoting.py",
            "def f():\n    from torch.nn import functional",
            "belongs to index.encoding alone",
        ),
        ("command/cli.py", "import pandas", "has no owner"),
        ("index/store.py", "import pickle", "pickle is forbidden: reading it can run code"),
        ("index/token_store.py", "numpy.load(file, allow_pickle=True)", "allow_pickle is forbidden"),
        ("corpus/sources.py", "from urllib.request import urlopen", "nothing leaves the machine"),
        ("web/ui.py", "from urllib import request", "nothing leaves the machine"),
    ],
)
def test_a_breach_is_named(module: str, source: str, complaint: str, tmp_path: Path) -> None:
    package = tmp_path / "b12assistant"
    for name in PLACES:
        path = package / f"{name.replace('.', '/')}.py"
        if any(other.startswith(f"{name}.") for other in PLACES):
            path = path.with_suffix("") / "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (package / module).write_text(source, "utf-8")
    assert [line for line in violations(package) if complaint in line] == list(violations(package)) != []


def test_an_import_that_the_picture_allows_is_not_named(tmp_path: Path) -> None:
    allowed = (
        "import json, numpy\nfrom urllib.parse import quote\nfrom b12assistant import errors, types\nimport faiss\n"
    )
    (tmp_path / "errors.py").touch()
    (tmp_path / "types.py").write_text("from b12assistant.errors import AssistantError", "utf-8")
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "vector_index.py").write_text(allowed, "utf-8")
    assert list(violations(tmp_path)) == []


def test_a_long_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("x = 1\n" * (LONGEST + 1), "utf-8")
    (tmp_path / "short.py").write_text("x = 1\n" * LONGEST, "utf-8")
    assert list(too_long(tmp_path)) == [f"long.py: {LONGEST + 1} lines, at most {LONGEST}"]
