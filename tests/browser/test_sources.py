"""The tab Sources: every document is listed, found by its headings, and opens in the source view."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from serving import small_space

from browser.conftest import Visit
from browser.reading import Reader
from browser.running import running

pytestmark = pytest.mark.slow

GUIDE = "---\nkind: patient_guide\ncommercial_interest: false\n---\n\n# Nerves\n\n## Sheath\n\nMyelin wraps nerves.\n"
CORPUS = {
    "guide.md": GUIDE,
    "shop.md": "---\ncommercial_interest: true\n---\n\n# Drips\n\nOur golden drip costs forty dollars each time.\n",
    "trap.md": "# <img src=x onerror=window.__ran=1>\n\nA \\<script>window.__ran=1\\</script> and $x^2$ is plain.\n",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(small_space(tmp_path_factory.mktemp("sources"), CORPUS)) as address:
        yield address


def sources(reader: Reader) -> Page:
    reader.page.get_by_role("tab", name="Sources").click()
    reader.page.wait_for_selector("#sources .document")
    return reader.page


def test_axe_finds_nothing(visit: Visit, address: str) -> None:
    reader = visit(address)
    page = sources(reader)
    page.locator("#sources summary").first.click()
    reader.accessible()
    reader.sound()


def test_every_document_is_listed_the_guide_first_and_the_seller_last(visit: Visit, address: str) -> None:
    page = sources(visit(address))
    titles = page.locator("#sources h2 .exact").all_text_contents()
    assert titles == ["Nerves", "<img src=x onerror=window.__ran=1>", "Drips"]
    assert "Sells what it recommends" in page.locator("#sources .document").last.inner_text()


def test_a_source_is_found_by_what_it_covers_and_opens(visit: Visit, address: str) -> None:
    reader = visit(address)
    page = sources(reader)
    page.fill("#sources-find", "sheath")
    page.wait_for_function("() => document.querySelectorAll('#sources .document').length === 1")
    assert page.inner_text("#sources .found") == "1 document"
    frame = reader.open(page.locator("#sources a.cite").first)
    assert "Myelin wraps nerves." in frame.locator("body").inner_text()
    reader.sound()
