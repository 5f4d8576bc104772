"""What a citation leads to: the document, its pages, its words to copy."""

from __future__ import annotations

import re

import pytest
from builders_pdf import build_pdf, column
from corpora import again, write
from fakes import FakeWorkspace, fake_workspace
from serving import page_of
from starlette.testclient import TestClient

from b12assistant.display import addresses
from b12assistant.types import Span

PAGES = (
    column("Myelin wraps every nerve. It is made of fat.", "Numb feet are an early sign of harm to nerves."),
    column("Fish holds vitamin B12. Eggs hold vitamin B12 too."),
)
NERVES = "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat.\n\n## Signs\n\nNumb feet are a sign.\n"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    folder = tmp_path_factory.mktemp("sources")
    corpus = write(folder / "corpus", {"nerves.md": NERVES})
    (corpus / "printed.pdf").write_bytes(build_pdf(*PAGES))
    made = fake_workspace(corpus, folder / "index")
    made.index()
    return again(made)


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return page_of(space)


def span(space: FakeWorkspace, document: str, words: str) -> Span:
    found = space.document(document).document
    start = found.text.index(words)
    return found.span(start, start + len(words))


def link(space: FakeWorkspace, document: str, words: str) -> str:
    return addresses.of_spans([span(space, document, words)]).removesuffix("#hit")


def shifted(address: str) -> str:
    """The same address, but one character further on."""
    return re.sub(r"at=(\d+)-(\d+)", lambda at: f"at={int(at[1]) + 1}-{int(at[2]) + 1}", address)


def test_the_text_of_a_pdf_names_its_pages_and_can_be_opened_at_one(space: FakeWorkspace, client: TestClient) -> None:
    text = client.get(link(space, "printed.pdf", "Numb feet are an early sign")).text
    assert '<a class="page" id="page2" data-page="Page 2" aria-label="Page 2" href="#page2">' in text


def test_words_are_given_with_their_citation(space: FakeWorkspace, client: TestClient) -> None:
    address = link(space, "nerves.md", "It is made of fat.").replace("/d/", "/cite/")
    for asked in (address, shifted(address)):
        told = client.get(asked)
        assert told.headers["content-type"] == "text/plain; charset=utf-8"
        assert told.content.decode().startswith("“It is made of fat.”\n\n— Nerves › Sheath. ")


def test_a_passage_is_given_whole_and_what_is_not_there_is_not(space: FakeWorkspace, client: TestClient) -> None:
    passage = space.document("nerves.md").passages[0]
    told = client.get(f"/cite/nerves.md?passage={passage.id}").text
    assert told.startswith("“Myelin wraps every nerve. It is made of fat.”\n\n— ")
    assert client.get("/cite/nerves.md?passage=00").status_code == 410
    assert client.get("/cite/other.md?passage=00").status_code == 404
    gone = link(space, "nerves.md", "It is made of fat.").replace("/d/", "/cite/")
    assert client.get(re.sub("is=[0-9a-f]+", f"is={'0' * 16}", gone)).status_code == 410
