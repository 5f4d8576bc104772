"""Windows of documents for questions of a few words, so that a test can say which words are quoted."""

import numpy as np

from b12assistant.answering.quoting import CHARACTERS, Window, choose, cuts, score
from b12assistant.loaders.passages import chunk, sentences_in
from b12assistant.types import Document, Passage


def passages_of(document: Document, most: int = 60) -> tuple[Passage, ...]:
    return chunk(document, sentences_in(document), lambda text: len(text.split()), most=most)


def windows_of(passage: Passage, *asked: str, most: int = CHARACTERS) -> list[Window]:
    """Windows for a query of words; a word's cosine is 1 in a sentence that has it, else 0."""
    cosines = np.array([[float(word in span.text) for word in asked] for span in passage.sentences], np.float32)
    weights, nothing = np.full(len(asked), 1 / len(asked), np.float32), np.full(len(cosines), np.nan, np.float32)
    return score([cuts(passage, most)], [cosines], weights, [nothing])


def texts(window: Window) -> list[str]:
    return [span.text for span in window.spans]


def all_texts(document: Document, *asked: str) -> list[list[str]]:
    return [texts(window) for passage in passages_of(document) for window in windows_of(passage, *(asked or ("a",)))]


def answers(document: Document, *asked: str, most: int = 3) -> list[list[str]]:
    found = [window for passage in passages_of(document) for window in windows_of(passage, *asked)]
    return [texts(window) for window in choose(found, most)]
