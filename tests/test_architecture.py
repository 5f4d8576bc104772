"""The package matches its picture: imports only go down, libraries have owners, no file is long."""

from pathlib import Path

import pytest
from picture import PACKAGE, PLACES, ROOT, too_long, violations


def test_the_package_matches_the_picture() -> None:
    found = list(violations(PACKAGE))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", ["src", "tests"])
def test_no_file_is_long(folder: str) -> None:
    found = list(too_long(ROOT / folder))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("types.py", "from b12assistant.answers import Answer", "answers is not below types"),
        ("answering/retrieval.py", "import faiss", "belongs to index.vectors alone"),
        ("index/store.py", "import pickle", "pickle is forbidden: reading it can run code"),
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
