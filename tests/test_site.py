"""The documentation as a site: it builds, has every page, measure and address, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import ROOT, dead_links, pages
from ranking import runs

from b12assistant.web.site import FRAMEWORK, OWN


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(folder),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        built = page.relative_to(ROOT / "docs").with_suffix(".html")
        assert (site / (built.with_name("index.html") if page.name == "README.md" else built)).is_file()


def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        fetched = re.findall(
            r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"?(https?:[^\" >]+)", page.read_text("utf-8")
        )
        assert [address for address in fetched if not address.startswith("http://127.0.0.1")] == [], page.name


def test_every_link_between_pages_leads_somewhere() -> None:
    assert dead_links(pages()) == []


def test_every_decision_is_listed() -> None:
    pages = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d+-[\w-]+\.md)\)", (pages / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in pages.glob("[0-9]*.md"))


@pytest.mark.parametrize("folder", ["src", "tools", "benchmarks", "corpus"])
def test_every_page_that_a_file_names_is_there(folder: str) -> None:
    files = (path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".toml", ".md"})
    named = {
        (path.name, found) for path in files for found in re.findall(r"\b(docs/[\w/-]+\.md)", path.read_text("utf-8"))
    }
    assert named
    assert [each for each in sorted(named) if not (ROOT / each[1]).is_file()] == []


@pytest.mark.parametrize("kind", sorted({name.partition("@")[0] for name in (*runs.NAMES, runs.JUDGED)}))
def test_every_measure_is_explained(kind: str) -> None:
    assert f"`{kind}" in (ROOT / "docs" / "reference" / "measures.md").read_text("utf-8")


@pytest.mark.parametrize("path", [*FRAMEWORK, *OWN])
def test_every_address_is_explained(path: str) -> None:
    shown = (ROOT / "docs" / "reference" / "http.md").read_text("utf-8")
    assert re.search(rf"[` ]{re.escape(path)}[`{{a-z]", shown), path
