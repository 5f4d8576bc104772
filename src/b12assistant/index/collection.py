"""A generation opened for questions: passages with their rows in every index, how it was built, and its files.

Its parts are read back checked against each other, and must fit the encoder and the settings of today.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b12assistant.corpus.disputes import Dispute, disputes_from_bytes, disputes_to_bytes
from b12assistant.corpus.publishers import Speaks
from b12assistant.errors import REBUILD, IndexDamagedError, IndexMismatchError
from b12assistant.index.asked_questions import ASKED, NOTHING_ASKED, AskedQuestions, is_thorough, question_headings
from b12assistant.index.documents import DOCUMENTS, Entry, all_reports, entries_from_bytes, entries_to_bytes
from b12assistant.index.lexical_index import FIELDS, LEXICAL, BM25FIndex
from b12assistant.index.quotable import QUOTABLE, Quotable
from b12assistant.index.store import Data, Generation
from b12assistant.index.vectors import ROWS_FILE, FaissIndex, TokenStore, Vectors, read_rows, read_vectors, save_arrays
from b12assistant.language.detection import detected
from b12assistant.language.words import BULLET, ENGLISH, bare, language, readable
from b12assistant.protocols import Encoder, LexicalIndex, VectorIndex
from b12assistant.threads import once
from b12assistant.types import (
    Document,
    DocumentId,
    FileEnd,
    FileReport,
    GenerationId,
    Origin,
    Passage,
    PassageId,
    Span,
)

LEFT_OUT = "left_out.json"
CONTEXT = "context_tokens.safetensors"
UNDER_HEADINGS = "sentences_under_headings.safetensors"
DISPUTES, EXAMPLES = "disputes.json", "disputes.safetensors"
_WORD = re.compile(r"[A-Za-z]{4,}")


class SourceWords:
    """The words of a collection, to which typing slips are corrected, in lower case.

    ``counts``: how often each occurs; ``written``: as it stands first. ``asked``: the questions that are asked of its
    sentences: people's words too.
    """

    def __init__(self, passages: Iterable[Passage], asked: Sequence[str] = ()) -> None:
        self.counts: Counter[str] = Counter()
        self.written: dict[str, str] = {}
        self._asked = asked
        for passage in passages:
            for sentence in passage.sentences:
                for word in _WORD.findall(sentence.text):
                    self.counts[word.lower()] += 1
                    self.written.setdefault(word.lower(), word)

    def with_asked(self, is_word: Callable[[str], bool]) -> Counter[str]:
        """Return how often each word occurs, in the questions too; one that only they have is a word, asked twice."""
        asked = Counter(word.lower() for question in self._asked for word in _WORD.findall(question))
        real = {word: count for word, count in asked.items() if word in self.counts or (count > 1 and is_word(word))}
        return self.counts + Counter(real)


@dataclass(frozen=True)
class Collection:
    """Passages with their indexes: ``passages[row]`` is row ``row`` of ``vectors``, (n, d), ``words`` and ``quotable``.

    ``context``: for each passage one unit for its title and one for each of its sentences, all from encoding the
    passage once. ``under_headings``: a vector for each sentence with its heading, (sentences, d); ``None`` in large
    collections, and where nearly every sentence is asked something. ``engine``: what searches instead of this process.
    """

    generation: GenerationId
    documents: Sequence[Document]
    passages: Sequence[Passage]
    vectors: Vectors
    words: BM25FIndex
    quotable: Quotable
    context: TokenStore
    disputes: tuple[Dispute, ...] = ()
    examples: Vectors | None = None  # a vector for each example question of each dispute, in order
    asked: AskedQuestions = NOTHING_ASKED
    under_headings: Vectors | None = None
    engine: tuple[VectorIndex, LexicalIndex] | None = None

    def origins(self, passage: Passage) -> tuple[tuple[Origin, ...], ...]:
        """Return the publications that each sentence of a passage rests on."""
        attributions = sorted(passage.document.attributions, key=lambda each: each.range)
        starts = [each.range.start for each in attributions]
        ends = [each.range.end for each in attributions]
        places = [slice(bisect_right(ends, s.start), bisect_left(starts, s.end)) for s in passage.sentences]
        return tuple(tuple(each.origin for each in attributions[place]) for place in places)

    @once
    def searched(self) -> tuple[VectorIndex, LexicalIndex]:
        """Return what searches by vectors and by words."""
        return self.engine or (FaissIndex(self.vectors), self.words)

    @once
    def context_starts(self) -> NDArray[np.int64]:
        """Return the unit of ``context`` at which each passage begins (its title), ``(n + 1,)``."""
        return self.quotable.sentence_starts + np.arange(len(self.passages) + 1)

    @once
    def asked_throughout(self) -> bool:
        """Return whether nearly every sentence is asked something, as in the corpus that ships."""
        last = int(self.quotable.sentence_starts[-1])
        return is_thorough(self.asked.of(0, last), last, self.heading_questions)

    @once
    def heading_questions(self) -> frozenset[str]:
        """Return the headings of all documents, without their numbers: those that ask are asked of what is below."""
        return question_headings(self.documents)

    @once
    def in_english(self) -> bool:
        """Return whether the documents are in English: nearly all of some passages from all over the corpus."""
        read = [each.span.text for each in self.passages[:: len(self.passages) // _LANGUAGE_READ + 1]]
        return sum(detected(text)[0] == ENGLISH for text in read) >= _MOST_ENGLISH * len(read)

    @once
    def completions(self) -> Mapping[str, Sequence[Span]]:
        """Return the sentences that curators named to be quoted with others, without bullets, by their bare words."""
        found: dict[str, list[Span]] = {each.text: [] for document in self.documents for each in document.completed}
        for passage in self.passages if found else ():
            for each in passage.sentences:
                if (text := bare(each.text)) in found:
                    bullet = BULLET.match(each.text)
                    found[text].append(each.document.span(each.start + (bullet.end() if bullet else 0), each.end))
        return found

    @once
    def first_rows(self) -> NDArray[np.int64]:
        """Return, for each row, the row of its document's first passage, ``(n,)``."""
        firsts = [self.rows_of[passage.document.id].start for passage in self.passages]
        return np.array(firsts, np.int64)

    @once
    def rows(self) -> Mapping[PassageId, int]:
        """Return the row of each passage."""
        return {passage.id: row for row, passage in enumerate(self.passages)}

    @once
    def rows_of(self) -> Mapping[DocumentId, range]:
        """Return the rows of each document's passages."""
        ends: dict[DocumentId, range] = {}
        for row, passage in enumerate(self.passages):
            first = ends[passage.document.id].start if passage.document.id in ends else row
            ends[passage.document.id] = range(first, row + 1)
        return ends


def heading_of(passage: Passage) -> str:
    """Return the heading that a passage is under, or else the title of its document."""
    path = passage.section
    return passage.document.slice(path[-1].heading) if path else passage.document.title


def under_heading(passage: Passage, sentences: Iterable[Span], encoder: Encoder) -> list[str]:
    """Return sentences of a passage, each with the heading in front, for the encoder."""
    heading = first_words(heading_of(passage), encoder)
    return [readable(f"{heading}: {bare(sentence.text)}") for sentence in sentences]


def first_words(title: str, encoder: Encoder) -> str:
    """Return as much of a title or heading as the encoder can read in front of a passage, at most `TITLE_PIECES`."""
    room, words = min(TITLE_PIECES, encoder.limit - most_pieces(encoder) - 4), title.split()
    while words and encoder.count(" ".join(words)) > room:
        words.pop()
    return " ".join(words) or title[: room // 4]  # one long word


# An index records their versions: extraction, terms and searches depend on them.
LIBRARIES = ("faiss-cpu", "markdown-it-py", "numpy", "pypdf", "PyStemmer", "selectolax", "sentencex")
METHOD = 10  # raise when chunking, embedding, terms or cuts change: an index of another method is not opened
READING = 12  # raise when extraction or cleaning change: files are then read again, and vectors of the same text kept


# Word pieces, at most: of a passage, and of the title put in front of it for ranking. Passages of 120 pieces move hit@1
# and hit@3 by one or two questions of 40: a plateau.
PIECES, TITLE_PIECES = 200, 48
_LANGUAGE_READ, _MOST_ENGLISH = 20, 0.9  # passages whose language is looked at, and the share that is in English


def built_with(encoder: Encoder) -> dict[str, object]:
    """Return what an index depends on besides corpus, model and runtime. It is stored in the manifest and compared."""
    return {
        "chunking": {"pieces": most_pieces(encoder), "title_pieces": TITLE_PIECES},
        "lexical": FIELDS,
        "method": METHOD,
        **({"language": language()} if language() != ENGLISH else {}),
    }


def most_pieces(encoder: Encoder) -> int:
    """Return the most word pieces of a passage: with its title in front it must fit the encoder."""
    return max(16, min(PIECES, encoder.limit - TITLE_PIECES - 4))


@dataclass(frozen=True)
class Opened:
    """What a generation holds: its collection, all in the order of ``entries``, and a report for each file left out.

    ``problems``: those met on opening.
    """

    collection: Collection
    entries: Sequence[Entry]
    left_out: tuple[FileReport, ...]
    manifest: Mapping[str, Any]
    problems: tuple[str, ...] = ()

    @property
    def reports(self) -> tuple[FileReport, ...]:
        """Return the report on every file of the corpus as indexed, sorted."""
        return all_reports((*(entry.report for entry in self.entries), *self.left_out), self.entries)

    def to_files(self) -> dict[str, Data]:
        held = self.collection
        refused = sorted((report.file, report.reasons) for report in self.left_out)
        files = {
            ROWS_FILE: save_arrays({"rows": held.vectors}),
            DOCUMENTS: entries_to_bytes(self.entries),
            LEXICAL: held.words.to_bytes(),
            QUOTABLE: held.quotable.to_bytes(),
            CONTEXT: held.context.to_bytes(),
            LEFT_OUT: (json.dumps(refused, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass"),
        }
        if held.under_headings is not None:
            files[UNDER_HEADINGS] = save_arrays({"rows": held.under_headings})
        if held.examples is not None:
            files |= {DISPUTES: disputes_to_bytes(held.disputes), EXAMPLES: save_arrays({"examples": held.examples})}
        if len(held.asked.sentences):
            files[ASKED] = held.asked.to_bytes()
        return files


def read_parts(generation: Generation) -> Opened:
    """Read a generation, whose bytes are verified.

    Raises ``IndexDamagedError`` if its parts do not fit each other.
    """
    files, manifest = generation.files, generation.manifest
    try:
        entries, dimension = entries_from_bytes(bytes(files[DOCUMENTS])), int(manifest["model"]["dimension"])
        passages = tuple(passage for entry in entries for passage in entry.passages)
        sentences = sum(len(passage.sentences) for passage in passages)
        collection = Collection(
            generation.id,
            tuple(entry.document for entry in entries),
            passages,
            read_vectors(files[ROWS_FILE], (len(passages), dimension)),
            BM25FIndex.from_bytes(files[LEXICAL]),
            Quotable.from_bytes(files[QUOTABLE], passages),
            TokenStore.from_bytes(files[CONTEXT], CONTEXT, sentences + len(passages)),
            *_disputes(files, entries, dimension),
            AskedQuestions.from_bytes(files[ASKED], sentences, dimension) if ASKED in files else NOTHING_ASKED,
            read_rows(files[UNDER_HEADINGS], UNDER_HEADINGS, (sentences, dimension))
            if UNDER_HEADINGS in files
            else None,
        )
        refused = json.loads(bytes(files[LEFT_OUT]))
        left_out = tuple(FileReport(file, FileEnd.LEFT_OUT, tuple(why)) for file, why in refused)
        return Opened(collection, entries, left_out, manifest, generation.problems)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamagedError(f"the files of index {generation.id} do not fit each other", hint=REBUILD) from error


def _disputes(
    files: Mapping[str, Data], entries: tuple[Entry, ...], dimension: int
) -> tuple[tuple[Dispute, ...], Vectors | None]:
    if DISPUTES not in files:
        return (), None
    documents = {entry.document.id: entry.document for entry in entries}
    disputes = disputes_from_bytes(bytes(files[DISPUTES]), documents.__getitem__)
    count = sum(len(dispute.examples) for dispute in disputes)
    return disputes, read_rows(files[EXAMPLES], EXAMPLES, (count, dimension), name="examples")


# Building again first would change a project that was only opened without its settings.
_OTHER_ENCODER = (
    "name the b12assistant.toml it was built with (--config FILE); if [encoder] was changed, run `b12assistant index`"
)


def open_generation(generation: Generation, encoder: Encoder) -> Opened:
    """Read a generation from verified bytes.

    Raises ``IndexMismatchError`` if it was built with another encoder or other settings, ``IndexDamagedError`` if its
    parts do not fit each other.
    """
    manifest = generation.manifest
    model = manifest["model"]
    if (model["name"], model["sha256"]) != (encoder.name, encoder.digest):
        raise IndexMismatchError(
            f"the index was built with {model['name']} ({model['sha256'][:12]}…), "
            f"configured is {encoder.name} ({encoder.digest[:12]}…)",
            hint=_OTHER_ENCODER,
        )
    if (built := manifest.get("language", ENGLISH)) != language():
        raise IndexMismatchError(
            f"the index was built for documents in {built!r}, corpus.language is {language()!r}",
            hint=f"set corpus.language = {built!r} in b12assistant.toml, or {REBUILD}",
        )
    for name, value in built_with(encoder).items():
        if manifest.get(name) != value:
            raise IndexMismatchError(
                f"the index was built with other settings ({name} {manifest.get(name)}, now {value})", hint=REBUILD
            )
    return read_parts(generation)


def publications(opened: Opened) -> dict[Origin, int]:
    """Return every publication that sentences which may be quoted rest on, with the number of those sentences."""
    quoted = (entry.document for entry in opened.entries if entry.document.source.in_force)
    return dict(Counter(attribution.origin for document in quoted for attribution in document.attributions))


def speakers(opened: Opened) -> list[Speaks]:
    """List who says what may be quoted: every publication, and every source in its own words."""
    own = [entry.document.source for entry in opened.entries if not entry.document.attributions]
    return [*map(Speaks.of, publications(opened)), *(Speaks.of(source) for source in own if source.in_force)]
