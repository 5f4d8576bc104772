"""What a turn does in a conversation, told by its form: it asks, wants more of the former answer, or who says so.

Words that only lead in ("Thanks. And", "No, I meant") are passed over; words that close a topic ("Forget the food.")
say that nothing before them is meant.
"""

from __future__ import annotations

import re

from b12assistant.answers import Move

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
    rf"(?:no|nope|sorry|actually)?[\s,.!]*{_MEANT}[\s,.:;–—-]+)+",
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
    """What the turn does. Only a turn that says nothing else wants more, or the sources."""
    if len(text) > _FORM:
        return Move.ASKS
    said = text[lead_in(text) :].strip()
    if _MORE.fullmatch(said) and not _NOT_MORE.fullmatch(said):
        return Move.MORE
    return Move.SOURCES if _SOURCES.fullmatch(said) else Move.ASKS


def lead_in(text: str) -> int:
    """How many characters only lead in; never all that is said."""
    found = _LEAD_IN.match(text[:_FORM])
    return found.end() if found and _says(text[found.end() :]) else 0


def new_topic(text: str) -> int:
    """How many characters, lead-in included, close the former topic; 0: the turn closes none."""
    begin = lead_in(text)
    found = _NEW_TOPIC.match(text[: begin + _FORM], begin)
    return found.end() if found and _says(text[found.end() :]) else 0


def corrects(text: str) -> bool:
    """Whether the turn says anew what an earlier one meant, or goes back to it."""
    return bool(_CORRECTION.match(text[:_FORM]))


def _says(rest: str) -> bool:
    return any(character.isalnum() for character in rest)
