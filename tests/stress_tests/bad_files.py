"""Damaged, hostile and odd files through the real reader: each has one of three ends and stops no other file."""

import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bad_inputs.all import BAD_INPUTS, QUICK
from bad_inputs.pages import page
from bad_inputs.pdfs import SOUND
from builders_pdf import build_pdf, column
from corpora import FOOD, NERVES, PILLS, write
from fakes import PLAIN, FakeEncoder

from b12assistant.application.health import check_entry
from b12assistant.config import Settings
from b12assistant.index.documents import entries_from_bytes
from b12assistant.index.indexing import Built, Indexer
from b12assistant.loaders.isolation import _PATIENCE, IsolatedLoader
from b12assistant.types import Extract, FileEnd, FileReport
from stress_tests.runner import Tries

SECONDS = 10.0
MEMORY = 1 << 30  # bytes of address space that the reader may use
_BATCH = 100
_GRACE = 2.0  # seconds that stopping a reader may take


@dataclass
class Timed:
    """A reader, and how long each file took it by the clock, in seconds."""

    reader: IsolatedLoader
    took: dict[str, float] = field(default_factory=dict)

    def read(self, path: Path) -> bytes:
        return self.reader.read(path)

    def extract(self, data: bytes, name: str) -> Extract:
        began = time.monotonic()
        try:
            return self.reader.extract(data, name)
        finally:
            self.took[name] = time.monotonic() - began


def indexed(corpus: Path) -> tuple[Built, dict[str, float]]:
    """The corpus, indexed by the real reader, and the seconds of each file."""
    with IsolatedLoader(root=corpus, seconds=SECONDS, memory=MEMORY) as reader:
        timed = Timed(reader)
        return Indexer(timed, FakeEncoder(dimension=64), PLAIN, Settings()).build(corpus), timed.took


def faults_of(built: Built, files: Iterable[str]) -> Iterator[str]:
    """Where the totals do not add up, or what is kept does not fit together."""
    by_end = {end: {each.file for each in built.reports if each.end is end} for end in FileEnd}
    if sorted(each.file for each in built.reports) != sorted(files):
        yield "not every file is in the report, once"
    counts = {
        "files": len(built.reports),
        "documents": len(built.reports) - len(by_end[FileEnd.LEFT_OUT]),
        "passages": sum(each.passages for each in built.reports),
        "left_out": len(by_end[FileEnd.LEFT_OUT]),
    }
    if built.facts["counts"] != counts:
        yield f"the manifest counts {built.facts['counts']}, the report {counts}"
    if {file for file, _ in json.loads(bytes(built.files["left_out.json"]))} != by_end[FileEnd.LEFT_OUT]:
        yield "left_out.json holds other files than the report"
    for entry in entries_from_bytes(bytes(built.files["documents.jsonl"])):
        yield from check_entry(entry)
        if not entry.passages:
            yield f"{entry.document.id}: indexed without a passage"


def fault_of(report: FileReport, took: float) -> str | None:
    """What is wrong with a file's report, whatever its end is."""
    named = ascii(report.file)
    if report.end is not FileEnd.INDEXED and not all(report.reasons):
        return f"{named}: {report.end} without a reason"
    if any("\n" in reason for reason in report.reasons):
        return f"{named}: a reason of several lines"
    if (report.end is FileEnd.LEFT_OUT) != (report.passages == 0):
        return f"{named}: {report.end} with {report.passages} passages"
    return f"{named}: took {took:.1f} s" if took > SECONDS * _PATIENCE + _GRACE else None


def specified(count: int, folder: Path) -> Tries:
    """``count`` bad inputs, one of each row first, in one corpus with a good file that is read last."""
    chosen = sorted(BAD_INPUTS, key=lambda bad: bad not in QUICK)[:count]
    corpus = write(folder / "corpus", {"zz good.md": NERVES})
    for bad in chosen:
        bad.put(corpus)
    built, took = indexed(corpus)
    reports = {report.file: report for report in built.reports}
    yield "; ".join(faults_of(built, [*(bad.name for bad in chosen), "zz good.md"])) or None
    yield None if reports["zz good.md"].end is FileEnd.INDEXED else "the good file was lost"
    for bad in chosen:
        report = reports[bad.name]
        fault = fault_of(report, took.get(bad.name, 0.0))
        if fault is None and (report.end not in bad.ends or bad.says not in "; ".join(report.reasons)):
            fault = f"row {bad.row}, {bad.name!a}: {report.end} ({'; '.join(report.reasons)})"
        yield fault


_HTML = page(f"<h1>Nerves</h1><table><tr><td>B12<td>low</table><ul><li>{PILLS}</ul><p hidden>x</p><pre>{FOOD}</pre>")
_MARKDOWN = (
    f"---\ntitle: Nerves\n---\n{NERVES}\n> {FOOD}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [{PILLS}](x)\n".encode()
)
_TEXT = f"NERVES\n======\n\n{PILLS}\n\x0c1. Müdigkeit\n2. Kribbeln\n\n{FOOD}".encode()
_LONG_PDF = build_pdf(column("A sound line of text.", "And an inter-", "national one."), column("On a second page."))
_SEEDS = ((SOUND, "pdf"), (_LONG_PDF, "pdf"), (_HTML, "html"), (_MARKDOWN, "md"), (_TEXT, "txt"))
_PDFS, _OTHERS = _SEEDS[:2], _SEEDS[2:]


def mutants(count: int, folder: Path) -> Tries:
    """Half PDFs, a quarter HTML, a quarter text, with a few bytes changed, cut, doubled or moved."""
    draw = random.Random(9)  # noqa: S311 - damage, not secrets
    for first in range(0, count, _BATCH):
        corpus = write(folder / f"corpus{first}", {"zz good.md": NERVES})
        names = []
        for number in range(first, min(first + _BATCH, count)):
            seeds = _PDFS if number % 2 == 0 else (_OTHERS[0],) if number % 4 == 1 else _OTHERS[1:]
            data, suffix = draw.choice(seeds)
            names.append(f"{number}.{suffix}")
            (corpus / names[-1]).write_bytes(mutated(data, draw))
        built, took = indexed(corpus)
        reports = {report.file: report for report in built.reports}
        wrong = "; ".join(faults_of(built, [*names, "zz good.md"])) or None
        for name in names:
            yield wrong or fault_of(reports[name], took.get(name, 0.0))
            wrong = None


def mutated(data: bytes, draw: random.Random) -> bytes:
    """The data after one to ten changes."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 10)):
        at = draw.randrange(len(changed) or 1)
        length = draw.randint(1, 40)
        match draw.randrange(7):
            case 0 if changed:
                changed[at] = draw.randrange(256)
            case 1 if changed:
                changed[at] ^= 1 << draw.randrange(8)
            case 2:
                del changed[at : at + length]
            case 3:
                changed[at:at] = changed[at : at + length] * draw.randint(1, 30)
            case 4:
                changed[at:at] = draw.randbytes(length)
            case 5:
                other = draw.randrange(len(changed) or 1)
                changed[at : at + length] = changed[other : other + length]
            case _:
                changed[at : at + length] = draw.choice(
                    (b"\xff" * length, b"\0" * length, b"9" * length, b"<" * length)
                )
    return bytes(changed)
