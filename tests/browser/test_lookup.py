import re
from collections.abc import Iterator

import pytest
from builders_pdf import build_pdf, column
from corpora import again, write
from fakes import FakeWorkspace, fake_workspace
from serving import EMERGENCY, small_space

from b12assistant.display import addresses
from browser.conftest import CORPUS, Visit
from browser.reading import Reader
from browser.running import running

pytestmark = pytest.mark.slow

# Key by key, without pauses even on a busy machine.
TYPED = """(box, text) => { for (const letter of text) {
    box.value += letter;
    box.dispatchEvent(new InputEvent('input', {bubbles: true, data: letter})); } }"""
MANY = {f"many/{number}.txt": f"A zebra with {number} stripes.\n" for number in range(220)}


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """220 passages with one word in common."""
    with running(small_space(tmp_path_factory.mktemp("herd"), MANY)) as address:
        yield address


def opened(visit: Visit, address: str) -> Reader:
    reader = visit(address, "/#lookup")
    reader.page.wait_for_selector("#lookup-box")
    return reader


def look_up(reader: Reader, text: str, *, phrase: bool = False) -> None:
    if phrase:
        reader.page.check("#lookup-phrase")
    reader.page.fill("#lookup-box", text)
    reader.page.wait_for_function("text => document.querySelector('.lookup .list').dataset.text === text", arg=text)


def rows(reader: Reader) -> list[str]:
    return reader.page.locator("#lookup .found blockquote").all_text_contents()


@pytest.mark.parametrize("phrase", [False, True])
def test_each_way_of_searching_finds_a_passage_and_marks_it(phrase: bool, visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    look_up(reader, "numb feet", phrase=phrase)
    first = reader.page.locator("#lookup .found").first
    assert first.locator(".line").text_content() == "Numb feet are an early sign."
    assert first.locator("mark").text_content() == "Numb feet are an early sign."
    assert "".join(first.locator(".line b").all_text_contents()).replace(" ", "") == "Numbfeet"
    assert first.locator(".cite").text_content() == "Nerves › Sheath"


def test_filters_narrow_and_clear(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    page = reader.page
    look_up(reader, "golden drip")
    assert page.locator("#lookup .found .badge.sells").text_content() == "Sells what it recommends"
    look_up(reader, "a")
    assert len(rows(reader)) == 3
    page.check("#lookup-phrase")
    page.wait_for_function("() => document.querySelector('#lookup .sieve summary').textContent === 'Filters (1)'")
    page.select_option("#lookup-kind", "seller")
    page.wait_for_function("() => document.querySelector('#lookup .status').textContent.startsWith('Nothing found')")
    page.click("#lookup .sieve button")
    page.wait_for_function("() => document.querySelectorAll('#lookup .found').length === 3")
    assert page.locator("#lookup .sieve summary").text_content() == "Filters"


def test_a_safety_text_is_above_every_passage_and_withholds_none(visit: Visit, site: str, small: FakeWorkspace) -> None:
    reader = opened(visit, site)
    look_up(reader, f"{EMERGENCY} numb feet are an early sign")
    alarm = reader.page.locator("#lookup-box + .alert[role=alert] .alarm.emergency")
    assert alarm.locator("p").all_text_contents()[0] in small.texts["emergency_self_harm"].text  # type: ignore[index]
    first = reader.page.locator("#lookup .found").first
    above, below = alarm.bounding_box(), first.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    assert first.locator(".line").text_content() == "Numb feet are an early sign."
    look_up(reader, "myelin")
    assert reader.page.locator("#lookup .alarm").count() == 0


def test_what_is_typed_is_in_no_address_and_many_keys_make_one_request(visit: Visit, herd: str) -> None:
    reader = opened(visit, herd)
    reader.page.locator("#lookup-box").evaluate(TYPED, "zebra stripes")
    reader.page.wait_for_function(
        "() => document.querySelector('.lookup .status').textContent === 'The first 200 passages'"
    )
    assert reader.page.locator("#lookup .found").count() == 10
    assert len([each for each in reader.asked_for if each.endswith("/lookup/search")]) == 1
    reader.page.click("#lookup .next button")
    reader.page.wait_for_function(
        "() => [...document.querySelectorAll('.found summary')].indexOf(document.activeElement) === 10"
    )
    assert reader.page.locator("#lookup .found").count() == 20
    assert not [each for each in reader.asked_for if re.search("zebra|stripes", each)]
    assert reader.page.url == f"{herd}/#lookup"


def test_everything_works_by_keyboard(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    page = reader.page
    look_up(reader, "swallowed capsules")
    assert len(rows(reader)) >= 2
    page.focus("#lookup .found summary >> nth=0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "cite"
    page.keyboard.press("Tab")
    with reader.sees("#toast", "^Copied"):
        page.keyboard.press("Enter")
    assert page.evaluate("() => navigator.clipboard.readText()").startswith(f"“{rows(reader)[0]}”")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.frame_locator("#src-frame").locator("#hit").first.wait_for()
    page.wait_for_function("() => document.activeElement.id === 'src-frame'")
    page.keyboard.press("Escape")
    reader.left()
    assert page.evaluate("() => document.activeElement.closest('#lookup .found') !== null")


STATES = ("empty", "found", "row", "flag", "nothing")


def reach(reader: Reader, state: str) -> None:
    page = reader.page
    if state == "found":
        look_up(reader, "numb feet")
    elif state == "row":
        page.locator("#lookup .found summary").first.click()
        page.focus("#lookup .found summary >> nth=0")
    elif state == "flag":
        look_up(reader, "لا أستطيع التنفس وألم في صدري")  # I cannot breathe, and pain in my chest
        page.wait_for_selector("#lookup .alarm [lang=ar]")
    elif state == "nothing":
        look_up(reader, "quagga", phrase=True)


def test_axe_finds_nothing_in_any_state(visit: Visit, site: str) -> None:
    reader = opened(visit, site)
    for state in STATES:
        reach(reader, state)
        reader.accessible()


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


def link(space: FakeWorkspace, name: str, words: str) -> str:
    document = space.document(name).document
    start = document.text.index(words)
    return addresses.of_spans([document.span(start, start + len(words))])


@pytest.mark.parametrize(("name", "words"), [("plain.pdf", "It eats grass."), ("long.md", "Zebra4 walks home.")])
def test_axe_finds_nothing(name: str, words: str, visit: Visit, there: str, kept: FakeWorkspace) -> None:
    reader = visit(there, link(kept, name, words))
    reader.page.wait_for_selector("mark#hit")
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
