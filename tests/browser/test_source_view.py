from __future__ import annotations

from collections.abc import Iterator

import pytest
from builders_pdf import build_pdf, column
from corpora import again, write
from fakes import FakeWorkspace, fake_workspace

from b12assistant.display import addresses
from browser.conftest import CORPUS, Visit
from browser.running import running

pytestmark = pytest.mark.slow

SIDES = "Do swallowed capsules work as well as a syringe?"
LONG = "# Long\n\n" + "\n\n".join(
    f"## Part {n}\n\nZebra{n} walks home. {'It rains on the plain and the wind is cold. ' * 12}" for n in range(6)
)
PAGES = (
    column("Quagga lives on the plain. It eats grass.", "Grass grows after rain, and rain is rare.", "Rain is rare."),
    column("Okapi lives in the forest. It eats leaves."),
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    folder = tmp_path_factory.mktemp("view")
    corpus = write(folder / "corpus", {**CORPUS, "long.md": LONG})
    (corpus / "plain.pdf").write_bytes(build_pdf(*PAGES))
    space = fake_workspace(corpus, folder / "index")
    space.index()
    return again(space)


@pytest.fixture(scope="module")
def there(kept: FakeWorkspace) -> Iterator[str]:
    with running(kept) as address:
        yield address


def link(space: FakeWorkspace, name: str, words: str, **more: str) -> str:
    document = space.document(name).document
    start = document.text.index(words)
    address = addresses.of_spans([document.span(start, start + len(words))])
    return address if not more else address.replace("#hit", "".join(f"&{key}={value}" for key, value in more.items()))


STATES: dict[str, tuple[str, str, dict[str, str], str]] = {
    "text of a PDF": ("plain.pdf", "It eats grass.", {}, "mark#hit"),
    "long": ("long.md", "Zebra4 walks home.", {}, "mark#hit"),
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(state: str, visit: Visit, there: str, kept: FakeWorkspace) -> None:
    name, words, more, shown = STATES[state]
    reader = visit(there, link(kept, name, words, **more))
    reader.page.wait_for_selector(shown)
    reader.accessible()


def test_the_quote_is_in_sight_below_the_fixed_bar(visit: Visit, there: str, kept: FakeWorkspace) -> None:
    for width in (1280, 390):
        reader = visit(there, link(kept, "long.md", "Zebra4 walks home."), viewport={"width": width, "height": 700})
        reader.page.wait_for_function("() => document.activeElement?.id === 'hit'")
        hit, bar = reader.page.locator("#hit").bounding_box(), reader.page.locator(".bar").bounding_box()
        assert hit
        assert bar
        assert bar["y"] + bar["height"] <= hit["y"] < 700 - hit["height"]
        assert bar["height"] < 60, "one line, on a phone too"


def test_the_panel_goes_from_quote_to_quote(visit: Visit, there: str) -> None:
    reader = visit(there)
    turn = reader.ask(SIDES)
    reader.open(turn.locator("figure a.cite").first)
    page = reader.page
    assert page.inner_text("#src-heading") == "Quote 1 of 2"
    assert page.is_disabled("#src-previous")
    page.click("#src-next")
    page.frame_locator("#src-frame").locator("h1", has_text="Syringe").wait_for()
    assert page.inner_text("#src-heading") == "Quote 2 of 2"
    assert page.is_disabled("#src-next")
    page.click("#src-close")
    reader.left()
    assert "syringe" in page.evaluate("() => document.activeElement.closest('figure').textContent").lower()


def test_all_of_it_works_without_a_script(visit: Visit, there: str, kept: FakeWorkspace) -> None:
    page = visit(there, link(kept, "plain.pdf", "It eats grass."), java_script_enabled=False).page
    assert not page.locator("#print").is_visible()
    href = page.locator(".bar a.copy").get_attribute("href")
    page.goto(f"{there}{href}")
    assert (page.locator("body").text_content() or "").startswith("“It eats grass.”\n\n— ")


def test_the_quote_is_copied_with_its_citation(visit: Visit, there: str, kept: FakeWorkspace) -> None:
    path = link(kept, "plain.pdf", "It eats grass.")
    reader = visit(there, path)
    page = reader.page
    with reader.sees("#say", "^Copied"):
        page.click(".bar a.copy")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    asked = path.removesuffix("#hit").replace("/d/", "/cite/")
    assert copied.replace("\r\n", "\n") == page.request.get(there + asked).text().replace("\r\n", "\n")


def test_a_printout_has_only_the_text_and_its_mark(visit: Visit, there: str, kept: FakeWorkspace) -> None:
    page = visit(there, link(kept, "long.md", "Zebra4 walks home.")).page
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator(".bar").is_visible()
    style = (
        "() => { const s = getComputedStyle(document.querySelector('mark')); return [s.textDecorationLine, s.color]; }"
    )
    assert page.evaluate(style) == ["underline", "rgb(0, 0, 0)"]
    assert page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
