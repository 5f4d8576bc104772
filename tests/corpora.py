"""Small corpora, and helpers for their reports."""

import json
from collections.abc import Mapping
from pathlib import Path

from builders_pdf import build_pdf, column
from fakes import FakeEncoder, FakeWorkspace, fake_workspace

from b12assistant.types import FileReport, IndexReport

NERVES = "# Nerves\n\nMyelin wraps every nerve. Numb feet are an early sign.\n"
FOOD = "# Food\n\nFish and eggs hold vitamin B12. Plants hold none.\n"
PILLS = "Metformin lowers B12 in some people. Ask for a blood test.\n"


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write these files, given by path, into ``folder``; return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def three_files(folder: Path) -> FakeWorkspace:
    """A corpus of NERVES, FOOD and PILLS in ``folder``, with an index that is not built yet."""
    corpus = write(folder / "corpus", {"nerves.md": NERVES, "guides/food.md": FOOD, "pills.txt": PILLS})
    return fake_workspace(corpus, folder / "index")


def again(
    space: FakeWorkspace, encoder: FakeEncoder | None = None, *, flags: Mapping[str, object] | None = None
) -> FakeWorkspace:
    """The same corpus and index, as in a new process."""
    return fake_workspace(space.corpus, space.store.root, encoder=encoder, flags=flags)


def report_of(report: IndexReport, file: str) -> FileReport:
    return next(each for each in report.files if each.file == file)


def embedded(report: IndexReport) -> list[str]:
    return [each.file for each in report.files if each.embedded]


def capsules(folder: str = "") -> dict[str, str]:
    """Two documents that disagree, in ``folder`` of a corpus, and the curators' file that says so."""
    swallowed, syringe = f"{folder}swallowed.md", f"{folder}syringe.md"
    return {
        swallowed: "# Swallowed\n\nSwallowed capsules work as well as a syringe.\n",
        syringe: "# Syringe\n\nA syringe does not work as well as swallowed capsules.\n",
        "disputes.toml": f"""[[dispute]]
id = "capsules"
topic = "Do swallowed capsules work as well as a syringe?"
why = "One page says so, the other says otherwise."
asked = ["Are capsules as good as a syringe?"]
sides = [
    [{{ document = "{swallowed}", quote = "Swallowed capsules work as well as a syringe." }}],
    [{{ document = "{syringe}", quote = "A syringe does not work as well as swallowed capsules." }}],
]
""",
    }


_FACTS = """[[source]]
file = "sheath.md"
kind = "patient_guide"
words = "project_summary"
published = 2026-11-21
cites = ["10.1136/bmj.g5226"]

[[source]]
file = "drips.html"
kind = "vendor"
words = "project_summary"
commercial_interest = true
review_by = 2020-01-01

[[source]]
file = "leaflet.pdf"
title = "A leaflet"
kind = "other"
publisher = "A clinic"
published = 2020-01-02
"""


def summaries() -> dict[str, str | bytes]:
    """Files that have what those of the shipped corpus have, and their facts in `sources.toml`.

    A summary with a table and two origins for each of its sentences, a seller's page that is a summary too, a PDF.
    """
    files: dict[str, str | bytes] = {
        "sheath.md": "# Nerves\n\n## Sheath\n\nMyelin *wraps* every_nerve <b>& more. It is made of fat.\n\n"
        "## Amounts\n\n| Age (years) | Micrograms a day |\n|---|---|\n| 4 to 6 | 1.5 mcg |\n",
        "drips.html": "<title>Drips</title><h1>Drips</h1><p>Our golden drip warms cold feet.</p>",
        "leaflet.pdf": build_pdf(
            column("Kidneys filter blood all day."), column("Liver stores the vitamin for years.")
        ),
    }
    sentences = {
        "sheath.md": (
            "Myelin wraps every_nerve & more.",
            "It is made of fat.",
            "Age (years) | Micrograms a day",
            "4 to 6 | 1.5 mcg",
        ),
        "drips.html": ("Our golden drip warms cold feet.",),
    }
    places = {"nhs": "Symptoms", "shop": "The page’s <top>"}
    for name, texts in sentences.items():
        lines = (json.dumps({"text": text, "origins": places}) for text in texts)
        files[f"sentences/{name}.jsonl"] = "\n".join(lines) + "\n"
    return files | {"sources.toml": _FACTS + origin("nhs", "public_body") + origin("shop", "vendor")}


def origin(name: str, kind: str = "public_body") -> str:
    """A publication of the register in `sources.toml`."""
    return f"""
[[origin]]
id = "{name}"
title = "About nerves"
publisher = "{name.upper()}"
kind = "{kind}"
country = "GB"
published = "2023"
read_on = 2026-11-21
url = "https://{name}.example/"
terms = "all rights reserved"
read = "whole"
part_read = "the whole page"
"""
