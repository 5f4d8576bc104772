"""Split text into sentences and into terms for lexical search.

The boundaries of sentences are those of sentencex (Wikimedia), with six repairs for forms that are common on health
pages: a unit with a full stop ("1,000 mcg. daily"), an abbreviation it does not know ("Vit. B12"), an item number
("2."), a sentence that ends in a single capital letter ("below 148 pmol/L. A test") or in a word that looks like an
abbreviation ("makes you ill. Rest"), and the numbers of notes after a full stop.

The analyser of terms was measured against others: compatibility forms, lower case, no accents, Greek letters
spelt out, British and American spellings merged, numbers kept whole, words with digits not stemmed, hyphenated words
as their parts and joined, Snowball stems, and a long stop list (function and question words are rare in abstracts and
would count as informative).

A process reads one language: that of its corpus, English unless `corpus.language` names another. Then sentences, stems
and stop words are those of that language, and no spellings are merged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sentencex
import Stemmer

from b12assistant.errors import ConfigError
from b12assistant.types import Range

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ENGLISH: Final = "en"
_STEMMERS: Final = {ENGLISH: "english", "de": "german", "fr": "french", "es": "spanish"}
_in_use: Final[dict[str, str]] = {}


def use_language(code: str) -> None:
    """Read all texts of this process in a language: en, de, fr or es. Raises ``ConfigError`` if it reads another."""
    if (used := _in_use.setdefault("language", code)) != code:
        raise ConfigError(
            f"corpus.language is {code!r}, but this process reads documents in {used!r}",
            hint="open each language in a process of its own",
        )


def language() -> str:
    """Return the language in which this process reads, en if nothing was opened."""
    return _in_use.get("language", ENGLISH)


# A sentence may end after these, but not before a lower-case word or a number.
_UNITS = re.compile(
    r"(?:\b(?:mcg|µg|ug|mg|ng|pg|ml|dl|kg|oz|tbsp|tsp|hr|hrs|wk|wks|approx|incl|esp|max|min|resp|ca))\.$", re.I
)
# A sentence never ends after these.
_ABBREVIATIONS = {
    ENGLISH: re.compile(r"\b(?:vit|approx|fig|figs|cf|ibid|eq)\.$", re.I),
    "de": re.compile(r"\b(?:vit|ca|vgl|(?:im|am|vom|zum|der|dem|den|des|das|die|ins|bis)\s\d{1,2})\.$", re.I),
    "fr": re.compile(r"\b(?:vit|fig|env|max|min|(?-i:MM?)|Mme|Mlle|Dr|no|c\.-à-d)\.$", re.I),
    "es": re.compile(r"\b(?:vit|fig|aprox|núm|máx|mín)\.$", re.I),
}
# A sentence may end after these, although a single capital letter looks like an initial, and a word like a title.
_ENDS = re.compile(r"(?:mol/L|\b[mndpµμ]?g/L|\bU/L|\b[Vv]itamin [A-EK]|\b(?:ill|may|me|miss))\.(?=\s+[A-Z])")
# The numbers of notes after a full stop belong to the sentence that it ends.
_NOTES = re.compile(r"(?:[⁰¹²³⁴-⁹⁽⁾]+|\s*\^\([^()]*\))(?=\s|$)")
_ITEM_NUMBER = re.compile(r"^\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]$")
_GOES_ON = re.compile(r"[a-zß-öø-ÿ]")


def split_sentences(text: str) -> tuple[Range, ...]:
    """Return ranges of ``text``, in order, without blanks at their ends; each non-blank character is in exactly one."""
    sentences: list[Range] = []
    for start, end in _pieces(text):
        range_ = trim(text, start, end)
        if range_ is None:
            continue
        if sentences and _belong_together(
            text[sentences[-1].start : sentences[-1].end], text[range_.start : range_.end]
        ):
            sentences[-1] = Range(sentences[-1].start, range_.end)
        else:
            sentences.append(range_)
    return tuple(sentences)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    for piece in sentencex.get_sentence_boundaries(language(), text):
        start, end = piece["start_index"], piece["end_index"]
        if start and (notes := _NOTES.match(text, start)):
            yield start, notes.end()
            start = notes.end()
        for stop in _ENDS.finditer(text, start, end):
            yield start, stop.end()
            start = stop.end()
        yield start, end


def trim(text: str, start: int, end: int) -> Range | None:
    """Move the ends of ``[start, end)`` past blanks; ``None`` if nothing else is there."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Range(start, end) if start < end else None


def find_words(text: str, words: str, start: int = 0) -> Range | None:
    """Return where ``words`` first stand in ``text`` from ``start`` on, whatever blanks are between them."""
    parts = words.split()
    if not parts:
        return None
    at = text.find(words, start)
    if at >= 0:
        return Range(at, at + len(words))
    found = re.compile(r"\s+".join(map(re.escape, parts))).search(text, start)
    return Range(*found.span()) if found else None


def has_word(text: str) -> bool:
    """Return whether a text holds a letter or a digit: "???" holds none."""
    return any(map(str.isalnum, text))


def _belong_together(before: str, after: str) -> bool:
    if not has_word(after):
        return True  # closing quotation marks, a lone dash
    if _NOTES.fullmatch(after) or after.startswith("-à-d."):
        return True
    if _ITEM_NUMBER.match(before) or _ABBREVIATIONS[language()].search(before):
        return True
    return bool(_UNITS.search(before) and _GOES_ON.match(after))


@lru_cache(maxsize=2)
def open_tokenizer(path: Path) -> Tokenizer:
    """Read a model's tokenizer.json, once for all callers. Texts are neither cut nor padded."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def readable(text: str) -> str:
    """Return the text as an encoder reads it: half of a surrogate pair is a question mark."""
    return text.encode("utf-8", "replace").decode()


BULLET: Final = re.compile(r"[•*–‣◦▪·-]\s+")  # the number of a step stays


def bare(sentence: str) -> str:
    """Return a sentence without its bullet and line breaks."""
    text = " ".join(sentence.split())
    bullet = BULLET.match(text)
    return text[bullet.end() :] if bullet else text


_LOWERED: Final = re.compile("[₀-₉]")


def levelled(text: str) -> str:
    """Return the text with lowered digits on the line, as models know them: B₁₂ as B12. Offsets stay the same."""
    return text if text.isascii() else _LOWERED.sub(lambda digit: chr(ord(digit[0]) - ord("₀") + ord("0")), text)


_SHORTEST: Final = 5  # letters
_RULES: Final = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"(?:ae|æ)(?!s?$)", "e"),  # anaemia, haemoglobin, aetiology
        (r"(?:oe|œ)(?!s?$)", "e"),  # oesophagus, diarrhoea, coeliac
        (r"(?<=[a-z]{2})our(?=$|s$|ed$|ing$|able$|al$|ful$|less$)", "or"),  # tumour, behavioural
        (r"(?<=[bt])re(?=s?$)", "er"),  # fibre, litres
        (r"is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)", "iz"),  # recognise, demyelinisation
        (r"ys(?=(?:e|ed|ing)$)", "yz"),  # paralysed
        (r"sulph", "sulf"),
        (r"(?<=ef)ence(?=s?$)", "ense"),  # defence
        (r"^grey", "gray"),
        (r"^ageing$", "aging"),
        (r"^programme(?=s?$)", "program"),
    )
)


@lru_cache(maxsize=65_536)
def american(word: str) -> str:
    """Return a folded word, lower case, in the form that British and American spelling share."""
    if len(word) < _SHORTEST:
        return word
    for pattern, form in _RULES:
        word = pattern.sub(form, word)
    return word


_WORD = re.compile(r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|[^\W_]+(?:['’\-‐‑][^\W_]+)*")
# A word with capitals inside, such as SAMe, is a name, never the stop word it looks like in lower case.
_NAME = re.compile(r"\b(?=\w*[a-z])(?=(?:\w*[A-Z]){2})[^\W\d_]+\b")
_HYPHEN = re.compile(r"[-‐‑]")
_GENITIVE = re.compile(r"['’]s?$")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ω": "omega"}
_ELISION = re.compile(r"(?<=[a-z])['’](?=[a-z])")  # in French: l'eau


@cache
def stop_words() -> frozenset[str]:
    """Read the function and question words of the language, folded: `data/words/stop.txt`, `stop_de.txt` and others."""
    name = "stop.txt" if language() == ENGLISH else f"stop_{language()}.txt"
    lines = files("b12assistant").joinpath("data", "words", name).read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in fold(line).split())


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_STEMMERS[language()])


def fold(text: str) -> str:
    """Return a text's search form: NFKC, lower case, no accents, Greek letters spelt out. Offsets are lost."""
    return text.lower() if text.isascii() else _NOT_ASCII.sub(_folded, text).lower()


def _folded(run: re.Match[str]) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", run[0]).casefold())
    bare = "".join(
        character
        for character in decomposed
        if not unicodedata.combining(character) and unicodedata.category(character) != "Cf"  # soft hyphens, joiners
    )
    return "".join(_GREEK.get(character, character) for character in bare)


def surface_words(text: str) -> list[str]:
    """Return the folded words in order, hyphens kept, before stop words and stemming."""
    folded = fold(text)
    return _WORD.findall(_ELISION.sub(" ", folded) if language() == "fr" else folded)


def terms(text: str) -> list[str]:
    """Return index terms in order; a hyphenated word gives its parts and the joined form (b-12: b, 12, b12)."""
    result: list[str] = []
    names = stop_words().intersection(fold(name) for name in _NAME.findall(text))
    for word in surface_words(text):
        if word in names:
            result.append(word)
        else:
            result.extend(_terms_of(word))
    return result


@lru_cache(maxsize=16_384)
def _terms_of(word: str) -> tuple[str, ...]:
    """Return the terms of one word. Cached: a few thousand words make up nearly all text."""
    if word[0].isdigit() and not any(character.isalpha() for character in word):
        return (word.replace(",", ""),)
    parts = [part for part in _HYPHEN.split(word) if part]
    joined = ["".join(parts)] if len(parts) > 1 else []
    return tuple(term for part in (*parts, *joined) for term in _term(part))


def _term(word: str) -> tuple[str, ...]:
    word = _GENITIVE.sub("", word).replace("’", "'")
    if not word or word in stop_words():
        return ()
    if any(character.isdigit() for character in word):
        return (word,)
    return (_stem(word.replace("'", "")),)


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(american(word) if language() == ENGLISH else word))
