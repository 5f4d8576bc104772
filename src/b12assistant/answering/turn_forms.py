"""Read the form of a turn: what it asks of the last answer, whether it closes a topic, greets, signs off or states.

The words are data (`data/conversation/signs.toml`); nothing here needs an index.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from b12assistant.answers import Move
from b12assistant.data_files import read_data
from b12assistant.language.words import has_word, terms

_FORM = 300  # characters in which a turn's form is looked for
_THING = r"(?:it|this|that|these|those|them)"
_THEY = r"(?:it|this|that|these|those|they|he|she)"
_POLITE = r"(?:(?:please|thanks|then|now|and|ok|okay|so|but|well)[\s,.!]+)*"
_END = r"(?:[\s,]+(?:please|then|now|though|again|exactly|anyway))*[\s?!.…]*"
_GOODS = r"(?: (?:something|anything|it|them|stuff))?"
_SOURCE = r"(?:source|page|site|website|document|study|paper|leaflet)"
_SELLER = r"(?:sellers?|shops?|vendors?|compan(?:y|ies)|business(?:es)?|adverti(?:sement|ser)s?|clinics?)"


def _forms(*forms: str) -> re.Pattern[str]:
    return re.compile(f"{_POLITE}(?:{'|'.join(forms)}){_END}", re.I)


_PAPER = re.compile(
    r"\b(?:papers?|articles?|stud(?:y|ies)|trials?|references?|citations?|cited?|cites|authors?|journals?|publications?|published|"
    r"guidelines?|reviews?|doi|(?:what|which) year|year of|nejm|bmj|lancet|cmaj|cochrane|et al)\b|\b10\.\d{4,}/|"
    r"\b(?:19|20)\d\d\b(?!\s*-?(?:mcg|µg|μg|ug|mg|g|iu|units?|micrograms?|milligrams?|ml|calories|kcal|feet|people|patients)\b)",
    re.I,
)
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
    rf"(?:which|what) {_SOURCE}s? (?:says?|is|are)(?: (?:so|{_THING}))?(?: from)?",
    rf"(?:is|are|was) {_THEY} (?:all )?(?:from |by )?(?:an? |the |some )?{_SELLER}(?: (?:talking|speaking))?",
    rf"(?:is|are) {_THEY} (?:selling|trying to sell){_GOODS}|(?:does|do) {_THEY} sell{_GOODS}",
    rf"(?:is|are) {_THING} (?:from )?(?:someone|somebody|anyone|people) (?:who|that) sells?{_GOODS}",
    rf"(?:is|are) {_THING} (?:an )?(?:advert|ad|advertising)s?|(?:can|should) i (?:trust|believe) {_THING}",
)
_ASKING = r"(?:can|could|do|does|did|is|are|am|would|should|have|what|why|how|when|where|who|which|any|i|i['’]?m)\b"
_ALL = r"(?:\s+(?:there|all|everyone|everybody|again|folks|guys|team))"
_TO = (
    rf"(?:{_ALL}*(?:\s+(?:doctor|doc|nurse|both|friends|sir|madam))?(?=\s*[,!.\n])"
    rf"|{_ALL}+(?=\s+{_ASKING})(?!\s+(?:is|are|have|am)\b)|(?=\s+{_ASKING}))"
)
_HAIL = (
    rf"(?:hi+|hiya|hello|hey+|good\s+(?:morning|afternoon|evening|day)|greetings){_TO}"
    rf"|(?:morning|afternoon|evening)(?:{_ALL}+{_TO}|(?=\s*[,!.](?![^?:]*\bor\b)))"
    r"|dear\s+\w+(?:\s+or\s+\w+)?(?=\s*[,!:\n])"
)
_MEANT = r"(?:that['’]s not what i (?:meant|asked)|i (?:actually |really )?(?:meant|mean)\b)"
_HEARD = r"(?:thanks(?: a lot)?|thank you|ok|okay|i see|got it|hm+|oh|ah|sorry)"
_LEAD_IN = re.compile(
    rf"\s*(?:{_HEARD}\b(?! to\b)[\s,.!;:–—-]+|"
    # "right foot" and "NICE guideline" are about something, "right, ..." and "nice thanks ..." are not
    rf"(?:great|fine|lovely|good|nice|cool|perfect|right|yes)\b(?:\s*[,.!;:–—][\s,.!;:–—-]*|\s+(?={_HEARD}\b))|"
    rf"(?:{_HAIL})\b[\s,.!;:–—-]+|"
    rf"(?:no|nope|sorry|actually|hang on)?[\s,.!]*{_MEANT}[\s,.:;–—-]+)+",
    re.I,
)
_THANKS = (
    r"(?:(?:many|big|huge|grateful|with)\s+)*(?:thanks|thank\s+(?:you|u)|thankyou|thx|tysm)"
    r"(?:\s+(?:so|very|ever|much|a|lot|million|bunch|ton|again|in|advance|all|everyone|everybody|guys|folks|team|hun|kindly|indeed"
    r"|for|your|any|the|help|time|advice|answers?|reading|listening)\b)*"
)
_SIGN_OFF = re.compile(
    rf"(?:[\s,;–—-]+(?:(?:and\s+)?{_THANKS}|(?:(?:kind|best|warm|with)\s+)+(?:regards|wishes)|ta|cheers|please|pls"
    r"|(?<=[.?!,]\s)(?:any\s+)?(?:help|advice)\s+(?:please|pls|appreciated))\b[.!]*)+"
    r"(?:[,\n]\s*(?-i:(?:[A-Z][a-z]+[\s.]*){1,2}))?[\s.!x]*",
    re.I,
)
_NEW_TOPIC = re.compile(
    r"\s*(?:(?:forget|leave|never ?mind|enough) (?:about |of )?[^.?!;:]{0,40}[.!;:]"
    r"|(?:(?:a |and )?(?:new|different|another|other|separate|unrelated) (?:question|topic|subject|thing|matter)"
    r"|something (?:else|different)(?: entirely| altogether)?|(?:change|changing) (?:of )?(?:the )?subject"
    r"|on another (?:note|matter|topic)|by the way|btw)\b\s*[.,!:;–—-]+)\s*",
    re.I,
)


def asks_for_paper(text: str) -> bool:
    """Return whether a question may ask for a publication."""
    return _PAPER.search(text) is not None


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
    return found.end() if found and has_word(text[found.end() :]) else 0


def sign_off(text: str, begin: int = 0) -> int:
    """Return where the thanks or the greeting that end a text begin, or where it ends; words from ``begin`` on stay."""
    found = (
        found.start() for found in _SIGN_OFF.finditer(text, max(begin, len(text) - _FORM)) if found.end() == len(text)
    )
    return next((start for start in found if has_word(text[begin:start])), len(text))


def new_topic(text: str) -> int:
    """Return how many characters, lead-in included, close the earlier topic; 0 if the turn closes none."""
    begin = lead_in(text)
    found = _NEW_TOPIC.match(text[: begin + _FORM], begin)
    return found.end() if found and has_word(text[found.end() :]) else 0


@cache
def _signs() -> Mapping[str, frozenset[str]]:
    """Read the words of `signs.toml`, which says what each list is; ``general``: stems."""
    lists = {name: frozenset(words) for name, words in read_data("conversation", "signs.toml").items()}
    return {**lists, "general": frozenset(term for word in lists["general"] for term in terms(word))}


@cache
def _opening() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(_signs()["opens"], key=len, reverse=True))
    return re.compile(rf"(?:(?:{words})\b[\s,.:;–—-]*)+")


_TOKEN = re.compile(r"[^\W_]+(?:['.-][^\W_]+)*|[.,;:?!–—()]")
_ENDS = frozenset(".,;:?!–—()")
_STATES = re.compile(
    r"(?:oh |ah |sorry |well |no |yes )*(?:i|i'm|im|i've|ive|i'll|ill|it|it's|its|that|that's|thats|this|they|he|she"
    r"|we)\b"
)
_TELLS = re.compile(rf"{_STATES.pattern}|all|everything|nothing")  # before "is", a statement: "all is fine"
_GREETS = re.compile(
    r"(?:(?:hi|hello|hey)\W+)?good ?(?:morning|afternoon|evening|night|day)(?:\W+(?:all|everyone|there|to you))?\W*"
)


def is_remark(text: str) -> bool:
    """Return whether a turn only thanks or remarks: it asks nothing and names nothing."""
    words, known = _words(text[:_FORM]), _signs()
    if "?" in text or not words or any(word in known["asks"] - known["remark"] for word in words):
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
    known = _signs()["remark"]
    return any(word in known for word in words) and all(word in known or not terms(word) for word in words)


def states(text: str) -> bool:
    """Return whether a turn states something and asks nothing."""
    own = text[lead_in(text) :].replace("’", "'").lower().strip()
    return "?" not in own and bool(_STATES.match(own)) and not _asks(own)


def goes_on(text: str) -> bool:
    """Return whether a turn opens with a word such as "and", or names nothing."""
    own = text[lead_in(text) :].replace("’", "'").lower().strip()
    return _opening().match(own) is not None or not specific(own)


def specific(text: str) -> int:
    """Return how many different words of a text say what it is about."""
    return len({term for term in terms(text) if term not in _signs()["general"]})


def _asks(own: str) -> bool:
    """Return whether some clause of a turn starts with a word that asks, after an opening such as "and what about"."""
    signs = _signs()
    opening, breaks = _opening().match(own), _ENDS | signs["clause"]
    words = _TOKEN.findall(own[opening.end() if opening else 0 :])
    return any(
        word in signs["asks"] and (last in breaks or (word in signs["inside"] and not _TELLS.fullmatch(last)))
        for last, word in zip([".", *words], words, strict=False)
    )
