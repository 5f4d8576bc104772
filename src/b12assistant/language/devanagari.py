"""Write Devanagari in Latin letters, as people type Hindi, so that wordings are needed in one script only.

Each letter is written by itself, knowing its neighbours: a consonant carries an "a" that is not spoken at the end of a
word, nor between a vowel and a consonant with a vowel of its own (करना: karna).
"""

from __future__ import annotations

from typing import Final

_SOUNDS: Final = "k kh g gh n ch chh j jh n t th d dh n t th d dh n p ph b bh m y r l v sh sh s h l n r l"
CONSONANTS: Final = dict(zip("कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळऩऱऴ", _SOUNDS.split(), strict=True))
DOTTED: Final = {"ज": "z", "फ": "f"}  # with a dot below; the others sound much the same
PRECOMPOSED: Final = dict(
    zip("\u0958\u0959\u095a\u095b\u095c\u095d\u095e\u095f", ["k", "kh", "g", "z", "d", "dh", "f", "y"], strict=True)
)
VOWELS: Final = dict(
    zip("अआइईउऊऋएऐओऔऑऍऎऒ", "a aa i i u u ri e ai o au o e e o".split(), strict=True)  # noqa: SIM905
)
SIGNS: Final = dict(
    zip("ािीुूृेैोौॉॅॆॊ", "a i i u u ri e ai o au o e e o".split(), strict=True)  # noqa: SIM905
)
NASAL: Final = {"ं": "n", "ँ": "n", "ः": "h"}
VIRAMA: Final = "्"
DOT: Final = "़"


def is_devanagari(character: str) -> bool:
    return "\u0900" <= character <= "\u097f"


def latin(text: str, position: int) -> str:
    """Return the Latin letters for ``text[position]``, a letter of Devanagari; "" for a sign that is not spoken."""
    character = text[position]
    if character in NASAL:
        return _nasal(text, position)
    for table in (VOWELS, SIGNS):
        if character in table:
            return table[character]
    if "०" <= character <= "९":
        return str(ord(character) - ord("०"))
    after = position + 1
    dotted = text[after : after + 1] == DOT
    written = PRECOMPOSED.get(character) or (DOTTED.get(character) if dotted else None) or CONSONANTS.get(character)
    if written is None:
        return ""
    return written + ("a" if _carries_a(text, position, after + dotted) else "")


def _nasal(text: str, position: int) -> str:
    """Return what is typed for a nasal sign: at the end of a word nothing after "i" and "u", "in" after "e"."""
    before = text[position - 1] if position else ""
    if before and not _letter(text[position + 1 : position + 2]):
        if before in "िीुू":
            return ""
        if before == "े":
            return "in"
    return NASAL[text[position]]


def _carries_a(text: str, position: int, after: int) -> bool:
    """Whether the consonant at ``position`` is spoken with "a"; what follows it stands at ``after``."""
    following = text[after : after + 1]
    if following and (following in SIGNS or following == VIRAMA):
        return False
    if following and following in NASAL:
        return True
    if not _letter(following):
        return not _letter(text[position - 1 : position] if position else "")  # a word of one letter
    return not (_vowel_before(text, position) and _open(text, after))


def _letter(character: str) -> bool:
    return character != "" and is_devanagari(character) and character not in "।॥"


def _vowel_before(text: str, position: int) -> bool:
    """Whether a vowel is spoken before ``position``: a sign, a vowel, or a consonant's own."""
    before = text[position - 1 : position] if position else ""
    return before in SIGNS or before in VOWELS or before in NASAL or before in CONSONANTS or before in PRECOMPOSED


def _open(text: str, position: int) -> bool:
    """Whether a consonant with a written vowel stands at ``position``."""
    after = position + 1 + (text[position + 1 : position + 2] == DOT)
    is_consonant = text[position] in CONSONANTS or text[position] in PRECOMPOSED
    return is_consonant and text[after : after + 1] in SIGNS
