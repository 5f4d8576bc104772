"""Provenance: each sentence of a summary names what it rests on, and each mistake is one line that names it."""

import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from builders import build_document
from corpora import again, origin, report_of, three_files, write
from fakes import FakeWorkspace, fake_workspace
from serving import page_of

from b12assistant.application import health
from b12assistant.corpus.provenance import attribute, read_sentences
from b12assistant.corpus.sources import Facts, SourcesFile, read_front_matter, source_of
from b12assistant.display.quoted import Basis, Quoted, Speaker
from b12assistant.errors import AssistantError, ConfigError, CorpusError, LeftOutError, SourceFactsError
from b12assistant.index.store import Store
from b12assistant.types import (
    Attribution,
    Extent,
    FileEnd,
    Interest,
    Origin,
    OriginId,
    Pairing,
    Range,
    Source,
    SourceKind,
    SourceWeight,
    Words,
)

ENTRY = '[[source]]\nfile = "a.md"\n'
FACTS = [
    ('title = "A guide"', "title: A guide", Source(title="A guide")),
    ('words = "project_summary"', "words: project_summary", Source(words=Words.PROJECT_SUMMARY)),
    ("commercial_interest = true", "commercial_interest: true", Source(interest=Interest.SELLS)),
    ("commercial_interest = false", "commercial_interest: false", Source(interest=Interest.NONE)),
    ('commercial_interest = "unknown"', "commercial_interest: unknown", Source(interest=Interest.UNKNOWN)),
    ('publisher = "A press"', "publisher: A press", Source(publisher="A press")),
    ('url = "https://a.example"', "url: https://a.example", Source(url="https://a.example")),
    ("published = 2026-11-20", "published: 2026-11-20", Source(published=date(2026, 11, 20))),
    ("published = 2019", "published: 2019", Source(published=2019)),
    ("review_by = 2028-01-01", "review_by: 2028-01-01", Source(review_by=date(2028, 1, 1))),
    ("withdrawn = true", "withdrawn: true", Source(withdrawn=True)),
    ('cites = ["10.1/a", "10.1/b"]', "cites: [10.1/a, 10.1/b]", Source(cites=("10.1/a", "10.1/b"))),
]
WRONG = [
    ('title = " "', "title: ' '", "a text"),
    ('kind = "leaflet"', "kind: leaflet", "guideline, public_body, review, study"),
    ('commercial_interest = "yes"', "commercial_interest: 'yes'", 'true, false or "unknown"'),
    ("published = 26", "published: 26", "a full date such as 2026-11-20, or a year"),
    ("review_by = 2026", "review_by: 2026", "a full date such as 2026-11-20"),
    ('withdrawn = "no"', "withdrawn: 'no'", "true or false"),
    ('cites = "10.1/a"', "cites: 10.1/a", "a list of texts"),
]


def parse_sources(text: str) -> dict[str, Facts]:
    return SourcesFile(text).facts


def front_of(text: str) -> Facts:
    return read_front_matter(text, file="a.md", is_described=False).facts


def named(table: list[tuple[str, str, object]]) -> list[object]:
    return [pytest.param(*row, id=row[0]) for row in table]


@pytest.mark.parametrize(("toml", "yaml", "source"), named([*FACTS]))
def test_each_key_is_read_from_both_places(toml: str, yaml: str, source: Source) -> None:
    assert source_of(parse_sources(ENTRY + toml)["a.md"]) == source
    assert source_of(front_of(yaml)) == source


@pytest.mark.parametrize(("toml", "yaml", "expected"), named([*WRONG]))
def test_a_wrong_value_is_reported_with_its_place_and_what_goes_there(toml: str, yaml: str, expected: str) -> None:
    with pytest.raises(SourceFactsError, match=r"^sources\.toml:3: ") as in_toml:
        parse_sources(ENTRY + toml)
    with pytest.raises(SourceFactsError, match=r"^a\.md:3: ") as in_yaml:
        front_of("# facts\n" + yaml)
    assert expected in in_toml.value.hint
    assert expected in in_yaml.value.hint


def test_the_entry_wins_over_the_front_matter() -> None:
    front = front_of("title: Its own\nkind: blog\nnote: kept")
    entry = parse_sources(ENTRY + 'title = "Ours"\nkind = "vendor"')["a.md"]
    assert source_of(front, entry) == Source(title="Ours", kind=SourceKind.VENDOR, note="kept")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[source]]\nfile = ", "sources.toml is not valid TOML"),
        (ENTRY + ENTRY, "sources.toml:4: a.md is there twice"),
    ],
    ids=["TOML", "twice"],
)
def test_a_broken_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        parse_sources(text)
    assert raised.value.message.startswith(message) or message in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: a\nkind: [blog", "a.md:3: the front matter is not valid YAML"),
        ("title: !!python/name:os.system", "a.md:2: the front matter is not valid YAML"),
    ],
    ids=["YAML", "tag"],
)
def test_broken_front_matter_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        front_of(text)
    assert message in raised.value.message


def test_the_register_of_origins_is_read() -> None:
    found = SourcesFile(origin("nhs") + ENTRY).origins[OriginId("nhs")]
    assert (found.publisher, found.kind, found.read_on) == ("NHS", SourceKind.PUBLIC_BODY, date(2026, 11, 21))
    assert (found.read, found.read_at) == (Extent.WHOLE, "")


DEFAULTS = '[defaults]\nkind = "blog"\npublisher = "Ours"\n'
GUIDES = '[[source]]\nfile = "guides/*.md"\nkind = "reference"\n[[source]]\nfile = "guides/a.md"\nkind = "study"\n'
SIGNS = '[[source]]\nfile = "b[1].md"\nkind = "study"\n'


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("b.md", SourceKind.BLOG),
        ("guides/b.md", SourceKind.REFERENCE),
        ("guides/a.md", SourceKind.STUDY),
        ("b[1].md", SourceKind.STUDY),
    ],
    ids=["a default", "a pattern", "its own entry", "its own entry, with the signs of a pattern"],
)
def test_the_entry_nearest_to_a_file_wins(file: str, kind: SourceKind) -> None:
    sources = SourcesFile(DEFAULTS + GUIDES + SIGNS)
    assert source_of(sources.defaults, sources.of(file)) == Source(kind=kind, publisher="Ours")


FOREIGN = {
    "Jekyll": "title: A\nlayout: post\ncategory: networking\npermalink: /a/",
    "Docusaurus": "title: A\nsidebar_position: 2\nslug: /a\nid: a",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("is_described", [False, True], ids=["not described", "described"])
def test_the_keys_of_other_systems_are_left_alone(text: str, *, is_described: bool) -> None:
    read = read_front_matter(text, file="a.md", is_described=is_described)
    assert read.facts == {"title": "A"}
    assert read.foreign == tuple(line.partition(":")[0] for line in text.split("\n")[1:] if line[0] != " ")


@pytest.mark.parametrize("text", ["published: soon", "a: [", "- a", "kind: page"])
def test_front_matter_that_does_not_fit_is_ignored_beside_an_entry(text: str) -> None:
    with pytest.raises(SourceFactsError):
        read_front_matter(text, file="a.md", is_described=False)
    found = read_front_matter(text, file="a.md", is_described=True)
    assert (found.facts, bool(found.ignored)) == ({}, True)


@pytest.mark.parametrize("wrong", ["kind: leaflet", "publishr: Us", "published: soon", "withdrawnn: true"])
def test_a_document_stays_withdrawn_beside_a_pattern_and_a_wrong_value(space: FakeWorkspace, wrong: str) -> None:
    front = f"---\n{wrong}\nwithdrawn: true\ncommercial_interest: true\ntitle: A\n---\n"
    pattern = '[[source]]\nfile = "guides/*.md"\npublisher = "The guide group"\n'
    write(space.corpus, {"guides/food.md": f"{front}Fish and eggs hold vitamin B12.\n", "sources.toml": pattern})
    report = report_of(space.index(), "guides/food.md")
    assert report.end is FileEnd.WARNINGS
    assert any(f"it does not fit: {wrong.partition(':')[0]}" in reason for reason in report.reasons)
    source = again(space).document("guides/food.md").document.source
    assert (source.withdrawn, source.interest, source.title) == (True, Interest.SELLS, "A")
    assert (source.kind, source.publisher) == (None, "The guide group")


def test_what_fits_no_file_is_named() -> None:
    sources = SourcesFile(GUIDES + '[[source]]\nfile = "*.pdf"\n')
    assert list(sources.without_file({"guides/b.md"})) == ["guides/a.md", "*.pdf"]


def test_a_wrong_default_is_named_with_its_line() -> None:
    with pytest.raises(SourceFactsError, match=re.escape("sources.toml:2: unknown key 'knd': did you mean 'kind'?")):
        SourcesFile('[defaults]\nknd = "blog"\n')


LEFT_OUT = FileEnd.LEFT_OUT


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return three_files(tmp_path)


# Source facts


def test_facts_about_a_file_that_is_not_there_are_reported(space: FakeWorkspace) -> None:
    write(space.corpus, {"sources.toml": '[[source]]\nfile = "gone.md"\ntitle = "Gone"\n'})
    report = report_of(space.index(), "gone.md")
    assert (report.end, report.reasons) == (LEFT_OUT, ("named in sources.toml, but there is no such file",))


def test_bad_source_facts_leave_the_former_index(space: FakeWorkspace) -> None:
    first = space.index()
    write(space.corpus, {"sources.toml": '[[source]]\nfile = "nerves.md"\n\nkinde = "blog"\n'})
    with pytest.raises(SourceFactsError, match=r"sources\.toml:4: unknown key") as caught:
        again(space).index()
    assert "\n" not in str(caught.value)
    assert again(space).opened.collection.generation == first.generation


BAD_FRONT_MATTER = {
    "unknown key": ("title: A\nkinde: blog", "front matter:3: unknown key"),
    "deep": (f"title: {'[' * 5000}", "front matter"),
}


@pytest.mark.parametrize(("front", "reason"), BAD_FRONT_MATTER.values(), ids=BAD_FRONT_MATTER)
def test_bad_front_matter_costs_its_file_and_names_the_line(space: FakeWorkspace, front: str, reason: str) -> None:
    write(space.corpus, {"new.md": f"---\n{front}\n---\nWords.\n"})
    made = space.index()
    report = report_of(made, "new.md")
    assert report.end is LEFT_OUT
    assert re.match(reason, report.reasons[0])
    assert "\n" not in report.reasons[0]
    assert made.count(LEFT_OUT) == 1
    with pytest.raises(LeftOutError):
        again(space).index(strict=True)


def term(name: str) -> str:
    return f'[[term]]\nterm = "{name}"\nvariants = ["jab"]\n'


def text_saying(words: str, name: str = "urgent") -> str:
    return f'[[text]]\nid = "{name}"\nversion = 1\ntext = "{words}"\norigin = "Ours."\nreview = "none"\n'


OWN = {
    "a variant twice": (
        "vocabulary.toml",
        f'kind = "lay"\nreview = "none"\n{term("injections")}{term("drops")}',
        "term drops: 'jab' is in another term too: correct it there",
    ),
    "no such line": (
        "texts.toml",
        text_saying("Call {nurse}."),
        "text urgent: no telephone line is called nurse: correct it there",
    ),
    "an id twice": (
        "texts.toml",
        text_saying("Call.") + text_saying("Ask."),
        "text urgent: this id is used twice: correct it there",
    ),
}


@pytest.mark.parametrize(("file", "text", "fault"), OWN.values(), ids=OWN)
def test_a_fault_between_entries_of_a_curators_file_names_that_file(
    space: FakeWorkspace, file: str, text: str, fault: str
) -> None:
    space.index()
    path = write(space.corpus, {file: text}) / file
    with pytest.raises(ConfigError) as raised:
        again(space).ask("Do fish hold vitamin B12?")
    assert str(raised.value) == f"{path}, {fault}"


def test_source_facts_that_are_not_a_file_are_not_ignored(space: FakeWorkspace) -> None:
    (space.corpus / "sources.toml").mkdir()
    with pytest.raises(SourceFactsError, match=r"sources\.toml cannot be read"):
        space.index()


# What cannot be indexed


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"nothing in .*/corpus/ can be indexed: add \.md"),
        ({"README.md": "For curators."}, r"nothing in .*/corpus/ can be indexed: add \.md"),
        ({"a.md": "", "b.doc": "x"}, r"can be indexed \(2 left out: a\.md: empty file …\)"),
    ],
    ids=["empty", "only a README", "only bad files"],
)
def test_a_corpus_with_nothing_in_it_leaves_the_former_index(
    space: FakeWorkspace, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    first = space.index()
    (tmp_path / "other" / "corpus").mkdir(parents=True)
    other = fake_workspace(write(tmp_path / "other" / "corpus", files), space.store.root)
    with pytest.raises(CorpusError, match=message):
        other.index()
    assert again(space).opened.collection.generation == first.generation


def test_strict_publishes_nothing_if_a_file_is_left_out(space: FakeWorkspace) -> None:
    first = space.index()
    write(space.corpus, {"bad.pdf": "no PDF", "new.md": "New words.\n"})
    with pytest.raises(
        LeftOutError, match=r"left out: bad\.pdf \(named \.pdf but is no PDF: give it the right suffix\)"
    ):
        again(space).index(strict=True)
    assert again(space).opened.collection.generation == first.generation


def test_an_index_that_cannot_be_read_back_is_never_published(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = space.index()
    write(space.corpus, {"new.md": "New words.\n"})
    monkeypatch.setattr("b12assistant.index.collection.entries_to_bytes", lambda entries: b"")
    with pytest.raises(AssistantError):
        again(space).index()
    assert Store(space.store.root).open().id == first.generation


TEXT = "Take 5 mcg a day. Rest is good. Take 5 mcg a day."
NHS = Origin(
    OriginId("nhs"),
    "A page",
    "NHS",
    SourceKind.PUBLIC_BODY,
    "GB",
    "2023",
    date(2026, 11, 21),
    Extent.PART,
    "u",
    "t",
    "p",
)
ORIGINS = {NHS.id: NHS}


def line(text: str, **more: object) -> str:
    return json.dumps({"text": text, "origins": {"nhs": "Dose"}, **more}) + "\n"


def written(corpus: Path, *lines: str, document: str = "low.md") -> Path:
    write(corpus, {f"sentences/{document}.jsonl": "".join(lines)})
    return corpus


def test_each_sentence_gets_its_origins_in_order(tmp_path: Path) -> None:
    entries = read_sentences(written(tmp_path, line("Take 5 mcg a day."), line("Take 5 mcg a day.")), "low.md")
    document, warnings = attribute(build_document(TEXT, file="low.md"), entries, ORIGINS)
    assert [(found.range.start, found.origin, found.place) for found in document.attributions] == [
        (0, NHS, "Dose"),
        (32, NHS, "Dose"),
    ]
    assert warnings == ()


def test_an_origin_that_is_not_registered_is_refused(tmp_path: Path) -> None:
    entries = read_sentences(written(tmp_path, line("Rest is good.", origins={"who": "p. 3"})), "low.md")
    with pytest.raises(SourceFactsError, match=r"sentences/low\.md\.jsonl:1: the origin 'who' is not in the register"):
        attribute(build_document(TEXT, file="low.md"), entries, ORIGINS)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("{}", "sentences/low.md.jsonl:1: text: Field required"),
        ('{"text": "x", "origins": {"nhs": "y"}, "ask": []}', "sentences/low.md.jsonl:1: ask: Extra inputs"),
    ],
)
def test_a_wrong_line_gives_a_one_line_error_that_names_it(tmp_path: Path, wrong: str, complaint: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        read_sentences(written(tmp_path, wrong), "low.md")
    assert raised.value.message.startswith(complaint)
    assert "\n" not in raised.value.message


def test_an_index_keeps_what_its_sentences_rest_on(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": origin("nhs"), "pills.txt": "Metformin lowers B12. Ask for a test.\n"})
    repeats = ["Metformin may\nlower B12."]
    marks: dict[str, object] = {"detail": True, "repeats": repeats, "then": "Ask for\na test."}
    written(space.corpus, line("Metformin lowers B12.", **marks), document="pills.txt")
    reports = {report.file: report for report in space.index().files}
    assert reports["pills.txt"].end is FileEnd.WARNINGS
    assert reports["pills.txt"].reasons == (
        "no origin is named for: Ask for a test.",
        "a sentence that a mark names is in no document: Metformin may lower B12.",
    )
    document = space.document("pills.txt").document
    (found,) = document.attributions
    assert (document.slice(found.range), found.origin.publisher, found.place) == (
        "Metformin lowers B12.",
        "NHS",
        "Dose",
    )
    assert document.details == (found.range,)
    assert document.repeats == (Pairing(found.range, "Metformin may lower B12."),)
    assert document.completed == (Pairing(found.range, "Ask for a test."),)


def test_of_two_publications_the_one_of_more_weight_is_named_first() -> None:
    guideline = replace(NHS, id=OriginId("nice"), kind=SourceKind.GUIDELINE, weight=SourceWeight.PROFESSIONAL)
    nhs = replace(NHS, weight=SourceWeight.NATIONAL_BODY)
    both = (Attribution(Range(0, 1), guideline, "a"), Attribution(Range(0, 1), nhs, "b"))
    document = replace(build_document("Rest.\n", file="low.md"), attributions=both)
    assert [found.origin.id for found in document.attributed([Range(0, 1)])] == ["nhs", "nice"]


def test_the_page_of_a_document_lists_what_it_rests_on(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": origin("nhs"), "pills.txt": "Metformin lowers B12.\n"})
    written(space.corpus, line("Metformin lowers B12."), document="pills.txt")
    space.index()
    page = unescape(page_of(again(space)).get("/d/pills.txt").text)
    assert page.count("https://nhs.example/") == 1
    assert "NHS: About nerves (2023)" in page


def test_a_citation_in_words_has_the_address_of_the_publication() -> None:
    speaker = Speaker(Source(), (Basis(NHS, "Dose"),))
    linked = replace(NHS, url="https://a.example/")
    other = Speaker(Source(), (Basis(linked, "Dose"),))
    assert speaker.cited[0] == "NHS: A page (2023)"
    assert other.cited[0] == "NHS: A page (2023) https://a.example/"


LOW, TEST = "Metformin lowers B12 in some people.", "Ask for a blood test."
REVIEW = {"reviewed_by": "A. Reader, GP", "reviewed_on": "2026-11-20"}


def corpus(folder: Path) -> FakeWorkspace:
    space = three_files(folder)
    rows = [{"text": text, "origins": {"nhs": "p"}} for text in (LOW, TEST)]
    lines = "".join(json.dumps(row) + "\n" for row in ({**rows[0], **REVIEW}, rows[1]))
    write(space.corpus, {"sources.toml": origin("nhs"), "sentences/pills.txt.jsonl": lines})
    return space


def test_a_reviewed_sentence_says_by_whom_and_when(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    space.index()
    later = again(space)
    document = later.document("pills.txt").document
    quoted = Quoted((document.span(0, len(LOW)),))
    assert quoted.notes[0] == "reviewed by A. Reader, GP on 20 November 2026"
    assert health.examine(later)["index"]["reviewed"]["sentences"] == 1


def test_a_quote_is_reviewed_only_if_all_of_its_sentences_are(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    space.index()
    document = again(space).document("pills.txt").document
    assert not Quoted((document.span(0, len(document.text)),)).reviews


def test_a_change_of_the_words_takes_the_review_away(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    path = space.corpus / "pills.txt"
    path.write_text(path.read_text("utf-8").replace("some people", "many people"), "utf-8")
    (warned,) = [each for each in space.index().files if each.file == "pills.txt"]
    assert "sentences/pills.txt.jsonl:1: this sentence is not in the document" in warned.reasons[0]
    assert again(space).document("pills.txt").document.reviews == ()
