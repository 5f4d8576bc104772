"""The index compared with a model of it, while files come and go, runs fail, processes end and questions are asked."""

import shutil
import tempfile
from pathlib import Path

from fakes import FakeWorkspace
from faults import failing
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from b12assistant.errors import CorpusError, IndexDamagedError, IndexMissingError, IndexWriteError
from stress_tests.runner import Tries
from stress_tests.small_index import workspace

NAMES = st.sampled_from(["a.md", "b.txt", "c.html", "folder/d.md"])
WORDS = st.sampled_from(["myelin", "metformin", "glossitis", "cobalamin", "folate", "anaemia"])
UNREADABLE = b"\xff\x00" * 40
Told = dict[str, str]  # each readable file and the word in it


class IndexMachine(RuleBasedStateMachine):
    """``corpus``: the words of the files now. ``indexed``: their words at the last run, ``None`` before it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "corpus").mkdir()
        self.corpus: Told = {}
        self.indexed: Told | None = None
        self.earlier: list[Told] = []
        self.pointed = False  # whether any run got as far as switching the pointer
        self.space = self.opened()

    def opened(self) -> FakeWorkspace:
        """The index as a new process finds it."""
        return workspace(self.folder / "corpus", self.folder / "index")

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def found(self) -> Told | None:
        """What the index holds, as a new process finds it; ``None`` if there is none."""
        try:
            collection = self.opened().opened.collection
        except IndexMissingError:
            return None
        return {each.id: each.text.split()[0] for each in collection.documents}

    @rule(name=NAMES, word=WORDS)
    def write(self, name: str, word: str) -> None:
        path = self.folder / "corpus" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{word} is told of in {name} alone.\n")
        self.corpus[name] = word

    @rule(name=NAMES)
    def spoil(self, name: str) -> None:
        path = self.folder / "corpus" / name
        if path.exists():
            path.write_bytes(UNREADABLE)
            self.corpus.pop(name, None)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        (self.folder / "corpus" / name).unlink(missing_ok=True)
        self.corpus.pop(name, None)

    @rule()
    def index(self) -> None:
        try:
            self.space.index()
        except CorpusError:
            assert not self.corpus
        else:
            self.published()

    @rule(at=st.integers(1, 30), for_good=st.booleans())
    def fail(self, at: int, for_good: bool) -> None:
        """A run on a failing disk leaves the old index, or the new one if the pointer was already switched."""
        try:
            with failing(at, for_good=for_good):
                self.space.index()
        except CorpusError:
            assert not self.corpus
        except IndexWriteError:
            if self.found() != self.indexed:
                assert self.found() == self.corpus
                self.published()
            else:
                self.earlier.append(dict(self.corpus))  # may be a complete spare, though nothing points to it
        else:
            self.published()

    @rule()
    def leave_drafts(self) -> None:
        """What a killed process leaves: a half-written generation, and a pointer not yet switched."""
        draft = self.folder / "index" / "generations" / ".half"
        draft.mkdir(parents=True, exist_ok=True)
        (draft / "documents.jsonl").write_bytes(b"{")
        (self.folder / "index" / ".CURRENT.new").write_bytes(b"half")

    @precondition(lambda self: self.pointed and self.corpus)
    @rule(file=st.sampled_from(["manifest.json", "documents.jsonl", "vectors.safetensors"]), at=st.integers(0, 500))
    def damage(self, file: str, at: int) -> None:
        """An earlier index serves and says so, or none does; the next run repairs it."""
        name = (self.folder / "index" / "CURRENT").read_text().strip()
        path = self.folder / "index" / "generations" / name / file
        data = bytearray(path.read_bytes())
        data[at % len(data)] ^= 1
        path.write_bytes(data)
        told = self.told()
        assert any(file in each for each in told), told
        self.space.index()
        self.published()

    def told(self) -> tuple[str, ...]:
        """The messages about a damaged index; if an earlier one serves, it is complete."""
        try:
            opened = self.opened().opened
        except IndexDamagedError as error:
            return (error.message,)
        assert self.found() in self.earlier
        return opened.problems

    @rule()
    def reopen(self) -> None:
        self.space = self.opened()

    @precondition(lambda self: self.indexed)
    @rule(word=WORDS)
    def ask(self, word: str) -> None:
        assert self.indexed is not None
        space = self.opened()
        hits = space.engine.hits(space.engine.query(word), 10)
        for hit in hits:
            assert hit.passage.span.text.startswith(f"{self.indexed[hit.passage.document.id]} is told of")
        telling = {name for name, told in self.indexed.items() if told == word}
        assert {hit.passage.document.id for hit in hits[: len(telling)]} == telling

    @invariant()
    def as_the_model_says(self) -> None:
        assert self.found() == self.indexed
        self.pointed = self.pointed or (self.folder / "index" / "CURRENT").exists()
        unpointed = [f"{self.folder}/index/CURRENT names no generation"] if self.indexed and not self.pointed else []
        assert (
            list(self.space.store.damage()) == unpointed
        )  # after an interrupted first run, what is complete serves and is reported

    def published(self) -> None:
        if self.indexed is not None:
            self.earlier.append(self.indexed)
        self.indexed = dict(self.corpus)


def runs(count: int, folder: Path) -> Tries:
    """``count`` sequences of up to 30 steps; the first failure, made as short as possible, ends them."""
    often = settings(max_examples=count, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    tempfile.tempdir, before = str(folder), tempfile.tempdir
    try:
        run_state_machine_as_test(IndexMachine, settings=often)
    finally:
        tempfile.tempdir = before
    yield from [None] * count
