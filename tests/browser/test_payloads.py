"""Payloads in every field that reaches a page stay plain text everywhere."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from corpora import again
from fakes import FakeWorkspace
from payloads import PAYLOADS
from playwright.sync_api import Page
from serving import small_space

from b12assistant.answers import Triage
from b12assistant.display import addresses
from b12assistant.index.documents import Entry
from b12assistant.types import Passage, Source
from browser.conftest import Visit
from browser.reading import Reader
from browser.running import running
from browser.traps import TrapWorkspace, random_strings, shown

pytestmark = pytest.mark.slow

ALL = "\n".join(PAYLOADS)  # one may hide what follows it, so both orders are used
TEXTS = (*PAYLOADS, ALL, "\n".join(reversed(PAYLOADS)))
MANY = "\n".join(random_strings(400, seed=23))
HARMLESS = (
    "\x01",
    "Plain words",
    "https://example.org/page",
    "zero\u200bwidth",
    "Two lines\nof words",
    " after a blank",
)
# A script marks each button as saved or not the next time it checks.
PINNED = "() => !document.querySelector('.turn button.pin:not([aria-pressed])')"
# The tags of a page with the names of their attributes.
MADE_OF = """() => [...new Set([...document.querySelectorAll('body, body *')].map(
    node => `${node.tagName} ${node.getAttributeNames().filter(name => name !== 'hidden').sort().join(' ')}`))]"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> TrapWorkspace:
    return _traps(tmp_path_factory.mktemp("hostile"), (*TEXTS, MANY), len(TEXTS))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> TrapWorkspace:
    return _traps(tmp_path_factory.mktemp("harmless"), HARMLESS, len(HARMLESS))


class Traps(TrapWorkspace):
    """The last document is long, so its title is not its text."""

    def entry(self, number: int) -> Entry:
        found = super().entry(number)
        if len(found.document.text) < len(ALL) + 1:
            return found
        document = replace(found.document, title="Many", source=Source(), sections=())
        whole = document.span(0, len(document.text))
        return replace(found, document=document, passages=(Passage(found.passages[0].id, (whole,)),))


def _traps(folder: Path, texts: Sequence[str], at_once: int) -> TrapWorkspace:
    space = Traps(small_space(folder).configuration, texts_shown=texts, at_once=at_once)
    vars(space)["triage"] = lambda _: Triage()  # only what is shown is tested; to triage so many words takes seconds
    return space


@pytest.fixture(scope="module")
def served(hostile: TrapWorkspace, harmless: TrapWorkspace) -> Iterator[tuple[str, str]]:
    """The page over the payloads, and the page over plain words."""
    with running(hostile) as theirs, running(harmless) as plain:
        yield theirs, plain


def held(theirs: Page, plain: Page) -> None:
    """Nothing ran, and the payloads added no tag or attribute that the page of plain words lacks."""
    assert theirs.evaluate("() => window.__ran") is None
    assert set(theirs.evaluate(MADE_OF)) <= set(plain.evaluate(MADE_OF))


def test_an_answer_on_screen_and_on_paper(visit: Visit, served: tuple[str, str], hostile: TrapWorkspace) -> None:
    readers = [visit(address) for address in served]
    turns = [reader.ask(question) for reader, question in zip(readers, (ALL, HARMLESS[3]), strict=True)]
    for reader in readers:
        reader.page.wait_for_function(PINNED)
    quotes = hostile.ask(ALL).answer.quotes
    for medium in ("screen", "print"):
        readers[0].page.emulate_media(media=medium)
        assert turns[0].locator("h2 .exact").text_content() == shown(ALL)
        said = turns[0].locator("blockquote").all_text_contents()
        assert said == [shown("".join(span.text for span in quote.spans)) for quote in quotes]
        titles = turns[0].locator(".place .exact:first-child").all_text_contents()
        assert titles == [shown(text) for text in TEXTS]
        publishers = turns[0].locator(".who > .exact").all_text_contents()
        assert publishers == [shown(text) for text in TEXTS]
        held(readers[0].page, readers[1].page)
    readers[0].page.emulate_media(media="screen")
    random = readers[0].ask("400 random strings")
    (quote,) = hostile.ask("", [ALL]).answer.quotes
    assert random.locator("blockquote").text_content() == shown("".join(span.text for span in quote.spans))
    assert random.locator("mark").text_content() == shown(quote.best.text)


@pytest.mark.parametrize("turn", ["in order", "reversed", "400 random strings"])
def test_the_source_view(visit: Visit, served: tuple[str, str], hostile: TrapWorkspace, turn: str) -> None:
    (*_, ordered, turned), (many,) = (hostile.ask("", earlier).answer.quotes for earlier in ((), ("",)))
    quote = {"in order": ordered, "reversed": turned}.get(turn, many)
    text = quote.document.text
    page = visit(served[0], addresses.of_spans(quote.spans, quote.best)).page
    assert page.locator("#doc").text_content() == shown(text)
    assert page.locator("h1").text_content() == shown(quote.document.title)
    if quote is not many:
        facts = page.locator("dd > .exact, dd > a").all_text_contents()
        assert facts.count(shown(text)) == 5, "publisher, note, what it is based on, address, extractor"
        assert shown(quote.document.id) in facts
    assert page.evaluate("() => window.__ran") is None
    assert page.locator("#doc").evaluate("node => node.querySelectorAll(':not(span, mark)').length") == 0


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[FakeWorkspace, FakeWorkspace]:
    """Payloads and plain words in file names, titles, headings, texts and facts, through the real stages."""
    return (
        _indexed(tmp_path_factory.mktemp("payloads"), PAYLOADS),
        _indexed(tmp_path_factory.mktemp("plain"), HARMLESS),
    )


def _indexed(folder: Path, texts: Sequence[str]) -> FakeWorkspace:
    files, facts = {}, []
    for number, text in enumerate(texts):
        line = " ".join(text.split())
        name = f"{number} {text.replace('/', chr(0x2215))}"[:80]
        files[f"{name}.txt"] = f"{line}\n{'=' * 20}\n\nKestrel{number} lives here: {line}\n"
        said = {"file": f"{name}.txt", "title": line, "publisher": line, "note": line, "kind": "blog"}
        facts.append("[[source]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in said.items()))
    files["outline.txt"] = f"Outline\n{'=' * 20}\n\nFalcons nest.\n\nPart\n{'=' * 20}\n\nFalcons moult.\n"
    files["titled.txt"] = "A kestrel lives here.\n"
    facts.append('[[source]]\nfile = "titled.txt"\ntitle = "zero\\u200Bwidth"\n')
    space = small_space(folder, {**files, "sources.toml": "\n".join(facts)})
    loaded = again(space)
    loaded.ask("ready")
    return loaded


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def test_look_up(visit: Visit, corpora: tuple[FakeWorkspace, FakeWorkspace]) -> None:
    with running(corpora[0]) as theirs, running(corpora[1]) as plain:
        readers = [visit(theirs), visit(plain)]
        entries = corpora[0].opened.entries
        assert len(entries) + len(corpora[0].opened.left_out) == len(PAYLOADS) + 2
        rows = [_look_up(reader) for reader in readers]
        assert len(rows[0]) > 0.9 * len(PAYLOADS)
        texts = {shown(passage.span.text) for entry in entries for passage in entry.passages}
        assert {text for _, text in rows[0]} <= texts
        held(readers[0].page, readers[1].page)
        for reader in readers:
            reader.sound()


def _look_up(reader: Reader) -> list[tuple[str, str]]:
    """Address and words of every row."""
    page = reader.page
    page.get_by_role("tab", name="Look up").click()
    page.fill("#lookup-box", "lives")
    page.wait_for_selector("#lookup .found")
    rows, more = page.locator("#lookup .found"), page.locator("#lookup .next button")
    while more.count():
        shown_rows = rows.count()
        more.click()
        page.wait_for_function("n => document.querySelectorAll('#lookup .found').length > n", arg=shown_rows)
    page.wait_for_load_state("networkidle")
    found: list[list[str]] = rows.evaluate_all(
        "all => all.map(each => [each.querySelector('a').getAttribute('href'), "
        "each.querySelector('blockquote').textContent])"
    )
    return [(address, text) for address, text in found]
