from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakeWorkspace, fake_workspace
from serving import small_space

from b12assistant.display import addresses
from browser.conftest import Visit
from browser.running import running
from browser.traps import PAYLOADS, TrapWorkspace, random_strings, shown

pytestmark = pytest.mark.slow

STRINGS = (*PAYLOADS, *random_strings(60))


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> TrapWorkspace:
    space = small_space(tmp_path_factory.mktemp("traps"))
    return TrapWorkspace(space.configuration, texts_shown=STRINGS)


@pytest.fixture(scope="module")
def trapped(traps: TrapWorkspace) -> Iterator[str]:
    with running(traps) as address:
        yield address


def test_every_quote_title_and_question_is_shown_exactly_and_inert(
    visit: Visit, trapped: str, traps: TrapWorkspace
) -> None:
    reader = visit(trapped)
    asked: list[str] = []
    for number in range(-(-len(STRINGS) // traps.at_once)):
        question = PAYLOADS[number].replace("\r\n", "\n")  # as a text box changes it
        turn = reader.ask(question)
        answer = traps.ask(question, asked).answer
        asked.append(question)
        assert turn.locator("h2 .exact").text_content() == shown(question)
        quotes = turn.locator("blockquote").all_text_contents()
        assert quotes == [shown("".join(span.text for span in quote.spans)) for quote in answer.quotes]
        marks = turn.locator("mark").all_text_contents()
        assert marks == [shown(quote.best.text) for quote in answer.quotes]
        titles = turn.locator(".place .exact:first-child").all_text_contents()
        assert titles == [shown(quote.document.title) for quote in answer.quotes]
        publishers = turn.locator(".who > .exact").all_text_contents()
        assert publishers == [shown(quote.document.source.publisher or "") for quote in answer.quotes]
    assert reader.page.locator("blockquote").count() == len(STRINGS)
    assert reader.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_every_document_is_shown_exactly_and_inert(visit: Visit, trapped: str, traps: TrapWorkspace) -> None:
    reader = visit(trapped, addresses.of_document(traps.entry(0).document))
    for number, text in (*enumerate(PAYLOADS), *list(enumerate(STRINGS))[len(PAYLOADS) :: 6]):
        entry = traps.entry(number)
        quote = traps.ask("", [""] * (number // traps.at_once)).answer.quotes[number % traps.at_once]
        reader.page.goto(trapped + addresses.of_quote(quote))
        assert reader.page.locator("#doc").text_content() == shown(text), number
        assert "".join(reader.page.locator("#doc mark").all_text_contents()) == shown(quote.spans[0].text)
        facts = reader.page.locator("dd > .exact").all_text_contents()
        assert facts.count(shown(text)) >= 3, number
        assert reader.page.locator("h1").text_content() == shown(entry.document.title)
        assert reader.page.locator("form, input, img, iframe, object, base, video, style, svg").count() == 0
        links = reader.page.locator("a").evaluate_all("all => all.map(a => a.protocol)")
        assert set(links) <= {"http:", "https:"}


def test_a_corpus_of_payloads_is_quoted_exactly_and_inert(visit: Visit, tmp_path: Path) -> None:
    space = _payload_space(tmp_path)
    with running(space) as address:
        reader = visit(address)
        asked: list[str] = []
        for number in range(19):
            question = f"Who lives here with owl{number}: kestrel{number}?"
            turn = reader.ask(question)
            answer = space.ask(question, asked).answer
            asked.append(question)
            assert turn.locator("h2 .exact").text_content() == shown(question)
            texts = turn.locator("blockquote").all_text_contents()
            assert texts == [shown(" […] ".join(span.text for span in quote.spans)) for quote in answer.quotes]
            assert texts, answer
        reader.sound()


def _payload_space(folder: Path) -> FakeWorkspace:
    """A corpus with payloads in texts, headings, titles and file names, through the real loaders."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, payload in enumerate(PAYLOADS):
        line = " ".join(payload.replace("\0", "").split())
        name = payload.replace("/", "∕").replace("\0", "")[:60]
        body = f"{line}\n\n{line}\n\nKestrel{number} lives here with owl{number}: {line}\n"
        suffix = ("txt", "html")[number % 2]
        if suffix == "html":
            title = f"<title>{html.escape(line)}</title><h1>{html.escape(line)}</h1>"
            body = title + "".join(f"<p>{html.escape(part)}</p>" for part in body.split("\n\n"))
        (corpus / f"{number}{name}.{suffix}").write_text(body, "utf-8")
    space = fake_workspace(corpus, folder / "index")
    space.index()
    return fake_workspace(corpus, folder / "index")
