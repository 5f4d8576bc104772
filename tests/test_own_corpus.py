"""The tutorial on your own corpus, followed to the letter: everything does what it says."""

import re
import shlex
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from builders_pdf import build_pdf, column
from click.testing import CliRunner
from fakes import fake_workspace
from shell import b12

from b12assistant.answers import Turn
from b12assistant.application.workspace import Workspace
from b12assistant.command.cli import commands
from b12assistant.config import load_configuration
from b12assistant.corpus.folder import check_files
from b12assistant.errors import ConfigError
from b12assistant.safety.opinion import Concern, Opinion
from b12assistant.safety.triage import Triager
from b12assistant.types import FileEnd

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorials" / "own-corpus.md"
KEYS = b"r\n" * 8 + b"n\n" * 2 + b"q\n"  # at `improve`
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.M | re.S)
BLOCKS = BLOCK.findall(TUTORIAL.read_text("utf-8"))


def plain(text: str) -> str:
    """Without line ends and the frames that a terminal draws."""
    return " ".join(re.sub(r"[^\w\s.,:;!?'’()-]", " ", text).split())


def shown_after(position: int) -> Iterator[str]:
    """The lines that the tutorial shows as output of the commands at ``position``."""
    for kind, title, text in BLOCKS[position + 1 :]:
        if kind != "text" or title:
            return
        yield from text.splitlines()


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    folder, asked = tmp_path, 0
    for position, (kind, title, text) in enumerate(BLOCKS):
        if title:
            (folder / title).write_text(text, "utf-8")
            continue
        if kind != "sh":
            continue
        out = ""
        for line in text.splitlines():
            words = shlex.split(line)
            if words[0] == "cd":
                folder /= words[1]
            elif words[0] == "rm":
                (folder / words[1]).unlink()
            else:
                assert words[0] == "b12assistant"
                done = b12(*words[1:], cwd=folder, typed=KEYS if words[1] == "improve" else None)
                first = "First index: 1 file to embed …\n" if words[1] == "index" and done.err else ""
                assert (done.status, done.err) == (0, first), line
                out = done.out
        expected = list(shown_after(position))
        asked += bool(expected)
        assert [line for line in expected if plain(line) not in plain(out)] == [], out
    # of the skeleton; answer, refusal, red flag, difference, vocabulary, marks, what they refuse, evaluation
    assert asked == 9


def test_a_skeleton_is_complete_and_nothing_is_overwritten(tmp_path: Path) -> None:
    project = tmp_path / "my-project"
    done = CliRunner().invoke(commands, ["new", str(project)])
    assert (done.exit_code, done.output.splitlines()[0]) == (0, str(project / ".gitignore"))
    assert {path.name for path in project.rglob("*.toml")} == {
        "b12assistant.toml",
        "disputes.toml",
        "not_answered.toml",
        "page.toml",
        "red_flags.toml",
        "sources.toml",
        "texts.toml",
        "vocabulary.toml",
    }
    again = b12("new", str(project), cwd=tmp_path)
    assert (again.status, "not an empty folder" in again.complaint) == (2, True)


def uncommented(text: str) -> str:
    """The example of a curators' file, in force."""
    return text.partition("#\n")[2].replace("# ", "") or text.replace('# "', '"')


def test_every_commented_example_of_a_skeleton_does_what_it_says(tmp_path: Path) -> None:
    assert CliRunner().invoke(commands, ["new", str(tmp_path)]).exit_code == 0
    corpus = tmp_path / "corpus"
    for name in ("sources.toml", "disputes.toml", "not_answered.toml"):
        (corpus / name).write_text(uncommented((corpus / name).read_text("utf-8")), "utf-8")
    (corpus / "leaflet.pdf").write_bytes(build_pdf(column("It takes three hours.")))
    (corpus / "seller.md").write_text("# Our device\n\nWith our device it takes one hour.\n", "utf-8")
    space = fake_workspace(corpus, tmp_path / "index")
    assert [each.file for each in space.index().files if each.end is FileEnd.LEFT_OUT] == ["README.md"]
    assert space.document("leaflet.pdf").document.title == "The leaflet"
    (difference,) = space.ask("How many hours does it need?").answer.disagreements
    assert [side.best.text for side in difference.sides] == [
        "It takes three hours.",
        "With our device it takes one hour.",
    ]
    assert space.ask("what goes above a paragraph").answer.quotes[0].best.text.startswith("A heading says")
    assert space.ask("Which printer makes the nicest headings?").answer.quotes == ()
    assert space.ask("What is a caption?").answer.quotes[0].best.text.startswith("A heading says")


OWN = {
    "skeleton": (resources.files("b12assistant") / "data" / "skeleton" / "corpus" / "red_flags.toml").read_text(
        "utf-8"
    ),
    "tutorial": next(text for _, title, text in BLOCKS if title == "corpus/red_flags.toml"),
}


@pytest.mark.parametrize("text", OWN.values(), ids=OWN)
def test_the_examples_of_a_rule_hold_and_no_opinion_sets_it_aside(tmp_path: Path, text: str) -> None:
    (tmp_path / "red_flags.toml").write_text(text, "utf-8")
    rules = Workspace(load_configuration(environment={}, flags={"paths.corpus": str(tmp_path)})).rules
    calm = Opinion("calm", Concern.NONE, (), None, may_lower=True)
    triager = Triager(rules, lambda turn, former=None, *, among=None, ruled=False: calm)
    (rule,) = (rule for rule in rules.red_flags.rules if rule.own)

    def raised(message: str) -> list[str]:
        return [str(notice.flag.rule) for notice in triager([Turn(0, message)]).notices if notice.flag]

    assert rule.positive
    assert rule.negative
    assert [raised(message) for message in rule.positive] == [[rule.id]] * len(rule.positive)
    assert [raised(message) for message in rule.negative] == [[]] * len(rule.negative)


FINDING = "[[finding]]\nid = 'a'\nkind = 'sign'\nabout = 'b'\nsaid = ['fires']\n"
RULE = """[[rule]]\nid = "a"\nlevel = "emergency"\nkind = "danger"\ntext = "general"\nany = ["flame"]\norigin = "o"
positive = []\nnegative = []
"""
VOCABULARY = "kind = 'lay'\nreview = 'r'\n[[term]]\nterm = 'a'\nvariants = ['x']\n"


def test_indexing_names_the_line_of_a_fault_in_any_file(tmp_path: Path) -> None:
    file = "vocabulary.toml"
    says = ":1: kind = 'slang' is not known: it takes abbrev"
    (tmp_path / file).write_text(VOCABULARY.replace("lay", "slang"), "utf-8")
    with pytest.raises(ConfigError, match=re.escape(f"{file}{says}")):
        check_files(tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("red_flags.toml", FINDING + "naned = ['x']\n", "red_flags.toml:6: unknown key 'naned': did you mean 'named'?"),
        ("red_flags.toml", FINDING + RULE, "red_flags.toml:6: no finding is called flame: correct it there"),
    ],
)
def test_a_fault_in_what_comes_first_is_reported_before_any_question(
    tmp_path: Path, file: str, text: str, says: str
) -> None:
    (tmp_path / file).write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=re.escape(says)):
        Workspace(load_configuration(environment={}, flags={"paths.corpus": str(tmp_path)}))
