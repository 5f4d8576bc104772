"""Find sentences that read badly alone: too long, without a subject of their own, said twice, misspelt; and measure
how hard a text is to read."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from statistics import median
from typing import Final
from unittest.mock import patch

from spellchecker import SpellChecker

from corpus_checks.reading import Finding, Text

MOST_WORDS: Final = 24  # of a sentence
CELL: Final = " | "  # between the cells of a row, which a sentence below its table says too
LABEL: Final = 3  # words: a shorter item of a list is a label, and two lists may share it
_MARKER: Final = re.compile(r"^(?:[-*•]|\d{1,3}[.)])\s+")
_BARE: Final = re.compile(r"(?:This|It|These|They)\b")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ANY: Final = re.compile(r"[^\W_]+")
_POSSESSIVE: Final = re.compile(r"['’]s?$")
_TERM: Final = re.compile(r"(.{2,80}?)\s(?:is|are|means|describes|holds|in|shows)\b")
_ADDRESS: Final = re.compile(r"https?://\S+|\b[\w-]+(?:[./][\w-]+)*\.(?:md|toml|pdf|txt|html)\b|\b10\.\d{4,9}/\S+")


def check_lengths(texts: Sequence[Text], limits: Mapping[str, float]) -> list[Finding]:
    """Return sentences that are too long to follow; ``limits``: the most words, by folder."""
    return [
        Finding(text.file, f"a sentence of {len(sentence.split())} words: {_short(sentence)}")
        for text in texts
        for sentence in text.sentences
        if CELL not in sentence and len(sentence.split()) > limits.get(text.file.partition("/")[0], MOST_WORDS)
    ]


def check_openings(texts: Sequence[Text], allowed: Set[str]) -> list[Finding]:
    """Return sentences that begin with a word for something said before. ``allowed``: beginnings that do name it."""
    return [
        Finding(text.file, f"a sentence begins with {opening.group()!r}: {_short(sentence)}")
        for text in texts
        for sentence in text.sentences
        if (opening := _BARE.match(_bare(sentence))) and not _bare(sentence).startswith(tuple(allowed))
    ]


def check_repetition(texts: Sequence[Text]) -> list[Finding]:
    """Return sentences that are in the corpus twice; items of reference lists, labels and rows of tables may be."""
    first: dict[tuple[str, ...], str] = {}
    found: list[Finding] = []
    for text in texts:
        for sentence in text.sentences:
            key = tuple(_ANY.findall(_bare(sentence).casefold()))
            if len(key) <= LABEL or CELL in sentence:
                continue
            if key in first:
                found.append(Finding(text.file, f"said before, in {first[key]}: {_short(sentence)}"))
            first.setdefault(key, text.file)
    return found


def check_spelling(texts: Sequence[Text], *, words: Set[str], glossaries: Set[str]) -> list[Finding]:
    """Return words that neither the dictionary, nor a term of a glossary, nor the curators' list has."""
    dictionary = SpellChecker()
    known = set(words)
    for text in texts:
        if text.file in glossaries:
            known |= {word for sentence in text.sentences for word in _term(sentence)}
    found: list[Finding] = []
    for text in texts:
        written = {word for sentence in text.sentences for word in _words(sentence)}
        written |= {word for section in text.document.sections for word in _words(text.document.slice(section.heading))}
        strange = sorted(dictionary.unknown(written - known) - known)
        found += [Finding(text.file, f"not in the dictionary: {word}") for word in strange if len(word) > 1]
    return found


def check_grades(texts: Sequence[Text], limits: Mapping[str, float]) -> list[Finding]:
    """Return folders whose documents' median grade is above its limit; ``limits``: by folder, "" for the rest."""
    grades: dict[str, list[float]] = {}
    for text in texts:
        folder = text.file.partition("/")[0]
        if text.sentences:
            grades.setdefault(folder if folder in limits else "", []).append(reading_grade(text.sentences))
    return [
        Finding(f"{folder or 'the rest'}/", f"median reading grade {median(found):.1f}, at most {limits[folder]}")
        for folder, found in grades.items()
        if folder in limits and median(found) > limits[folder]
    ]


def reading_grade(sentences: Sequence[str]) -> float:
    """Return the school grade after Flesch and Kincaid (Kincaid et al. 1975, Research Branch Report 8-75).

    A list item counts as a sentence.
    """
    text = " ".join(sentence if sentence.endswith((".", "?", "!")) else f"{sentence}." for sentence in sentences)
    import textstat  # takes seconds

    # Syllables by hyphenation: textstat would download the dictionary that it prefers.
    with patch("textstat.backend.counts._count_syllables.get_cmudict", return_value={}):
        return float(textstat.flesch_kincaid_grade(text)) if text else 0.0


def _term(sentence: str) -> Iterable[str]:
    """Return the words that an entry of a glossary explains: "Paraesthesia (paresthesia) is …"."""
    term = _TERM.match(sentence)
    return _words(term.group(1)) if term else ()


def _words(text: str) -> set[str]:
    return {_POSSESSIVE.sub("", word.casefold()) for word in _WORD.findall(_ADDRESS.sub(" ", text))}


def _bare(sentence: str) -> str:
    return _MARKER.sub("", sentence)


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= 90 else f"{sentence[:88]} …"
