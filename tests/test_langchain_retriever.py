"""The retriever inside real LangChain chains."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import FakeWorkspace
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from serving import EMERGENCY, small_space

from b12assistant.api import Assistant
from b12assistant.errors import QuestionError
from b12assistant.integrations.langchain_retriever import QuoteRetriever

ASKED = "What wraps every nerve: myelin?"
DECISION = "Should I stop my metformin?"
NOTHING = "Do plants dream of paint, glass and brass bands in winter?"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("langchain"))


@pytest.fixture(scope="module")
def retriever(space: FakeWorkspace) -> QuoteRetriever:
    return QuoteRetriever(assistant=Assistant(space))


def test_a_document_is_a_quote_word_for_word_with_its_citation(retriever: QuoteRetriever, space: FakeWorkspace) -> None:
    assert isinstance(retriever, BaseRetriever)
    (document,) = retriever.invoke(ASKED)
    told = document.metadata
    text = space.document(told["document"]).document.text
    ((start, end),) = told["spans"]
    assert document.page_content == text[start:end] == "Myelin wraps every nerve."
    assert (told["kind"], told["title"], told["words"], told["red_flag"]) == ("quote", "Nerves", "original", None)
    assert told["generation"] == space.opened.collection.generation
    assert any("information, not a diagnosis" in text for text in told["notices"])


def test_a_fixed_text_comes_first_and_the_flag_is_on_every_document(
    retriever: QuoteRetriever, space: FakeWorkspace
) -> None:
    first, *rest = retriever.invoke(DECISION)
    flag = first.metadata["red_flag"]
    assert flag["level"] == "medical_decision"
    assert first.metadata["kind"] == "notice"
    assert first.page_content == flag["text"] == space.texts[flag["text_id"]].text
    assert rest
    assert all(document.metadata["red_flag"] == flag for document in rest)


def test_an_emergency_gets_its_text_alone(retriever: QuoteRetriever) -> None:
    documents = retriever.invoke(EMERGENCY)
    assert [document.metadata["kind"] for document in documents] == ["notice"]
    assert "hurt yourself" in documents[0].page_content


def test_a_question_that_the_sources_do_not_answer_gets_no_quote(retriever: QuoteRetriever) -> None:
    assert [each for each in retriever.invoke(NOTHING) if each.metadata["kind"] == "quote"] == []


def test_it_works_in_a_chain_and_answers_many(retriever: QuoteRetriever) -> None:
    def shown(documents: list[Document]) -> list[str]:
        return [document.page_content for document in documents]

    chain = retriever | RunnableLambda(shown)
    alone = [chain.invoke(question) for question in (ASKED, EMERGENCY)]
    assert chain.batch([ASKED, EMERGENCY]) == alone
    assert asyncio.run(chain.ainvoke(ASKED)) == alone[0]


def test_text_that_is_not_a_question_is_an_error(retriever: QuoteRetriever) -> None:
    with pytest.raises(QuestionError):
        retriever.invoke(" ")


def test_without_the_extra_the_error_says_how_to_install_it() -> None:
    code = "import sys; sys.modules['langchain_core'] = None; import b12assistant.integrations.langchain_retriever"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("needs the package langchain-core: pip install 'langchain-core<2,>=1.7'")


@pytest.mark.slow
def test_it_quotes_from_a_real_index(built: Path) -> None:
    retriever = QuoteRetriever.open(built / "index", corpus=built / "corpus")
    first, *_ = retriever.invoke("What does metformin lower?")
    assert first.page_content.startswith("Metformin lowers vitamin B12 in some people.")
    assert first.page_content in (built / "corpus" / "medicines.md").read_text("utf-8")
