"""Read the form of a turn: what it asks of the last answer, and whether it needs an earlier turn.

A complete question with its own subject needs no other turn, however short. A turn leans on earlier ones only where a
sign says so: a pronoun without its own referent, an opening such as "and" or "what about", a missing verb, a
comparison without its second half, or nothing but general words ("how often?"). The words are data
(`data/conversation/signs.toml`); nothing here needs an index.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from b12assistant.answers import Move
from b12assistant.data_files import read_data
from b12assistant.language.words import terms

_FORM = 300  # characters in which a turn's form is looked for
_THING = r"(?:it|this|that|these|those|them)"
_THEY = r"(?:it|this|that|these|those|they|he|she)"
_POLITE = r"(?:(?:please|thanks|then|now|and|ok|okay|so|but|well)[\s,.!]+)*"
_END = r"(?:[\s,]+(?:please|then|now|though|again|exactly|anyway))*[\s?!.…]*"
_GOODS = r"(?: (?:something|anything|it|them|stuff))?"
_SELLER = r"(?:sellers?|shops?|vendors?|compan(?:y|ies)|business(?:es)?|adverti(?:sement|ser)s?|clinics?)"


def _forms(*forms: str) -> re.Pattern[str]:
    return re.compile(f"{_POLITE}(?:{'|'.join(forms)}){_END}", re.I)


_MORE = _forms(
    rf"(?:(?:can|could|would) you )?(?:tell|show|give)(?: me)?(?: a bit| some)? more(?: (?:about|of|on) {_THING})?",
    r"(?:anything|any more|what more|what else)(?: (?:else|more))?(?: (?:is there|do (?:they|you|the sources) say))?",
    r"(?:some )?more|go on|carry on|continue|next|(?:i['’]d like |i want )?to (?:know|hear|see|read) more",
    r"(?:is there|do you have|have you(?: got)?) (?:any(?:thing)? )?(?:more|else)",
    r"more (?:details?|information|info|quotes?)",
)
_NOT_MORE = re.compile(r"\W*anything\W*", re.I)  # alone it asks nothing
_SOURCES = _forms(
    rf"who (?:says|said|claims?|told you)(?: (?:so|{_THING}))?|says who|according to (?:who|whom|what)",
    rf"who (?:is|are) (?:saying|claiming|telling)(?: {_THING})?|whose words (?:is|are) {_THING}",
    rf"where (?:does|do|did|is|are) {_THING} (?:come )?from|where did you (?:get|find|read|see) {_THING}(?: from)?",
    rf"(?:what(?:['’]s| is| are|['’]re) )?(?:the |your |its )?(?:sources?|references?)(?: (?:for|of) {_THING})?",
    rf"(?:which|what) (?:source|page|site|website|document)s? (?:says?|is|are)(?: (?:so|{_THING}))?(?: from)?",
    rf"(?:is|are|was) {_THEY} (?:all )?(?:from |by )?(?:an? |the |some )?{_SELLER}(?: (?:talking|speaking))?",
    rf"(?:is|are) {_THEY} (?:selling|trying to sell){_GOODS}|(?:does|do) {_THEY} sell{_GOODS}",
    rf"(?:is|are) {_THING} (?:from )?(?:someone|somebody|anyone|people) (?:who|that) sells?{_GOODS}",
    rf"(?:is|are) {_THING} (?:an )?(?:advert|ad|advertising)s?|(?:can|should) i (?:trust|believe) {_THING}",
)
_MEANT = r"(?:that['’]s not what i (?:meant|asked)|i (?:actually |really )?(?:meant|mean)\b)"
_LEAD_IN = re.compile(
    r"\s*(?:(?:thanks(?: a lot)?|thank you|great|fine|lovely|good|nice|cool|perfect|right|ok|okay|i see|got it|hm+|oh|"
    r"ah|yes|sorry)\b[\s,.!;:–—-]+|"
    rf"(?:no|nope|sorry|actually|hang on)?[\s,.!]*{_MEANT}[\s,.:;–—-]+)+",
    re.I,
)
_CORRECTION = re.compile(rf"\W*(?:(?:no|nope|sorry|actually|wait)\b\W*){{0,3}}(?:{_MEANT}|back to )", re.I)
_NEW_TOPIC = re.compile(
    r"\s*(?:(?:forget|leave|never ?mind|enough) (?:about |of )?[^.?!;:]{0,40}[.!;:]"
    r"|(?:(?:a |and )?(?:new|different|another|other|separate|unrelated) (?:question|topic|subject|thing|matter)"
    r"|something (?:else|different)(?: entirely| altogether)?|(?:change|changing) (?:of )?(?:the )?subject"
    r"|on another (?:note|matter|topic)|by the way|btw)\b\s*[.,!:;–—-]+)\s*",
    re.I,
)


def move_of(text: str) -> Move:
    """Return what the turn does. It asks for more, or for the sources, only if it says nothing else."""
    if len(text) > _FORM:
        return Move.ASKS
    words = text[lead_in(text) :].strip()
    if _MORE.fullmatch(words) and not _NOT_MORE.fullmatch(words):
        return Move.MORE
    return Move.SOURCES if _SOURCES.fullmatch(words) else Move.ASKS


def lead_in(text: str) -> int:
    """Return how many characters only lead in; never all of the text."""
    found = _LEAD_IN.match(text[:_FORM])
    return found.end() if found and _has_words(text[found.end() :]) else 0


def new_topic(text: str) -> int:
    """Return how many characters, lead-in included, close the earlier topic; 0 if the turn closes none."""
    begin = lead_in(text)
    found = _NEW_TOPIC.match(text[: begin + _FORM], begin)
    return found.end() if found and _has_words(text[found.end() :]) else 0


def corrects(text: str) -> bool:
    """Return whether the turn corrects an earlier one, or goes back to it."""
    return bool(_CORRECTION.match(text[:_FORM]))


def _has_words(rest: str) -> bool:
    return any(character.isalnum() for character in rest)


class Leaning(StrEnum):
    """Whether a turn needs an earlier one; ``MAYBE``: only if nothing answers it alone."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


@dataclass(frozen=True)
class _Signs:
    """The words of `signs.toml`, which says what each list is; ``general``: stems."""

    opening: re.Pattern[str]
    asks: frozenset[str]
    general: frozenset[str]
    remark: frozenset[str]
    clause: frozenset[str]
    inside: frozenset[str]
    pronouns: frozenset[str]
    possessives: frozenset[str]
    pointers: frozenset[str]
    before_pointer: frozenset[str]


@lru_cache(maxsize=1)
def _signs() -> _Signs:
    data = read_data("conversation", "signs.toml")
    opens = data.pop("opens")
    lists = {name: frozenset(words) for name, words in data.items()}
    lists["general"] = frozenset(term for word in lists["general"] for term in terms(word))
    words = "|".join(re.escape(word) for word in sorted(opens, key=len, reverse=True))
    return _Signs(opening=re.compile(rf"(?:(?:{words})\b[\s,.:;–—-]*)+"), **lists)


_TOKEN = re.compile(r"[^\W_]+(?:['.-][^\W_]+)*|[.,;:?!–—()]")
_ENDS = frozenset(".,;:?!–—()")
_DUMMY = re.compile(  # "it" and "that" that refer to nothing
    r"\b(?:is|was|be|isn't|it's|would|will|could|can) ?(?:it )?(?:be )?(?:\w+ )?(?:safe|ok|okay|true|normal|possible"
    r"|bad|dangerous|fine|worth|common|rare|usual|necessary|important|hard|easy|better|best|late|harmful|wise|likely"
    r"|unusual|enough|sensible|healthy|advisable|needed|good|right|wrong|useful|risky|time|useless|pointless|legal"
    r"|unsafe|helpful|known|recommended)\b(?: \w+){0,2}? (?:to|that|if|when|for|\w+ing)\b|\bit takes?\b|\b(?:does|will"
    r"|would|did|can) it (?:usually |normally )?take\b|\b(?:how|what|why|where|when|who) do they\b|\b(?:is"
    r"|was) it called\b|\bwhat (?:does|would|is) it (?:mean|like)\b|\b(?:whether|if|that) it(?:'s| is| was)\b"
    r"|\b(?:have|has|contains?|with)\b.* in (?:it|them)\b|\b(?:this|that|these|those) (?:week|month|year|morning"
    r"|evening|summer|winter|days)\b|\bthose (?:who|with|of|on)\b|\bso that\b|\bnow that\b|\bthe fact that\b"
    r"|\beach others?'?\b"
)
_OTHER = re.compile(r"\b(?:others?|another|(?<!the )more)\b")
_REST = re.compile(
    r"\b(?:the|which|that|this|usual|old|new|first|second|third|any|each|no)\s+ones?\b|\b(?:one|some|any|all|most|none"
    r"|each|both|either|neither|much|many) of (?:them|those|these|it|that)\b|\bthe (?:same|first|second|third|latter"
    r"|former|rest)\s*(?:[?.!,]|$|two|bit|thing|way|amount)|\b(?:else|instead|likewise|otherwise)\b(?!.*\b(?:besides"
    r"|apart from|except|than)\b)|\b(?:too|as well|either|again|then|though|neither)\s*[?.!]*\s*$|\bsame (?:thing|for"
    r"|goes|with|as)\b|\b(?:which|what) of the\b|\b(?:in|of|with) one\b|\b(?:before|after|since|without|during|for"
    r"|with) (?:it|that|this|then|them)\s*(?:[?.!,]|$)|\b(?:up|down|from|over|round|around|near|in|why|and"
    r"|out) there\b"
)
_COMPARES = re.compile(
    r"\b(?:better|worse|quicker|faster|slower|cheaper|safer|stronger|longer|higher|younger|older|easier|sooner|later"
    r"|less|fewer|bigger|smaller|likelier|riskier)\b(?<!the longer)(?!.*\b(?:than|or)\b)"
)
_BARE = re.compile(  # a question with one subject and nothing said about it
    r"(?:what|who|where)(?:'?s| is| are| was) the [\w-]+[\s?.!]*|(?:is|are|was|were) there (?:an?|any|some) .*"
    r"|(?:do|does|did|can|could|will|would|should|is|are) .*\b(?:help|work|matter|count|hurt|back|extra|enough"
    r"|none|stop|myself|use|good)[\s?.!]*"
)
_LINKS = re.compile(r"\w (?:of|for|in|from|with) \w")
_STATES = re.compile(
    r"(?:oh |ah |sorry |well |no |yes )*(?:i|i'm|im|i've|ive|i'll|ill|it|it's|its|that|that's|thats|this|they|he|she"
    r"|we)\b"
)
_TELLS = re.compile(rf"{_STATES.pattern}|all|everything|nothing")  # before "is", a statement: "all is fine"
_GREETS = re.compile(
    r"(?:(?:hi|hello|hey)\W+)?good ?(?:morning|afternoon|evening|night|day)(?:\W+(?:all|everyone|there|to you))?\W*"
)
_MOST_WORDS = 12  # content words from which a turn is read alone, whatever it points at
_WHOLE = 2  # specific words with which a weak sign counts only if nothing answers the turn alone
_FULL = 4  # the same for a strong sign


def leaning(text: str) -> Leaning:
    """Return whether the words of a turn, by their form, need an earlier turn."""
    if len(text) > _FORM or new_topic(text):
        return Leaning.NO
    if corrects(text):
        return Leaning.YES
    own = text[lead_in(text) :].replace("’", "'").strip()
    subject, own = specific(own), own.lower()
    if len(terms(own)) >= _MOST_WORDS or is_remark(text):
        return Leaning.NO
    opens = _opens(own)
    strong, asks = bool(pronoun_of(own) or _REST.search(own)), _asks(own, opens)
    if states(text):
        return Leaning.NO
    if not strong and not asks:
        strong = opens > 0 or (subject < _WHOLE and len(terms(own)) <= _WHOLE and not _LINKS.search(own))
        weak = subject <= _WHOLE
        if weak and not strong:
            return Leaning.MAYBE
    else:
        if not strong and subject == 1 and _BARE.fullmatch(own):
            return Leaning.MAYBE
        weak = opens > 0 or any(sign.search(own) for sign in (_OTHER, _COMPARES))
        bare = len(_TOKEN.findall(own.rstrip(" ?.!"))) <= _WHOLE
        weak = weak or (bare and not own.startswith(("wh", "how")))
    if strong:
        return Leaning.YES if subject < _FULL else Leaning.MAYBE
    if not subject:
        return Leaning.YES
    if not weak:
        return Leaning.NO
    return Leaning.YES if subject < _WHOLE else Leaning.MAYBE


def is_remark(text: str) -> bool:
    """Return whether a turn only thanks or remarks: it asks nothing and names nothing."""
    words, known = _words(text[:_FORM]), _signs()
    if "?" in text or not words or any(word in known.asks - known.remark for word in words):
        return False
    tells = bool(_STATES.match(text[lead_in(text) :].lower())) and not specific(text)
    return tells or _all_remark(words)


def greets(text: str) -> bool:
    """Return whether a turn is a greeting such as "good morning", whose words alone could be a question."""
    return bool(_GREETS.fullmatch(text.strip().lower()))


def only_remarks(text: str) -> bool:
    """Return whether every word of a turn thanks or remarks; "I'd like the side effects" does not."""
    return greets(text) or (is_remark(text) and _all_remark(_words(text)))


def _words(text: str) -> list[str]:
    return [word for word in _TOKEN.findall(text.replace("’", "'").lower()) if word[0].isalnum()]


def _all_remark(words: Sequence[str]) -> bool:
    known = _signs().remark
    return any(word in known for word in words) and all(word in known or not terms(word) for word in words)


def states(text: str) -> bool:
    """Return whether a turn states something and asks nothing."""
    own = text[lead_in(text) :].replace("’", "'").lower().strip()
    return "?" not in own and bool(_STATES.match(own)) and not _asks(own, _opens(own))


def specific(text: str) -> int:
    """Return how many different words of a text say what it is about."""
    return len({term for term in terms(text) if term not in _signs().general})


def _opens(own: str) -> int:
    """Return how many characters an opening such as "and what about" takes."""
    found = _signs().opening.match(own)
    return found.end() if found else 0


def _asks(own: str, opens: int) -> bool:
    """Return whether some clause of a turn starts with a word that asks."""
    signs, words = _signs(), _TOKEN.findall(own[opens:])
    return any(
        word in signs.asks and (_breaks(last) or (word in signs.inside and not _TELLS.fullmatch(last)))
        for last, word in zip([".", *words], words, strict=False)
    )


def _breaks(word: str) -> bool:
    return word in _ENDS or word in _signs().clause


def pronoun_of(own: str) -> tuple[int, int] | None:
    """Return where the first pronoun without its own referent is; ``None`` if there is no such pronoun.

    It has one if an earlier clause of the turn names something specific.
    """
    signs, text = _signs(), own.replace("’", "'").lower()
    found = list(_TOKEN.finditer(_DUMMY.sub(lambda match: "x" * len(match[0]), text)))
    words = [match[0] for match in found]
    inverts = words[:1] and words[0] not in signs.asks  # "b12 low is it normal": the question comes later
    clause: list[str] = []
    for i, (match, word) in enumerate(zip(found, words, strict=True)):
        names = bool(specific(" ".join(clause)))
        if _breaks(word) or (inverts and word in signs.inside and names):
            if names:
                return None
            clause = []
        elif word in signs.pronouns or (word in signs.possessives and not names):
            return match.span()
        elif word in signs.pointers:
            before, after = words[i - 1] if i else ".", words[i + 1] if i + 1 < len(words) else "."
            if word != "that" or before in signs.before_pointer or _breaks(before) or _breaks(after):
                return match.span()
        clause.append(word)
    return None
