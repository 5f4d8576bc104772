import gzip
from pathlib import Path
from shutil import copytree

import pytest
from ranking.datasets import Text, default_split, load_dataset, splits_of

from b12assistant.errors import DatasetError, UsageError

TINY = Path(__file__).parent / "fixtures" / "tiny_collection"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return Path(copytree(TINY, tmp_path / "tiny"))


def complaint(folder: Path, split: str | None = None) -> str:
    with pytest.raises(DatasetError) as caught:
        load_dataset(folder, split)
    assert str(caught.value).count("\n") == 0
    return str(caught.value)


def test_a_beir_folder_is_read_whole() -> None:
    dataset = load_dataset(TINY, "test")
    assert (dataset.name, dataset.split, len(dataset.texts)) == ("tiny_collection", "test", 8)
    assert dataset.texts[1] == Text("d2", "Compost", dataset.texts[1].text)
    assert list(dataset.queries) == ["q4", "q5", "q6"]
    assert dataset.qrels == {"q4": {"d2": 1}, "q5": {"q5": 2, "d1": 0}, "q6": {"d1": 0}}


def test_gzipped_files_read_alike(tiny: Path) -> None:
    for name in ("corpus.jsonl", "queries.jsonl"):
        (tiny / f"{name}.gz").write_bytes(gzip.compress((tiny / name).read_bytes()))
        (tiny / name).unlink()
    assert load_dataset(tiny).texts == load_dataset(TINY).texts
    assert load_dataset(tiny).digest == load_dataset(TINY).digest


def test_trec_files_read_alike(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.trec").write_text(
        "<DOC>\n<DOCNO> a-1 </DOCNO>\n<TITLE>Rain &\nbarrels</TITLE>\n"
        "<TEXT>\nA barrel <b>keeps</b> rain.\n</TEXT>\n</DOC>\n"
        "<DOC><DOCNO>a-2</DOCNO><TEXT>Compost.</TEXT></DOC>\n"
    )
    (tmp_path / "queries.tsv").write_text("7\tkeeping rain\n8\tcompost\n")
    (tmp_path / "qrels" / "dev.qrels").write_text("7 0 a-1 1\n7 0 a-2 -1\n8\t0\ta-2\t2\n")
    dataset = load_dataset(tmp_path)
    assert dataset.texts == (Text("a-1", "Rain & barrels", "A barrel  keeps  rain."), Text("a-2", "", "Compost."))
    assert dataset.queries == {"7": "keeping rain", "8": "compost"}
    assert dataset.qrels == {"7": {"a-1": 1, "a-2": -1}, "8": {"a-2": 2}}


def test_a_test_split_is_never_the_default_if_there_is_another(tiny: Path) -> None:
    assert default_split(splits_of(tiny)) == "dev"
    (tiny / "qrels" / "dev.tsv").rename(tiny / "qrels" / "train.tsv")
    assert load_dataset(tiny).split == "train"
    (tiny / "qrels" / "train.tsv").unlink()
    assert load_dataset(tiny).split == "test"


def test_an_unknown_split_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="has no split 'tset': it has dev, test"):
        load_dataset(TINY, "tset")


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_a_missing_file_is_named(tiny: Path, name: str) -> None:
    (tiny / name).unlink()
    assert f"{name} is missing" in complaint(tiny)


def test_a_missing_folder_and_missing_judgements_are_named(tiny: Path) -> None:
    assert "nowhere is no folder" in complaint(tiny / "nowhere")
    for path in (tiny / "qrels").iterdir():
        path.unlink()
    assert "holds no judgements" in complaint(tiny)


BAD_LINES = {
    "not JSON": ("corpus.jsonl", '{"_id": "x",', "not JSON"),
    "not an object": ("corpus.jsonl", "[1]", "not a JSON object"),
    "no text": ("corpus.jsonl", '{"_id": "x", "title": ""}', "not a document"),
    "number for an id": ("corpus.jsonl", '{"_id": 7, "text": "x"}', "not a document"),
    "id twice": ("corpus.jsonl", '{"_id": "d1", "text": "x"}', "'d1' was used before"),
    "not a query": ("queries.jsonl", '{"_id": "x"}', "not a query"),
    "empty query": ("queries.jsonl", '{"_id": "x", "text": " "}', "the query is empty"),
    "query twice": ("queries.jsonl", '{"_id": "q1", "text": "x"}', "'q1' was used before"),
    "two columns": ("qrels/dev.tsv", "q1\td1", "not a judgement"),
    "blanks for tabs": ("qrels/dev.tsv", "q1 d1 1", "not a judgement"),
    "no grade": ("qrels/dev.tsv", "q1\td2\tgood", "the grade 'good' is no whole number"),
    "unknown document": ("qrels/dev.tsv", "q1\td99\t1", "there is no document 'd99'"),
    "unknown query": ("qrels/dev.tsv", "q99\td1\t1", "there is no query 'q99'"),
    "judged twice": ("qrels/dev.tsv", "q1\td1\t1", "'d1' was judged otherwise"),
}


@pytest.mark.parametrize(("name", "line", "says"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_named_by_file_and_number(tiny: Path, name: str, line: str, says: str) -> None:
    path = tiny / name
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    number = len(path.read_text("utf-8").splitlines())
    told = complaint(tiny)
    assert f"{path}:{number}: " in told
    assert says in told


@pytest.mark.parametrize("content", ["", "query-id\tcorpus-id\tscore\n", "query-id\tcorpus-id\tscore\nq1\td1\t0\n"])
def test_judgements_without_a_relevant_document_are_refused(tiny: Path, content: str) -> None:
    (tiny / "qrels" / "dev.tsv").write_text(content)
    assert "no document is judged relevant" in complaint(tiny)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_an_empty_file_is_refused(tiny: Path, name: str) -> None:
    (tiny / name).write_text("\n")
    assert f"{name}: no " in complaint(tiny)


def test_bytes_that_are_not_utf8_are_named_by_line(tiny: Path) -> None:
    with (tiny / "queries.jsonl").open("ab") as file:
        file.write(b'{"_id": "x", "text": "caf\xe9"}\n')
    assert "queries.jsonl:7: not UTF-8" in complaint(tiny)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<DOC>\n<TEXT>x</TEXT>\n</DOC>\n", "corpus.trec:1: a document without <DOCNO>"),
        ("<DOC>\n<DOCNO>a</DOCNO>\n", "corpus.trec:1: a <DOC> that never ends"),
        ("<DOC><DOCNO>a</DOCNO></DOC>\n<DOC><DOCNO>a</DOCNO></DOC>\n", "corpus.trec:2: the id 'a' was used before"),
    ],
)
def test_broken_trec_documents_are_named_by_line(tiny: Path, text: str, says: str) -> None:
    (tiny / "corpus.jsonl").unlink()
    (tiny / "corpus.trec").write_text(text)
    assert says in complaint(tiny)
