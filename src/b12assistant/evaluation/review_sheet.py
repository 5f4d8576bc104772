"""Write the sentences that are quoted most as a sheet to review: one page to print, and one table to fill in."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from b12assistant.application.workspace import Workspace, local_today
from b12assistant.corpus.provenance import read_sentences
from b12assistant.corpus.reviews import COLUMNS, FILLED_IN, VERDICTS
from b12assistant.data_files import replace_file
from b12assistant.display import terminal
from b12assistant.display.labels import Labels, load_labels, section
from b12assistant.display.markup import plain
from b12assistant.display.quoted import Basis, basis_of
from b12assistant.errors import UsageError
from b12assistant.evaluation.labelled_set import load_labelled
from b12assistant.evaluation.report_page import document as html_document
from b12assistant.types import DocumentId, Range, Span

SHEET, PAGE = "review.csv", "review.html"
DEFAULT_QUESTIONS: Final = Path("benchmarks/data/questions")
_LEAD = (
    "These are the sentences that the program quotes most. Each is a summary in this project's own words; the "
    "publications it rests on are named below it. Please say of each sentence whether it is right, complete, no "
    "stronger than its sources, and safe for somebody who reads nothing else. Nobody's name is shown before this sheet "
    "has been read back."
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to review. ``quoted``: in how many answers."""

    span: Span
    quoted: int

    @property
    def basis(self) -> tuple[Basis, ...]:
        return basis_of([self.span])

    @property
    def place(self) -> str:
        return " › ".join((self.span.document.title, *section(self.span.document, self.span.start)))


def write(space: Workspace, questions: Iterable[Path], folder: Path, most: int) -> int:
    """Write the page and the table of the ``most`` sentences quoted most; return how many there are."""
    sentences = most_quoted(space, [labelled.question for file in questions for labelled in load_labelled(file)], most)
    if not sentences:
        raise UsageError("no quote of these answers can be reviewed", hint="name questions that the corpus answers")
    try:
        replace_file(folder / SHEET, _table(sentences).encode("utf-8-sig"))
        replace_file(folder / PAGE, _page(sentences).encode())
    except OSError as error:
        why = f"{folder} cannot be written ({error.strerror})"
        raise UsageError(why, hint="name a folder you can write to") from error
    return len(sentences)


def question_files(given: Path | None) -> tuple[Path, ...]:
    """Return the file given, or the labelled questions of a checkout. Raises ``UsageError`` if there are none."""
    files = (given,) if given else tuple(sorted(DEFAULT_QUESTIONS.glob("*.jsonl")))
    if not files:
        raise UsageError(f"there are no questions in {DEFAULT_QUESTIONS}/", hint="name a file with --questions")
    return files


def most_quoted(space: Workspace, questions: Sequence[str], most: int) -> tuple[Sentence, ...]:
    """Ask all ``questions``; return the sentences quoted most, of documents whose sentences name what they rest on."""
    counts: Counter[Span] = Counter()
    with terminal.progress() as progress:
        for done, question in enumerate(questions):
            progress("answering", done, len(questions))
            answer = space.ask(question).answer
            shown = [span for quote in answer.quotes for span in _sentences(quote.passage.sentences, quote.spans)]
            counts.update(set(shown))
        progress("answering", len(questions), len(questions))
    known: dict[DocumentId, frozenset[str]] = {}
    for span in counts:
        id_ = span.document.id
        if id_ not in known:
            known[id_] = frozenset(entry.text for entry in read_sentences(space.corpus, id_))
    ranked = sorted(counts, key=lambda span: (-counts[span], span.document.id, span.start))
    return tuple(Sentence(span, counts[span]) for span in ranked if span.text in known[span.document.id])[:most]


def _sentences(sentences: Iterable[Span], shown: Sequence[Span]) -> list[Span]:
    """Return the sentences of a passage that a quote shows."""
    ranges: list[Range] = [span.range for span in shown]
    return [sentence for sentence in sentences if any(sentence.range.overlaps(range_) for range_ in ranges)]


def _table(sentences: Sequence[Sentence]) -> str:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for number, sentence in enumerate(sentences, start=1):
        source = sentence.span.document.source
        rows.writerow(
            [
                *(number, sentence.span.text, sentence.span.document.id, sentence.place),
                "; ".join(basis.words for basis in sentence.basis),
                " ".join(basis.link for basis in sentence.basis if basis.link),
                *(source.published or "", sentence.quoted),
                *[""] * len(FILLED_IN),
            ]
        )
    return out.getvalue()


def _page(sentences: Sequence[Sentence]) -> str:
    labels = load_labels()
    body = "".join(_item(number, sentence, labels) for number, sentence in enumerate(sentences, start=1))
    verdicts = ", ".join(VERDICTS)
    how = f"Verdict: {verdicts}. Fill in {SHEET}, the same list as a spreadsheet, and send it back."
    today = f"Written on {labels.day(local_today())}."
    return html_document("Sentences to review", f"<p>{_LEAD}</p><p>{how} {today}</p>{body}")


def _item(number: int, sentence: Sentence, labels: Labels) -> str:
    """Draw a sentence with its sources, and lines to write on."""
    source = sentence.span.document.source
    rests_on = "".join(f"<li>{_source(basis, labels)}</li>" for basis in sentence.basis)
    written = f"Written {labels.day(source.published)}. " if source.published else ""
    lines = "".join(f"<dt>{plain(name)}</dt><dd>{'_' * 40}</dd>" for name in FILLED_IN)
    return (
        f'<section style="break-inside: avoid"><h2>{number}</h2><blockquote>{plain(sentence.span.text)}</blockquote>'
        f"<p>{plain(sentence.place)}. {written}In {sentence.quoted} answers.</p>"
        f'<ul>{rests_on}</ul><dl class="facts">{lines}</dl></section>'
    )


def _source(basis: Basis, labels: Labels) -> str:
    words = f"{plain(basis.words)} ({plain(labels.weight(basis.weight))}; {plain(basis.place)})"
    return f'<a href="{plain(basis.link)}">{words}</a>' if basis.link else words
