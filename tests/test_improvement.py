"""A curator marks what answers: it is written into the corpus's own lists, and taken back."""

import json
import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from builders import build_document, build_passages
from corpora import again, origin, three_files, write
from fakes import FakeWorkspace, RefusingEncoder, fake_workspace
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.application.improvement import Improver, read_questions, with_not_answered, with_question
from b12assistant.application.workspace import Workspace
from b12assistant.command.prompt import Desk
from b12assistant.corpus.folder import corpus_not_answered
from b12assistant.corpus.provenance import SentenceEntry, located
from b12assistant.errors import CorpusError, SourceFactsError, UsageError
from b12assistant.index.asked_questions import NOTHING_ASKED
from b12assistant.language.words import find_words
from b12assistant.types import Document, Range, Span

# One word of five is in the corpus: too little for an answer, unless the question is asked of a sentence.
PILL = "does metformin matter with diabetes"
FISH = "who has fish for lunch"
OTHER = "where is eggs with supper"
DOCUMENTS = {"nerves.md", "guides/food.md", "pills.txt"}
GOLD = {PILL: ("Metformin lowers B12 in some people.",), FISH: ("Fish and eggs hold vitamin B12.",), OTHER: ()}


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    space = three_files(tmp_path)
    space.index()
    return space


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def sentence(space: Workspace, words: str) -> Span:
    passages = space.opened.collection.passages
    return next(each for passage in passages for each in passage.sentences if each.text == words)


def mark_all(improver: Improver) -> None:
    for question, gold in GOLD.items():
        improver.mark(question, sentence(improver.space, *gold) if gold else None)


def test_a_mark_is_written_into_the_corpus_own_lists_and_into_no_document(space: FakeWorkspace) -> None:
    documents = contents(space.corpus)
    improver = Improver(space)
    mark_all(improver)
    now = contents(space.corpus)
    assert {name: now.pop(name) for name in documents} == documents
    assert json.loads(now.pop("sentences/guides/food.md.jsonl")) == {
        "text": "Fish and eggs hold vitamin B12.",
        "asked": [FISH],
    }
    assert json.loads(now.pop("sentences/pills.txt.jsonl"))["asked"] == [PILL]
    assert OTHER in now.pop("not_answered.txt")
    assert now == {}
    assert improver.marked([*GOLD, "how much is a pill"]) == [True, True, True, False]


def test_a_mark_changed_later_withdraws_what_was_written(space: FakeWorkspace) -> None:
    mark_all(Improver(space))
    improver = Improver(again(space))
    improver.mark(FISH, None)
    improver.mark(OTHER, sentence(space, "Fish and eggs hold vitamin B12."))
    now = contents(space.corpus)
    assert json.loads(now["sentences/guides/food.md.jsonl"])["asked"] == [OTHER]
    assert FISH in now["not_answered.txt"]
    assert OTHER not in now["not_answered.txt"]


def test_a_question_marked_again_leaves_the_sentence_that_it_was_asked_of_and_undo_brings_it_back(
    space: FakeWorkspace,
) -> None:
    improver = Improver(space)
    food, feet = (sentence(space, words) for words in (*GOLD[FISH], "Numb feet are an early sign."))
    improver.mark(PILL, food)
    improver.mark(FISH, food)
    before = contents(space.corpus)
    improver.mark(PILL.upper(), food)
    assert contents(space.corpus) == before
    improver.mark(PILL.upper(), feet)
    now = contents(space.corpus)
    asked = {name: [json.loads(line)["asked"] for line in now[name].splitlines()] for name in now.keys() - DOCUMENTS}
    assert asked == {
        "sentences/guides/food.md.jsonl": [[FISH]],
        "sentences/nerves.md.jsonl": [[PILL.upper()]],
    }
    assert improver.undo()
    assert contents(space.corpus) == before


def mark_many(corpus: Path, index: Path, name: str, start: Barrier) -> None:
    """Mark 60 questions, one by one, as a curator in a process of their own."""
    space = fake_workspace(corpus, index)
    improver, answer = Improver(space), sentence(space, *GOLD[PILL])
    start.wait(60)
    for number in range(60):
        improver.mark(f"{name} {number}", answer if number % 2 else None)


def test_two_curators_at_once_lose_no_mark(space: FakeWorkspace) -> None:
    processes = multiprocessing.get_context("spawn")
    start = processes.Barrier(2)
    curators = [
        processes.Process(target=mark_many, args=(space.corpus, space.store.root, name, start)) for name in "ab"
    ]
    for curator in curators:
        curator.start()
    for curator in curators:
        curator.join(120)
    assert [curator.exitcode for curator in curators] == [0, 0]
    assert all(Improver(space).marked(f"{name} {number}" for name in "ab" for number in range(60)))
    assert {report.file for report in again(space).index().files} == DOCUMENTS


def test_a_document_that_changed_since_it_was_indexed_is_not_marked(space: FakeWorkspace) -> None:
    (space.corpus / "pills.txt").write_text("A new first sentence. Ask for a blood test.\n", "utf-8")
    before = contents(space.corpus)
    with pytest.raises(CorpusError, match=r"pills\.txt has changed since it was indexed: run `b12assistant index`"):
        mark_all(Improver(space))
    assert contents(space.corpus) == before


def test_a_mark_that_cannot_be_written_is_an_error_and_may_be_made_again(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    improver = Improver(space)

    def full(path: Path, _: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("b12assistant.application.improvement.replace_file", full)
        with pytest.raises(CorpusError, match=r"cannot be written \(No space left on device"):
            mark_all(improver)
    assert not improver.undo()
    mark_all(improver)
    assert all(improver.marked(GOLD))


def test_a_mark_of_which_one_list_cannot_be_written_changes_none(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    improver = Improver(space)
    mark_all(improver)
    before = contents(space.corpus)

    def full(path: Path, data: bytes) -> None:
        if path.name == "not_answered.txt":
            raise OSError(28, "No space left on device", str(path))
        path.write_bytes(data)

    with monkeypatch.context() as patch:
        patch.setattr("b12assistant.application.improvement.replace_file", full)
        with pytest.raises(CorpusError, match=r"not_answered\.txt cannot be written"):
            improver.mark(PILL, None)
    assert contents(space.corpus) == before


def test_the_last_mark_is_taken_back_unless_somebody_edited_its_file_since(space: FakeWorkspace) -> None:
    before = contents(space.corpus)
    improver = Improver(space)
    improver.mark(PILL, sentence(space, *GOLD[PILL]))
    marked = contents(space.corpus)
    improver.mark("how much is a pill", None)
    listed = space.corpus / "not_answered.txt"
    written = listed.read_text("utf-8")
    listed.write_text(f"# mine\n{written}", "utf-8")
    with pytest.raises(CorpusError, match=r"not_answered\.txt was changed after this mark"):
        improver.undo()
    listed.write_text(written, "utf-8")
    for former in (marked, before):
        assert improver.undo()
        assert contents(space.corpus) == former
    assert not improver.undo()


def test_at_the_terminal_keys_mark_and_take_back(space: FakeWorkspace, capsys: pytest.CaptureFixture[str]) -> None:
    questions = (PILL, "Does metformin lower B12 in some people?")
    keys = iter(["A", "r", "b", "u", "n", "u", "u", "x", "q"])
    Desk(Improver(space), questions, lambda: next(keys)).work()
    out = capsys.readouterr().out
    assert "2 questions, 0 marked." in out
    assert "Question 1 of 2" in out
    assert "A  Metformin lowers B12 in some people.  (pills.txt, " in out
    assert out.count("(marked)") == out.count("Question 2 of 2 (marked)\n") == 1
    assert out.count("Taken back.") == 3
    assert out.endswith("0 of 2 are marked now; `b12assistant index` brings that to readers.\n")
    assert not (space.corpus / "not_answered.txt").exists()
    keys = iter(["A", "r", "q"])
    Desk(Improver(space), questions, lambda: next(keys)).work()
    (line,) = (space.corpus / "sentences" / "pills.txt.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line) == {"text": "Metformin lowers B12 in some people.", "asked": list(questions)}
    Desk(Improver(space), questions, lambda: "q").work()
    assert "2 questions, 2 marked." in capsys.readouterr().out
    Desk(Improver(space), questions, lambda: "").work()  # no more input
    assert "2 of 2 are marked now" in capsys.readouterr().out


def test_what_is_taken_back_is_shown_again(space: FakeWorkspace, capsys: pytest.CaptureFixture[str]) -> None:
    keys = iter("nuAq")
    Desk(Improver(space), (PILL,), lambda: next(keys)).work()
    out = capsys.readouterr().out
    assert out.index("Marked: nothing answers") < out.index("Marked: Metformin lowers B12 in some people.")
    assert "1 of 1 are marked now" in out


FILES = {
    "repeated": ("a.txt", "Why so?\nwhy  SO?\nHow?\n", ["Why so?", "How?"], "a.txt:2 is left out: an earlier line"),
    "the very same": ("a.txt", "Why?\nWhy?\n", ["Why?"], "a.txt:2 is left out: an earlier line asks the same question"),
    "no word": ("a.txt", "# mine\n???\n Why? \n", ["Why?"], "a.txt:2 is left out: the question has no readable word"),
}


@pytest.mark.parametrize(("name", "text", "asked", "complaint"), FILES.values(), ids=FILES)
def test_what_is_wrong_with_a_line_of_questions_is_said_and_the_rest_is_used(
    name: str, text: str, asked: list[str], complaint: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, "utf-8-sig")  # some editors begin a file with a mark
    questions, (said,) = read_questions(tmp_path / name)
    assert questions == asked
    assert complaint in said


def test_of_very_many_lines_that_are_left_out_a_few_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Why?\n" + "Why?\n???\n" * 1000, "utf-8")
    questions, (*named, rest) = read_questions(tmp_path / "a.txt")
    assert questions == ["Why?"]
    assert [each.partition(" ")[0] for each in named] == [f"{tmp_path}/a.txt:{number}" for number in range(2, 7)]
    assert rest == "1,995 more of its lines are left out"


@pytest.mark.parametrize(
    ("name", "text"), [("a.txt", '\n {"question": "Why?"}\n'), ("a.jsonl", '["Why?"]\n'), ("a.json", "[\n]")]
)
def test_json_is_not_read_as_questions(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match="holds JSON"):
        read_questions(tmp_path / name)


DOCUMENT = build_document("Fish holds B12.\n\nPlants hold none. Eggs hold\nsome.\n")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(lambda text: text.strip())


def range_of(words: str, document: Document = DOCUMENT) -> Range:
    found = find_words(document.text, words)
    assert found is not None
    return found


def test_a_sentence_gets_a_line_of_its_own_at_its_place() -> None:
    before = '{"text": "Fish holds B12.", "asked": ["what has it"]}\n{"text": "Eggs hold some.", "asked": ["eggs?"]}\n'
    after = with_question(before, DOCUMENT, "is it in beans", range_of("Plants hold none."))
    first, added, last = after.splitlines()
    assert [first, last] == before.splitlines()
    assert json.loads(added) == {"text": "Plants hold none.", "asked": ["is it in beans"]}


def test_a_line_with_the_words_gets_the_question_and_keeps_all_else() -> None:
    before = '{"text": "Eggs hold some.", "origins": {"nhs": "p. 1"}, "asked": ["eggs?"]}\n'
    after = before
    for question in ("Do eggs help?", "EGGS?"):
        after = with_question(after, DOCUMENT, question, range_of("Eggs hold\nsome."))
    assert json.loads(after) == {**json.loads(before), "asked": ["eggs?", "Do eggs help?"]}


def test_a_question_taken_back_leaves_nothing_behind() -> None:
    there = range_of("Fish holds B12.")
    added = with_question("", DOCUMENT, "why fish", there)
    assert with_question(added, DOCUMENT, "Why  fish", None) == ""


REPEATED = build_document(
    "```\nAsk\nagain.\n```\n\nAsk again. Fish holds it. Never Ask again. or not.\n\n- Stop. Ask again.\n- Ask again.\n"
)
SENTENCES = [each.range for passage in build_passages(REPEATED) for each in passage.sentences]
MARKS = st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from(SENTENCES)), max_size=8)


@given(marks=MARKS)
def test_a_mark_stays_on_its_sentence_if_others_have_the_same_words(marks: list[tuple[str, Range | None]]) -> None:
    text, marked = "", dict[str, Range | None]()
    for question, at in marks:
        text = with_question(text, REPEATED, question, at)
        marked[question] = at
        entries = [SentenceEntry.model_validate_json(line) for line in text.splitlines()]
        found = [(each, place) for _, line, place in located(REPEATED, entries) for each in line.asked]
        assert sorted(found, key=str) == sorted((each for each in marked.items() if each[1]), key=str)
    for question in marked:
        text = with_question(text, REPEATED, question, None)
    assert text == ""


BLOCKS = """# Amounts

Run this. Use `make index` for it.

| Age | Micrograms |
|---|---|
| 4 to 6 | 1.5 mcg |
| 7 to 9 | 2 mcg |

Type this on the host:

```sh
cd host
make all
```

Run this. Then stop.
"""


PLACES = {
    "row": ("7 to 9 | 2 mcg", 0),
    "code": ("cd host\nmake all", 0),
    "backticks": ("Use make index for it.", 0),
    "first": ("Run this.", 0),
    "second": ("Run this.", 1),
}


@pytest.mark.parametrize(("words", "nth"), PLACES.values(), ids=PLACES)
def test_a_mark_comes_back_at_its_place_after_indexing(tmp_path: Path, words: str, nth: int) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"blocks.md": BLOCKS})
    space.index()
    chosen = [each for row in space.opened.collection.passages for each in row.sentences if each.text == words][nth]
    Improver(space).mark("does it sink", chosen)
    assert not any("sentences/" in reason for file in space.index().files for reason in file.reasons)
    collection = again(space).opened.collection
    sentences = [each for passage in collection.passages for each in passage.sentences]
    (found,) = (sentences[place] for place, _ in collection.asked.of(0, len(sentences)))
    assert (found.document.id, found.range) == ("blocks.md", chosen.range)


def listed(folder: Path, text: str) -> tuple[str, ...]:
    """What the corpus's list says that nothing answers."""
    write(folder, {"not_answered.txt": text})
    return corpus_not_answered(folder)


LISTS = ["", "\n", "a ] b\n", "one", "# mine\n  one\n\ntwo\r\n# end\n", "# mine\r\nONE\r\ntwo"]


@pytest.mark.parametrize("before", LISTS)
@given(added=st.lists(WORDS.filter(lambda text: text.strip()[0] not in "#\ufeff"), max_size=3, unique=True))
def test_the_list_of_what_nothing_answers_gets_questions_and_keeps_all_else(
    before: str, added: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "listed"
    now = listed(folder, before)
    after = before
    for each in added:
        after = with_not_answered(after, each, listed=True)
    once: dict[str, str] = {}  # whatever its blanks and capitals
    for each in (*now, *added):
        once.setdefault(" ".join(each.split()).casefold(), " ".join(each.split()))
    assert after.startswith(before)
    assert listed(folder, after) == tuple(once.values())


def test_a_question_that_is_answered_now_is_taken_from_the_list() -> None:
    text = "# mine\none\n two\n\nthree"
    for question, listed in (("THREE", False), ("one", False), ("four", True)):
        text = with_not_answered(text, question, listed=listed)
    assert text == "# mine\n two\n\nfour\n"


LINES = (("Metformin lowers B12.", ["does it sink", "diabetes pill and vitamin"]), ("Ask for a test.", ["what to ask"]))


def corpus_asked(folder: Path, *, asked: bool = True) -> FakeWorkspace:
    space = three_files(folder)
    rows = [{"text": text, "origins": {"nhs": "p"}, "asked": questions if asked else []} for text, questions in LINES]
    write(
        space.corpus,
        {
            "pills.txt": "Metformin lowers B12. Ask for a test. Eggs hold some.\n",
            "sources.toml": origin("nhs"),
            "sentences/pills.txt.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        },
    )
    space.index()
    return space


def test_an_index_holds_what_is_asked_of_its_sentences(tmp_path: Path) -> None:
    collection = again(corpus_asked(tmp_path)).opened.collection
    texts = [span.text for passage in collection.passages for span in passage.sentences]
    assert [texts[place] for place in collection.asked.sentences] == [text for text, each in LINES for _ in each]


def test_the_sentence_whose_question_is_asked_comes_first(tmp_path: Path) -> None:
    first = again(corpus_asked(tmp_path)).assistant.understood("does it sink").windows[0]
    assert "Metformin" in first.spans[0].text
    plain = corpus_asked(tmp_path / "plain", asked=False)
    assert again(plain).opened.collection.asked is NOTHING_ASKED


def test_a_question_that_is_answered_and_listed_as_not_answered_is_named(tmp_path: Path) -> None:
    space = corpus_asked(tmp_path)
    write(space.corpus, {"not_answered.txt": "Does it  sink\n"})
    with pytest.raises(SourceFactsError, match=r"not_answered\.txt says that nothing answers 'Does it  sink'"):
        space.index()


def test_a_question_near_one_that_nothing_answers_is_marked_as_such(tmp_path: Path) -> None:
    space = corpus_asked(tmp_path)
    before = again(space).assistant.understood("price of eggs").windows[0].signals.barred
    write(space.corpus, {"not_answered.txt": "# mine\nprice of eggs\nshop for eggs\n"})
    assert "not_answered.txt" not in {report.file for report in space.index().files}
    after = again(space).assistant.understood("price of eggs").windows[0].signals.barred
    assert before is None
    assert after == pytest.approx(1, abs=0.02)
    assert again(space, RefusingEncoder()).index().generation == space.index().generation
