"""Languages other than English: the words that identify them, and the notices for those who write in them.

A language is read besides English if a text has words of it; its findings go to the same decision table. The words by
which each is known are in ``data/red_flags/languages.toml``, and listed from its wordings.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from b12assistant.answers import Notice, NoticeKind, TextId, Turn
from b12assistant.data_files import Table, read_data
from b12assistant.language.detection import detected
from b12assistant.language.folding import ARABIC, HAN, Folded, fold, is_devanagari, latin
from b12assistant.language.wording import Wordings
from b12assistant.safety.assertion import KINDS, CueWordings
from b12assistant.safety.fixed_texts import UNREAD, load_translations, load_unread
from b12assistant.safety.red_flags import Finding, FindingId, FindingKind, Findings
from b12assistant.threads import cached, once

HAN_CLASS: Final = rf"\[({HAN}+)\]"
HAN_OPTIONAL: Final = rf"\(\?:([^()]*{HAN})\)\?"
HAN_GAP: Final = rf"(?<={HAN})(?={HAN}|\(|\\|\{{[a-z])|(?<=[)}}+*])(?={HAN})|(?<=\))(?=\(\?:[^)]*{HAN})"
Pairs = tuple[tuple[str, str], ...]  # spellings, and what each is read as


Spoken = tuple[Findings, CueWordings]  # the wordings that one language has for the English findings, and its cues


def usual_of(table: Table) -> Pairs:
    """Return the spellings that the file of a language folds into one another."""
    return (*table.get("usual", {}).items(), *((pair[0], pair[1]) for pair in table.get("characters", "").split()))


def read_spoken(code: str, kinds: Mapping[FindingId, FindingKind]) -> Spoken:
    """Read the file of a language. ``kinds``: of the English findings by id."""
    file = f"{code}.toml"
    table = read_data("red_flags", "languages", file)
    usual = usual_of(table)
    names = {key: "|".join(_plain(word, usual) for word in words) for key, words in table.get("names", {}).items()}
    denying = tuple(_plain(word, usual) for word in table.get("denying", ()))

    def wordings(given: Mapping[str, Any], key: str, where: str) -> Wordings:
        return Wordings([_plain(wording, usual) for wording in given.get(key, ())], names, where, denying)

    findings = []
    for each in table["finding"]:
        name, where = FindingId(each["id"]), f"{file}, {each['id']}"
        findings.append(Finding(name, kinds[name], wordings(each, "said", where), wordings(each, "named", where)))
    listed = table.get("cues", {})
    return Findings(findings), {kind: wordings(listed, kind, f"{file}, cues") for kind in KINDS}


def usual_in(text: str, usual: Pairs) -> str:
    """Return a word, or words, with the spellings that are read."""
    for written, read in usual:
        text = text.replace(written, read)
    return text


def _plain(wording: str, usual: Pairs) -> str:
    """Fold a wording as texts are: usual spellings, Han characters apart, Arabic letters folded."""
    wording = "".join(latin(wording, i) if is_devanagari(letter) else letter for i, letter in enumerate(wording))
    letters = (letter for letter in unicodedata.normalize("NFKD", wording) if unicodedata.category(letter) != "Mn")
    wording = usual_in("".join(letters).replace("ß", "ss").translate(ARABIC), usual)
    if wording.isascii():
        return wording
    wording = re.sub(HAN_CLASS, lambda found: f"(?:{'|'.join(found[1])})", wording)
    wording = re.sub(HAN_OPTIONAL, r"(?:(?:\1) )?", wording)
    return re.sub(HAN_GAP, " ", wording)


FILE: Final = "languages.toml"
WORDS_FILE: Final = "language_words.json"
NOTICE: Final = TextId("language")
SHARE: Final = 5  # a language besides English is read if 1 word in 5 is known,
ENOUGH: Final = 2  # or if 2 are
NEAR: Final = 3  # known words up to which a language with one word less is read as well
FEWEST: Final = 2  # known words of a text that is not in English
SURE: Final = 0.35  # score of the language detector from which it is believed
CERTAIN: Final = 0.95  # score from which a language counts as one that is not read
SERVED: Final = re.compile(
    r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff\uff21-\uff5a\u0300-\u036f]+|[\u0600-\u06ff\u0750-\u077f\ufb50-\ufeff]+|[\u0900-\u097f]+|[\u3400-\u4dbf\u4e00-\u9fff]+"
)
SHARED: Final = re.compile("[\u0620-\u06ff]|[\u3041-\u30fa].*[\u3041-\u30fa]", re.S)  # with languages that are not read
SERVED_CODES: Final = frozenset(["en", "es", "fr", "de", "pt", "pl", "ar", "hi", "zh", "arz", "gl", "ast"])
SAME = {"bs": "hr", "sh": "hr", "sl": "hr", "ms": "id", "nn": "no", "nb": "no", "af": "nl", "be": "ru", "mk": "bg"}
NOT_ENGLISH: Final = "·"  # after a word that is not English
TEXTS: Final = 32  # texts for which it is cached how many words each language knows


@dataclass(frozen=True)
class Lexicon:
    """One language.

    ``kinds``: of the English findings. ``marks``: words by which it is known. ``common``: its commonest ones, even if
    they are also English. ``script``: letters that only it has. ``usual``: spellings folded into one another.
    """

    code: str
    kinds: Mapping[FindingId, FindingKind]
    marks: frozenset[str]
    common: frozenset[str]
    script: re.Pattern[str]
    usual: Pairs

    @once
    def spoken(self) -> Spoken:
        """Read its wordings, when they are first needed."""
        return read_spoken(self.code, self.kinds)

    def fold(self, text: str) -> Folded:
        return fold(text, cache(lambda word: usual_in(word, self.usual)))

    def knows(self, word: str) -> bool:
        usual = usual_in(word, self.usual)
        return usual in self.marks or usual in self.common

    def known(self, words: frozenset[str]) -> int:
        """Count the ``words``, folded, that are of this language: by their letters if only it has them."""
        usual = set(usual_in("\n".join(words), self.usual).split("\n")) if self.usual else words
        return len(self.marks & usual) + sum(self.script.search(word) is not None for word in words)


@dataclass(frozen=True)
class Languages:
    """All lexicons; ``english``: the English words that the wordings know."""

    lexicons: tuple[Lexicon, ...]
    english: frozenset[str]

    @cached(TEXTS)
    def spoken(self, text: str) -> tuple[Lexicon, ...]:
        """Return the language besides English with the most words in ``text``; several if they share them."""
        if self.unread(text) is not None:
            return ()
        words = fold(text).text.split()
        counts = self._known(frozenset(words))
        most = max(counts, default=0)
        if most < ENOUGH and most * SHARE < max(1, len(words)):
            return ()
        near = most if most > NEAR else max(1, most - 1)
        return tuple(lexicon for lexicon, count in zip(self.lexicons, counts, strict=True) if count >= near)

    def _most_spoken(self, text: str) -> tuple[Lexicon, ...]:
        """Return the languages of ``text`` that know the most of its words; of several the one it looks like."""
        if not self.spoken(text):
            return ()
        counts = self._known(frozenset(fold(text).text.split()))
        most = max(counts)
        best = tuple(each for each, count in zip(self.lexicons, counts, strict=True) if count == most)
        looks = tuple(each for each in best if each.code == detected(text)[0]) if len(best) > 1 else ()
        return looks or best

    def told(self, turns: Sequence[Turn], notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        """Return the notices, each followed by its translations, and any notice about the language itself."""
        last = turns[-1].text if turns else ""
        if (code := self.unread(last)) is not None:
            names = (UNREAD, f"{UNREAD}.{code}") if code else (UNREAD,)
            return (*notices, *(Notice(NoticeKind.LANGUAGE, TextId(name)) for name in names))
        is_note = not notices
        if is_note and not self.is_foreign(last):  # most turns
            return ()
        notices = notices or (Notice(NoticeKind.LANGUAGE, NOTICE),)
        read = last if is_note else next((turn.text for turn in reversed(turns) if self.spoken(turn.text)), "")
        spoken = self._most_spoken(read)
        if not spoken or (is_note and len(spoken) > 1):
            return notices
        # Hindi in the letters it was typed in.
        code = "hi-Deva" if spoken[0].code == "hi" and any(map(is_devanagari, read)) else spoken[0].code
        shown = ((each, Notice(NoticeKind.LANGUAGE, TextId(f"{each.text}.{code}"))) for each in notices)
        translated = load_translations()[code]["sentences"]
        return tuple(each for pair in shown for each in (pair if pair[0].text in translated else pair[:1]))

    @cached(TEXTS)
    def unread(self, text: str) -> str | None:
        """Return the language of a text if no lexicon reads it, "" for one that has no name here; else ``None``."""
        letters, served = sum(map(str.isalpha, text)), sum(map(len, SERVED.findall(text)))
        if not letters:
            return None
        folded = frozenset(fold(text).text.split())
        tokens = frozenset(re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", text.casefold())))
        english = len(self.english & folded)
        signs, code = max((_signs(each, text, tokens), code) for code, each in load_unread().items())
        if letters > 2 * served:  # most of it in a script that no lexicon reads
            if 2 * english > len(folded):
                return None
            return code if signs else _named(detected(text)[0])
        known = 0 if SHARED.search(text) else max(self._known(folded), default=0)
        others = len((self.english & folded).difference(load_unread()[code].get("words", ())))
        if signs >= FEWEST and signs > max(known, others):
            return code
        if known >= FEWEST or 4 * english > len(tokens):
            return None
        found, score = detected(text)
        return _named(found) if score >= CERTAIN and found not in SERVED_CODES else None

    @once
    def _only_english(self) -> frozenset[str]:
        """Return the English words that are not common in another language."""
        return self.english.difference(*(lexicon.common for lexicon in self.lexicons))

    @cached(TEXTS)
    def is_foreign(self, text: str) -> bool:
        """Return whether ``text`` is clearly in a language other than English."""
        words = [word for word in fold(text).text.split() if word[0].isalpha() and not word[-1].isdigit()]
        english = sum(map(self._only_english.__contains__, words))
        if not words or 2 * english > len(words):
            return False
        if max(self._known(frozenset(words)), default=0) >= max(FEWEST, english):
            return True
        if len(words) <= FEWEST or 4 * english > len(words):
            return False
        code, score = detected(text)
        return code != "en" and score >= SURE

    @cached(TEXTS)
    def _known(self, words: frozenset[str]) -> tuple[int, ...]:
        """Count the words that each lexicon knows. Cached: the last texts are asked about again and again."""
        return tuple(lexicon.known(words) for lexicon in self.lexicons)


def _signs(language: Table, text: str, tokens: frozenset[str]) -> int:
    """Count the letters and words by which a language that is not read is known."""
    letters = len(re.findall(language["letters"], text)) if "letters" in language else 0
    return letters + len(tokens.intersection(language.get("words", ())))


def _named(code: str) -> str:
    """Return the code under which a language is named here, "" for none."""
    code = SAME.get(code, code)
    return code if code in load_unread() else ""


def correcting(correct: Callable[[str], str], spoken: Sequence[Lexicon]) -> Callable[[str], str]:
    """Wrap ``correct`` so that it leaves words of the detected languages alone; each word is looked up once."""
    return cache(
        lambda word: f"{word}{NOT_ENGLISH}" if any(lexicon.knows(word) for lexicon in spoken) else correct(word)
    )


def load_languages(english: Sequence[Finding], vocabulary: frozenset[str]) -> Languages:
    """Read the languages that ship with the package.

    ``english``: the findings that they word; ``vocabulary``: English words, which mark no other language.
    """
    known = read_data("red_flags", FILE)
    words = vocabulary | frozenset(known["english"]["words"])
    shared = "\n".join(words | frozenset(known["english"]["shared"]))
    kinds = {finding.id: finding.kind for finding in english}
    # `make reference` lists the words and usual spellings of each, so that its file is read only if a text is in it.
    listed = json.loads(resources.files("b12assistant").joinpath("data", "red_flags", WORDS_FILE).read_bytes())
    lexicons = []
    for code, table in sorted(listed.items()):
        usual = tuple((written, read) for written, read in table["usual"])
        common = frozenset(usual_in(mark, usual) for mark in known["marks"].get(code, ()))
        foreign = common.union(table["words"]).difference(usual_in(shared, usual).split("\n"))
        script = re.compile(known["scripts"].get(code, r"(?!)"))
        lexicons.append(Lexicon(code, kinds, foreign, common, script, usual))
    return Languages(tuple(lexicons), words)
