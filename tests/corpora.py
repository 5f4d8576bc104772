"""A corpus of three files, and helpers for its reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
