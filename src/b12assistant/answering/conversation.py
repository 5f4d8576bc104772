"""What the last turn asks, given the earlier ones: the user's own words, put together, never rewritten.

A follow-up is read with the question before it and the one that opened the topic; with the latter alone if it and the
question before it are brief, since "and folate?" after "and statins?" takes its place. What it leans on weighs less
than what it says (`retrieval.CONTEXT`). Adding the quote that was shown drags the answer back to itself
(`docs/decisions/0010-conversation.md`). Which turns there were alone determines what is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from b12assistant.answers import Interpretation, Move, Turn, TurnSlice
from b12assistant.language.sentences import trim
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


_POINTS = re.compile(
    r"^\W*(?:and|but|or|so|then|also|if|what about|how about|what if|why|why not|really|which one|the same)\b|"
    r"\b(?:it|its|that|this|these|those|them|they|their|he|she|him|her|one|ones|there|then|instead|else|other|another)\b",
    re.I,
)
_ANOTHER = re.compile(r"\W*(?:and|or|but|(?:(?:then|so) )?(?:what|how) about)\b", re.I)
_ALONE = 7  # content words from which a turn stands by itself
_WHOLE = 4  # the same, of a turn that points at nothing
_BRIEF = 2  # content words of a turn that says little more than what it is about; one more if it names another thing


def interpret(turns: Sequence[Turn], most: int, *, literal: bool = False) -> Interpretation:
    """The parts of the user's turns that are searched, at most ``most`` characters, blanks between them included.

    The question itself is the last part; what it leans on gets what room that leaves. A turn that wants more of the
    former answer, or its sources, is read as the former question. ``literal``: the last turn as it is typed, alone.
    """
    last = turns[-1]
    if literal:
        return Interpretation((_slice(last, 0, most) or TurnSlice(last, 0, 0),))
    move = move_of(last.text)
    former = former_question(turns)
    if move is not Move.ASKS and former is not None:
        return replace(interpret(turns[: former + 1], most), move=move)
    begin = new_topic(last.text)
    own = _slice(last, begin or lead_in(last.text), most) or TurnSlice(last, 0, 0)
    parts = [own]
    room = most - (own.end - own.start)
    if not begin:
        for turn in _leant_on(turns):
            part = _slice(turn, lead_in(turn.text), room - 1)
            if part is not None:
                parts.insert(0, part)
                room -= part.end - part.start + 1
    return Interpretation(tuple(sorted(parts, key=lambda part: part.turn.index)))


def former_question(turns: Sequence[Turn]) -> int | None:
    """Where the last turn before the last one stands that asks something itself."""
    return next((i for i in reversed(range(len(turns) - 1)) if _asks(turns[i])), None)


def times_more(turns: Sequence[Turn]) -> int:
    """How often more was wanted of the answer to the former question, if the last turn is about it; else 0."""
    former = former_question(turns)
    if former is None or move_of(turns[-1].text) is Move.ASKS:
        return 0
    return sum(move_of(turn.text) is Move.MORE for turn in turns[former + 1 :])


def leans(text: str) -> bool:
    """Whether a turn needs those before it."""
    content = len(terms(text))
    return content < _WHOLE or (content < _ALONE and bool(_POINTS.search(text))) or corrects(text)


def brief(text: str) -> bool:
    """Whether a turn says little more than what it is about ("And tablets?", "No, I meant folate")."""
    content = len(terms(text))
    return content <= _BRIEF or (content == _BRIEF + 1 and (bool(_ANOTHER.match(text)) or corrects(text)))


def _leant_on(turns: Sequence[Turn]) -> list[Turn]:
    """The former question, and the one that opened the topic: those that the last turn leans on, nearest first."""
    last, asked = turns[-1].text, [turn for turn in turns[:-1] if _asks(turn)]
    if not asked or not leans(last):
        return []
    former = asked[-1]
    opening = next((turn for turn in reversed(asked) if new_topic(turn.text) or not leans(turn.text)), asked[0])
    return [opening] if brief(last) and brief(former.text) else list(dict.fromkeys([former, opening]))


def _asks(turn: Turn) -> bool:
    return bool(turn.text.strip()) and move_of(turn.text) is Move.ASKS


def _slice(turn: Turn, begin: int, room: int) -> TurnSlice | None:
    """The first ``room`` characters of what a turn says from ``begin`` on; ``None``: nothing, or there is no room."""
    inner = trim(turn.text, begin, len(turn.text))
    if inner is None or room <= 0:
        return None
    return TurnSlice(turn, inner.start, min(inner.end, inner.start + room))
