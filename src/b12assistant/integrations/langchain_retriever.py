"""A retriever for LangChain that returns exact quotes with their citations, safety texts first."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from b12assistant.answers import NoticeKind
from b12assistant.api import Assistant
from b12assistant.display.citation_formats import about
from b12assistant.display.presentation import ShownDifference, quotes_of
from b12assistant.errors import UsageError, to_install

try:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ModuleNotFoundError as error:
    raise UsageError("the retriever needs the package langchain-core", hint=to_install("langchain")) from error


class QuoteRetriever(BaseRetriever):
    """Quotes of an index as documents of LangChain.

    A document's ``page_content`` is word for word a quote or a fixed text; ``metadata["kind"]`` is ``quote`` or
    ``notice``. Fixed texts come first and **must be shown** first, whole and unchanged: an emergency gets its text and
    nothing else. Every document has the question's ``metadata["red_flag"]`` and all its fixed texts in
    ``metadata["notices"]``. A quote also has its citation, as in `ask --json`: ``metadata["speaker"]`` says who speaks
    and what a reader must know about it, ``metadata["notes"]`` lists the latter one by one, and
    ``metadata["difference"]`` is ``None`` for a quote that answers. Quotes of the sides of a disagreement come last;
    for them it is the question on which sources disagree.

    A question that the sources do not answer gets no quote. If a chain lets a model rewrite the documents, the text is
    no longer a quote: keep ``page_content`` and its citation with whatever the model writes.

    >>> retriever = QuoteRetriever.open("index")
    >>> document = retriever.invoke("Can low B12 damage nerves without anaemia?")[0]
    >>> document.metadata["kind"], document.metadata["document"]
    ('quote', 'nerves-without-anaemia.md')
    """

    assistant: Assistant

    @classmethod
    def open(cls, index: str | Path | None = None, *, corpus: str | Path | None = None) -> Self:
        """Open an index on disk, as ``Assistant.open`` does. Raises the same errors."""
        return cls(assistant=Assistant.open(index, corpus=corpus))

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:  # noqa: ARG002 - its name
        """Answer a question. Raises ``QuestionError`` for what cannot be read as one."""
        reply = self.assistant.ask(query)
        answer = self.assistant.as_json(reply)["answer"]
        shared = {
            "status": answer["status"],
            "red_flag": answer["red_flag"],
            "notices": [notice["text"] for notice in answer["notices"]],
            "generation": reply.generation,
        }
        texts = [
            Document(notice["text"], metadata={**shared, "kind": "notice", "text_id": notice["text_id"]})
            for notice in answer["notices"]
            if notice["kind"] != NoticeKind.GENERAL
        ]
        shown = self.assistant.present(reply)
        pieces = {quote.number: quote for quote in quotes_of(shown)}
        headings = {
            quote.number: piece.heading
            for piece in shown
            if isinstance(piece, ShownDifference)
            for quote in piece.sides
        }
        sides = (side for differ in answer["disagreements"] for side in differ["sides"])
        quotes = (
            Document(
                quote["text"],
                metadata={
                    **shared,
                    "kind": "quote",
                    **quote,
                    "notes": list(pieces[quote["number"]].notes),
                    "speaker": ". ".join(about(pieces[quote["number"]])),
                    "difference": headings.get(quote["number"]),
                },
            )
            for quote in (*answer["quotes"], *sides)
        )
        return [*texts, *quotes]
