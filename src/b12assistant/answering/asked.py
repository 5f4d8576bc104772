"""Find the questions of a message: people tell a story and ask somewhere in it, mostly at the end.

A short question is asked as a whole. In a longer message each question is a slice of its own, so that it is searched,
judged and refused by itself; the sentences around it are only its context. What others asked ("my nurse asked me why")
is part of the story. A sentence is cut wherever a question can begin or end, and a linear chain over the form of the
clauses says which of them begin a question, go on with it, or only tell; fitted on letters by
`benchmarks/fit_asked.py`. Nothing here needs an index.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from itertools import chain, islice, pairwise

from b12assistant.answers import Turn, TurnSlice
from b12assistant.language.sentences import split_sentences, trim
from b12assistant.language.words import readable, surface_words, terms
from b12assistant.types import Range

MOST_ASKED = 4
WEIGHTS = "data/answering/asking.json"
SHORT = 24  # words up to which a message with one question is asked as a whole
LONGEST = 300  # characters that are read of a question, and of what it leans on: of 2,262 one leant on more
_LEAST = 3  # words of a question without a question mark; one less with it
TELLS, BEGINS, GOES_ON = range(3)  # what a clause does


def _kind(words: str) -> frozenset[str]:
    return frozenset(words.split())


_JOINS = _kind("and but or also plus so then because cos n &")
_FILLERS = _JOINS | _kind("well ok okay now anyway lastly finally secondly firstly oh just like")
_WHICH = _kind("what which who whom whose why how when where wat wot")
_HOW = _kind("to much many long often soon far about else exactly happens come")
_DOES = _kind("do does did can could should would will shall may might must ought shud cud wud")
_IS = _kind("is are was were am has have r")
_SUBJECTS = _kind(
    "i my you u ya it its he she we they ppl people that this these those there the her his your our a an any some"
    " every anyone anybody someone somebody low high extra too b12 b vitamin folate folic injection injections tablet"
    " tablets jab jabs not"
)
_SHIFTS = _kind("im i'm ive i've hes he's shes she's i'd whether if any anyone anybody")
_ASKING = _kind("wonder wondering wondered please pls plz kindly tell explain advise grateful sure")
_PLEASE = _kind("please pls plz kindly can could would will tell let advise inform explain clarify")
_NOT = _kind("not no never none")
_KINDS = {
    "which": _WHICH,
    "does": _DOES,
    "is": _IS,
    "asking": _ASKING,
    "join": _JOINS,
    "filler": _FILLERS,
    "if": _kind("if whether"),
    "me": _kind("i my im i'm ive i've me we our i'd mine"),
    "you": _kind("you your u ya"),
    "she": _kind("he she his her him they their hes he's shes she's them"),
    "it": _kind("it its this that these those there"),
    "the": _kind("the a an some any every"),
    "not": _NOT,
    "to": _kind("to for in of at by from with on after until since about"),
}
_BEFORE_WHICH = _KINDS["to"] | _kind("roughly")
_STOPS = frozenset(',;:(–—"“”.?!…')
_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*|[?!.,;:(–—\"“”…&-]")
_NUMBER = re.compile(r"\s*(?:\(?\d{1,2}[.):]|[a-z]\)|[-–—*•])\s*", re.I)  # of a question in a list
_MARKS = " \t,;:–—(-"  # at the end of a question
_LED = re.compile(r"(?:(?:and|but|or|also|plus|so|then|because|cos|n|&)\b[\s,]*)+", re.I)
_REPORTS = re.compile(
    r"\b(?:(?:he|she|they|nurse|doctor|doc|dr|gp|consultant|neurologist|pharmacist|chemist|receptionist|wife|husband|partner|mum|mom|"
    r"mother|dad|father|son|daughter|sister|brother|friend|boss|neighbou?r|people|everyone|everybody|someone|somebody|lady|man|specialist|"
    r"surgeon|manager|colleague|aunt|uncle|cousin|midwife)s?"
    r"(?: \w+){0,2}? (?:ask(?:s|ed|ing)?|wonder(?:s|ed)|want(?:s|ed) to know|said|says|thought|told)"
    r"|i (?:\w+ )?(?:asked|thought|said)|asked (?:him|her|them|me|us|myself|the|my|about)|asking (?:me|him|her|them)|"
    r"kept (?:thinking|asking))\b",
    re.I,
)
# Words that ask for what follows them.
_WISHES = re.compile(
    r"\b(?:(?:please|pls|plz|kindly)"
    r"(?: (?:\w+ ){0,2}?(?:tell|explain|advise|say|confirm|let)(?: me| us)?(?: know)?\b)?|"
    r"wonder(?:ing|ed)?|grateful|obliged|appreciate|thankful|curious|"
    r"(?:should|i['’]?d|wants?|wanted|like|love|need|wish|keen|hoping|interested|glad|meant|trying|planned|happy|going)"
    r"(?: \w+){0,2}? (?:to|in)(?: \w+)? (?:know(?:ing)?|ask|understand|learn|hear|find|enquire|inquire|told)|"
    r"(?:can|could|would|will|do|does|has|have|did|perhaps|maybe|if) (?:you|u|any(?:one|body)|some(?:one|body))"
    r" (?:\w+ )?(?:tell|explain|say|advise|know|confirm|clarify|help|let|give|be)|"
    r"(?:i|we|must|please|just|to) (?:also )?ask(?: you)?|(?:tell|let|advise|inform) (?:me|us)|explain|clarify|"
    r"(?:not|n['’]?t|un) ?(?:\w+ )?sure|(?:no|any) (?:idea|clue|advice|thoughts|tips)|"
    r"(?:do|can|could|does|did|wo|has)(?: not|n['’]?t|not) (?:\w+ )?(?:know|understand|tell|see|find|get|work|figure)|"
    r"(?:questions?|doubts?|query|queries|worry|concern|puzzle|thing)(?: \w+)? (?:is|are|was)\b|what i\b|all i\b|"
    r"(?:questions?|doubts?|query|queries) ?[:;,-])",
    re.I,
)
_NEAR = 60  # characters between what somebody else asks and who asks
_QUOTED = re.compile(r"[“\"][^”\"\n]{3,200}[”\"]")
_OF_OTHERS = re.compile(r"[ \t]*>")
_ASKED_PEOPLE = _kind("you u anyone anybody someone somebody")
_ASKS = ("which", "wh", "whether")  # forms of what a request asks for
# Requests for any help at all.
_HELP = re.compile(
    r"\W*(?:(?:any|some|your|all)? ?(?:\w+ )?(?:advice|help|thoughts?|ideas?|tips?|info\w*|suggestions?|input|guidance)"
    r"(?: (?:\w+ ){0,3}(?:welcome|appreciated|grateful|grateful for|received|please|pls|great|good|helpful))?|"
    r"(?:many )?thank[^?]*|(?:is it|am i)(?: just)? (?:just me|me|the only one)|"
    r"(?:please |pls |kindly )*(?:help|advise|reply|guide)(?: me| us)?|"
    r"(?:(?<=no idea )|(?<=no clue )|(?<=not sure )|(?<=not know )|(?<=n't know )|(?<=n’t know )|(?<=nt know ))"
    r"(?:what|where|who|how) to (?:do|turn|start|go|ask|believe)(?: (?:next|now|any ?more|about (?:it|this|that)))?|"
    r"(?:can|could|would) (?:you|any(?:one|body)|some(?:one|body)) (?:please )?(?:help|advise)(?: me| us)?)\W*",
    re.I,
)
_ENDS = " )\"'”’!"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a message: the words that ask, and the nearest of what else the message says, if it says more."""

    words: TurnSlice
    near: tuple[TurnSlice, ...] = ()

    @property
    def read(self) -> TurnSlice:
        """Return the words that are searched: a text without full stops is cut."""
        return replace(self.words, end=min(self.words.end, self.words.start + LONGEST))


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that begins where a question can."""

    place: Range
    words: tuple[str, ...]  # in lower case, marks too, without joining words at the beginning
    lead: str  # the last of those
    before: tuple[str, ...]  # the two words before the clause

    @property
    def form(self) -> str:
        """Return how it begins, as a question or not."""
        first, second = (*self.words, "", "")[:2]
        if first in _BEFORE_WHICH and second in _WHICH:
            first, second = second, (*self.words, "", "", "")[2]
        if _stem(first) in _WHICH:
            return "which" if first not in _WHICH or second in _DOES | _IS | _HOW else "wh"
        if _stem(first) in _DOES | _IS:
            return "inverts" if second in _SUBJECTS or second.endswith("ing") else "does"
        if first in ("if", "whether"):
            return "whether"
        return "any" if first.startswith("any") else "wish" if first in _ASKING else "other"


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    """Return a word without a verb or "not" that is joined to it: what's, isn't, whats."""
    for end in ("n't", "'s", "'re", "'d", "'ll"):
        if word.endswith(end):
            return word[: -len(end)]
    return word[:-1] if word[:-1] in _WHICH and word[-1:] == "s" else word[:-2] if word.endswith("nt") else word


Row = tuple[Clause, str, Sequence[str]]  # a clause, how it is bound to the one before it, and its features


@lru_cache(maxsize=8)
def asked_of(turn: Turn) -> tuple[Asked, ...]:
    """Return the questions of a message in order, one that is repeated once; the whole message if it is short and has
    only one, or if no clause of it asks."""
    text = turn.text
    sentences = sentences_of(text)
    found = _questions(text, sentences)
    if not found or (len(found) == 1 and len(text.split()) <= SHORT):
        begin = len(text) - len(text.lstrip())
        return (Asked(TurnSlice(turn, begin, max(begin, len(text.rstrip())))),)
    once: dict[tuple[str, ...], Range] = {}
    for part in found:
        once.setdefault(_content(text[part.start : min(part.end, part.start + LONGEST)]), part)
    return tuple(Asked(TurnSlice(turn, part.start, part.end), _near(turn, part, sentences)) for part in once.values())


def _content(question: str) -> tuple[str, ...]:
    """Return what is the same for two questions that ask the same: their content words, and what they ask for."""
    words, content = surface_words(question), sorted(set(terms(question)))
    if len(content) < 2:
        return tuple(words)
    return (*content, *sorted({word for word in words if _stem(word) in _WHICH or word in _NOT}))


def _near(turn: Turn, part: Range, sentences: Sequence[Range]) -> tuple[TurnSlice, ...]:
    """Return the sentence before a question that says something, or else the next one after it, if there is one."""
    return tuple(islice((cut for cut in _around(turn, part, sentences) if terms(cut.text)), 1))


def _around(turn: Turn, part: Range, sentences: Sequence[Range]) -> Iterator[TurnSlice]:
    """Yield the sentences before a question, the nearest first, then those after it."""
    here = bisect_left(sentences, part.start, key=lambda each: each.start)
    before = [(each.start, min(each.end, part.start)) for each in sentences[:here]]
    after = [(each.start, each.end) for each in sentences[here:] if each.start >= part.end]
    for start, end in chain(((max(start, end - LONGEST), end) for start, end in reversed(before)), after):
        cut = trim(turn.text, start, min(end, start + LONGEST))
        if cut:
            yield TurnSlice(turn, cut.start, cut.end)


def sentences_of(text: str) -> tuple[Range, ...]:
    """Return the sentences of each line, without lines that quote somebody else's message."""
    return tuple(
        Range(line.start() + each.start, line.start() + each.end)
        for line in re.finditer(r"[^\n]+", text)
        if not _OF_OTHERS.match(line[0])
        for each in split_sentences(readable(line[0]))
    )


def clauses_of(text: str, sentence: Range) -> tuple[Clause, ...]:
    """Cut a sentence wherever a question can begin or end."""
    number = _NUMBER.match(text, sentence.start, sentence.end)
    start = number.end() if number else sentence.start
    tokens = [
        (found.start(), found[0].lower().replace("’", "'")) for found in _TOKEN.finditer(text, start, sentence.end)
    ]
    words = [word for _, word in tokens]
    starts, is_empty = [0], True
    for at in range(1, len(words)):
        is_empty = is_empty and (words[at - 1] in _FILLERS or words[at - 1] in _STOPS)
        if not is_empty and _can_begin(words, at):
            starts.append(at)
            is_empty = True
    clauses = []
    for first, last in pairwise((*starts, len(words))):
        lead = next((at for at in range(first, last) if words[at] not in _FILLERS and words[at] not in _STOPS), first)
        end = tokens[last][0] if last < len(words) else sentence.end
        place = trim(text, tokens[first][0] if first else start, end)
        if place and first < last:
            before = ("", "", *words[:first])[-2:]
            clauses.append(Clause(place, tuple(words[lead:last]), words[lead - 1] if lead > first else "", before))
    return tuple(clauses)


def _can_begin(words: Sequence[str], at: int) -> bool:
    """Return whether a clause can begin with this word of a sentence, not the first."""
    word, before, after = words[at], words[at - 1], words[at + 1] if at + 1 < len(words) else ""
    if word in _STOPS or word == "-":
        return False
    if before in _STOPS or before == "-" or word in _JOINS or word in _SHIFTS or word in _ASKING:
        return True
    stem = _stem(word)
    if stem in _WHICH:
        return before not in _BEFORE_WHICH
    if word in _BEFORE_WHICH:
        return _stem(after) in _WHICH
    if stem in _DOES | _IS and _stem(before) not in _WHICH and before not in _SUBJECTS:
        return after in _SUBJECTS or after.endswith("ing") or (stem in _DOES and before != "to")
    return False


def _questions(text: str, sentences: Sequence[Range]) -> list[Range]:
    """Return the questions of a message, without requests for any help at all if it asks something else.

    A sentence with a question mark asks something, unless somebody else asks it.
    """
    begun = _begun(list(described(text, sentences)))
    starts = [each.start for each in begun]
    for each in sentences:
        own = text[each.start : each.end]
        is_begun = bisect_left(starts, each.start) < bisect_left(starts, each.end)
        if own.rstrip(_ENDS).endswith("?") and not (is_begun or _REPORTS.search(own) or _QUOTED.search(own)):
            begun.append(each)
    cuts = [_trimmed(text, each) for each in sorted(begun, key=lambda each: each.start)]
    cuts = [each for each in cuts if len(text[each.start : each.end].split()) >= _LEAST - (text[each.end - 1] == "?")]
    return [each for each in cuts if not _HELP.fullmatch(text, each.start, each.end)] or cuts


def _begun(rows: Sequence[Row]) -> list[Range]:
    """Return each clause that begins a question, with the clauses that go on with it.

    Several things asked by one request ("tell me what …, who … and whether …") are questions of their own; the request
    is part of none.
    """
    found: list[Range] = []
    began, is_request = "", False  # the form of the clause that began the last question, and whether it is a request
    for (clause, bound, features), does in zip(rows, most_likely(rows), strict=True):
        if does == TELLS:
            continue
        is_asked = clause.form in _ASKS and "wished=" not in features
        if does == BEGINS or (is_asked and began in _ASKS and _is_next(clause, bound)):
            found.append(clause.place)
        elif is_request and is_asked and bound == "none":
            found[-1] = clause.place
        else:
            found[-1] = Range(found[-1].start, clause.place.end)
            continue
        began, is_request = clause.form, "wishes=True" in features and _can_request(clause)
    return found


def _can_request(clause: Clause) -> bool:
    """Return whether a clause with a request's words can be one: "if you would tell me", not "if I don't get it"."""
    second = (*clause.words, "", "")[1]
    return clause.form not in _ASKS or (clause.form == "whether" and second in _ASKED_PEOPLE)


def _is_next(clause: Clause, bound: str) -> bool:
    """Return whether a clause is the next of several things that one request asks for."""
    if bound not in ("stop", "join") or clause.lead == "or":
        return False
    third = (*clause.words, "", "")[2]
    return clause.words[0] != "which" or third in _SUBJECTS | _DOES | _IS  # ", which is odd" says something


def _trimmed(text: str, part: Range) -> Range:
    """Return a question without its number in a list and without joining words at either end."""
    start = part.start
    for pattern in (_NUMBER, _LED):
        led = pattern.match(text, start, part.end)
        start = led.end() if led else start
    own = text[start : part.end].rstrip(_MARKS)
    while (last := own[own.rfind(" ") + 1 :]).lower() in _JOINS:
        own = own[: -len(last)].rstrip(_MARKS)
    return Range(start, start + len(own))


def most_likely(rows: Sequence[Row]) -> list[int]:
    """Return what each clause most likely does: the best path through the chain."""
    clauses, steps = _weights()
    came: list[list[int]] = []
    best = [0.0, -1e9, -1e9]
    for _, bound, features in rows:
        weights = [clauses[each] for each in features if each in clauses]
        own = (0.0, sum(each[0] for each in weights), sum(each[1] for each in weights))
        step = steps[bound]
        reached = [[best[last] + step[last][to] for last in range(3)] for to in range(3)]
        came.append([each.index(max(each)) for each in reached])
        best = [max(each) + mine for each, mine in zip(reached, own, strict=True)]
    at, path = best.index(max(best)), list[int]()
    for each in reversed(came):
        path.append(at)
        at = each[at]
    return path[::-1]


def described(text: str, sentences: Sequence[Range]) -> Iterator[Row]:
    """Yield each clause with how it is bound to the one before it, and the features of its form."""
    of_message = (f"none={'?' not in text}", f"short={len(text.split()) <= SHORT}")
    after = False
    for number, sentence in enumerate(sentences):
        marked = text[sentence.start : sentence.end].rstrip(_ENDS).endswith("?")
        of_sentence = (
            *of_message,
            f"third={3 * sentence.start // max(1, len(text))}",
            f"last={min(3, len(sentences) - 1 - number)}",
            f"after={after}",
            f"marked={marked}",
        )
        yield from _described(text, sentence, of_sentence)
        after = marked


def _described(text: str, sentence: Range, of_sentence: Sequence[str]) -> Iterator[Row]:
    clauses = clauses_of(text, sentence)
    who_asks = _who_asks(text[sentence.start : sentence.end], sentence.start, clauses)
    forms = ["", *(each.form for each in clauses), ""]
    for place, clause in enumerate(clauses):
        bound = "none"
        if not place:
            bound = "sentence"
        elif clause.before[1] in _STOPS:
            bound = "stop"
        elif clause.lead in _JOINS:
            bound = "join"
        near = (
            *of_sentence,
            *who_asks[place],
            f"place={min(place, 2)}",
            f"left={min(len(clauses) - 1 - place, 2)}",
            f"form-1={forms[place]}",
            f"form+1={forms[place + 2]}",
            f"ends={text[clause.place.end - 1] == '?'}",
            f"bound={bound}",
            f"bound={bound},{who_asks[place][-1]}",
        )
        follows = clauses[place + 1].words[0] if place + 1 < len(clauses) else ""
        yield clause, bound, _features(clause, near, follows)


def _who_asks(own: str, start: int, clauses: Sequence[Clause]) -> list[tuple[str, ...]]:
    """Return features of each clause that say who asks: somebody else, or the writer with a request before it."""
    quoted = [found.span() for found in _QUOTED.finditer(own)]
    reports = [found.span() for found in _REPORTS.finditer(own)]
    wishes = list(_WISHES.finditer(own))
    found: list[tuple[str, ...]] = []
    for clause in clauses:
        at, end = clause.place.start - start, clause.place.end - start
        found.append(
            (
                f"quoted={any(first <= at < last for first, last in quoted)}",
                f"reported={any(first < at and at - last < _NEAR for first, last in reports)}",
                f"reports={any(at <= first < end for first, _ in reports)}",
                f"wishes={any(at <= each.start() < end for each in wishes)}",
                f"wished={_nearness(wishes, at)}",
            )
        )
    return found


def _nearness(wishes: Sequence[re.Match[str]], at: int) -> str:
    """Return whether a request is before a clause of the sentence, and of which kind if it is near."""
    before = [each for each in wishes if each.start() < at]
    if not before:
        return ""
    if at - before[-1].end() > _NEAR // 3:
        return "far"
    return "please" if before[-1][0].split()[0].lower() in _PLEASE else "near"


def _features(clause: Clause, near: Sequence[str], follows: str) -> list[str]:
    words, form = clause.words, clause.form
    return [
        *near,
        *(f"{each},form={form}" for each in near),
        f"form={form}",
        *(f"first={' '.join(words[:count])}" for count in (1, 2, 3) if len(words) >= count),
        *(f"has={word}" for word in dict.fromkeys(words)),
        *(f"shape={' '.join(map(_shape, words[:count]))}" for count in (2, 3, 4) if len(words) >= count),
        f"shaped={' '.join(map(_shape, clause.before))},form={form}",
        f"lead={clause.lead}",
        f"lead={clause.lead},form={form}",
        f"before={clause.before[1]}",
        f"before={' '.join(clause.before)}",
        f"end={words[-1]}",
        f"follows={follows}",
        f"length={min(len(words) // 3, 5)}",
    ]


@lru_cache(maxsize=4096)
def _shape(word: str) -> str:
    """Return the kind of a word, so that rare words count as others of their kind do."""
    for name, kind in _KINDS.items():
        if word in kind or _stem(word) in kind:
            return name
    return word if word in _STOPS else "word"


@lru_cache(maxsize=1)
def _weights() -> tuple[Mapping[str, Sequence[float]], Mapping[str, Sequence[Sequence[float]]]]:
    """Read the committed weights: two of each feature, for a clause that begins a question and one that goes on with
    it; nine of each way to be bound, from what the clause before does to what this one does."""
    table = json.loads(files("b12assistant").joinpath(WEIGHTS).read_text("utf-8"))
    return table["clauses"], table["steps"]
