"""The forms of requests over HTTP; `display.json_form` has those of answers, `http_corpus` those of documents."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from b12assistant.answering.assistant import MOST_CHARACTERS, MOST_TURNS
from b12assistant.display.json_form import Form

MOST_HITS = 100

Typed = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class AskRequest(Form):
    question: Annotated[Typed, Field(description="What the user typed, unchanged.")]
    history: Annotated[
        tuple[Typed, ...],
        Field(max_length=MOST_TURNS - 1, description="The user's earlier turns, oldest first; answers are not needed."),
    ] = ()
    as_typed: Annotated[
        bool, Field(strict=True, description="Search for the question alone, and for no other word than its own.")
    ] = False


class SearchRequest(Form):
    question: Annotated[Typed, Field(description="Words or a sentence.")]
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_HITS, description="How many passages at most.")] = 10
