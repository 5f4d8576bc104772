import re
from datetime import date

import pytest

from b12assistant.corpus.sources import Facts, SourcesFile, parse_front_matter, read_front_matter, source_of
from b12assistant.errors import SourceFactsError
from b12assistant.types import Extent, Interest, OriginId, Source, SourceKind, Words

ENTRY = '[[source]]\nfile = "a.md"\n'
FACTS = [
    ('title = "A guide"', "title: A guide", Source(title="A guide")),
    ('kind = "patient_guide"', "kind: patient_guide", Source(kind=SourceKind.PATIENT_GUIDE)),
    ('words = "project_summary"', "words: project_summary", Source(words=Words.PROJECT_SUMMARY)),
    ('based_on = "a page"', "based_on: a page", Source(based_on="a page")),
    ("commercial_interest = true", "commercial_interest: true", Source(interest=Interest.SELLS)),
    ("commercial_interest = false", "commercial_interest: false", Source(interest=Interest.NONE)),
    ('commercial_interest = "unknown"', "commercial_interest: unknown", Source(interest=Interest.UNKNOWN)),
    ('publisher = "A press"', "publisher: A press", Source(publisher="A press")),
    ('url = "https://a.example"', "url: https://a.example", Source(url="https://a.example")),
    ("published = 2026-11-20", "published: 2026-11-20", Source(published=date(2026, 11, 20))),
    ("review_by = 2028-01-01", "review_by: 2028-01-01", Source(review_by=date(2028, 1, 1))),
    ('superseded_by = "b.md"', "superseded_by: b.md", Source(superseded_by="b.md")),
    ("withdrawn = true", "withdrawn: true", Source(withdrawn=True)),
    ('review = "not reviewed"', "review: not reviewed", Source(review="not reviewed")),
    ('cites = ["10.1/a", "10.1/b"]', "cites: [10.1/a, 10.1/b]", Source(cites=("10.1/a", "10.1/b"))),
    ('note = "none"', "note: none", Source(note="none")),
]
WRONG = [
    ("title = 3", "title: 3", "a text"),
    ('title = " "', "title: ' '", "a text"),
    ('kind = "leaflet"', "kind: leaflet", "guideline, public_body, review, study"),
    ('kind = ["review"]', "kind: [review]", "guideline, public_body, review, study"),
    ("kind = {review = true}", "kind: {review: true}", "guideline, public_body, review, study"),
    ("words = true", "words: true", "original, project_summary"),
    ('commercial_interest = "yes"', "commercial_interest: 'yes'", 'true, false or "unknown"'),
    ("commercial_interest = 1", "commercial_interest: 1", 'true, false or "unknown"'),
    ('published = "2026-11-20"', "published: '2026-11-20'", "a full date"),
    ("published = 2026", "published: 2026", "a full date"),
    ("published = 2026-11-20T10:00:00Z", "published: 2026-11-20 10:00:00", "a full date"),
    ('withdrawn = "no"', "withdrawn: 'no'", "true or false"),
    ('cites = "10.1/a"', "cites: 10.1/a", "a list of texts"),
    ("cites = [10.1]", "cites: [10.1]", "a list of texts"),
]


def parse_sources(text: str) -> dict[str, Facts]:
    return SourcesFile(text).facts


def named(table: list[tuple[str, str, object]]) -> list[object]:
    return [pytest.param(*row, id=row[0]) for row in table]


@pytest.mark.parametrize(("toml", "yaml", "source"), named([*FACTS]))
def test_each_key_is_read_from_both_places(toml: str, yaml: str, source: Source) -> None:
    assert source_of(parse_sources(ENTRY + toml)["a.md"]) == source
    assert source_of(parse_front_matter(yaml, file="a.md")) == source


@pytest.mark.parametrize(("toml", "yaml", "expected"), named([*WRONG]))
def test_a_wrong_value_is_reported_with_its_place_and_what_goes_there(toml: str, yaml: str, expected: str) -> None:
    with pytest.raises(SourceFactsError, match=r"^sources\.toml:3: ") as in_toml:
        parse_sources(ENTRY + toml)
    with pytest.raises(SourceFactsError, match=r"^a\.md:3: ") as in_yaml:
        parse_front_matter("# facts\n" + yaml, file="a.md")
    assert expected in in_toml.value.hint
    assert expected in in_yaml.value.hint


def test_what_is_not_said_stays_unknown() -> None:
    assert source_of(parse_sources(ENTRY)["a.md"], parse_front_matter("", file="a.md")) == Source()
    assert (Source().kind, Source().interest, Source().published) == (None, Interest.UNKNOWN, None)


@pytest.mark.parametrize(
    "number",
    [f"0b{'1' * 100_000}", ":".join(["59"] * 9_000), f"[0x{'f' * 9_000}]"],
    ids=["binary", "base 60", "in a list"],
)
def test_a_number_too_long_to_be_written_out_is_refused_like_any_other(number: str) -> None:
    with pytest.raises(SourceFactsError, match=r"^a\.md:2: title = a very long number is not known: it takes a text"):
        parse_front_matter(f"title: {number}\n", file="a.md")
    if ":" not in number:
        with pytest.raises(SourceFactsError, match=r"^sources\.toml:3: title = a very long number is not known"):
            parse_sources(f'[[source]]\nfile = "a.md"\ntitle = {number}\n')


@pytest.mark.parametrize("key", ["title", "kind", "commercial_interest", "published", "withdrawn", "cites"])
def test_a_key_without_a_value_says_nothing(key: str) -> None:
    assert parse_front_matter(f"{key}:", file="a.md") == {}


def test_the_entry_wins_over_the_front_matter() -> None:
    front = parse_front_matter("title: Its own\nkind: blog\nnote: kept", file="a.md")
    entry = parse_sources(ENTRY + 'title = "Ours"\nkind = "vendor"')["a.md"]
    assert source_of(front, entry) == Source(title="Ours", kind=SourceKind.VENDOR, note="kept")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("publishr", "did you mean 'publisher'?"),
        ("Kind", "did you mean 'kind'?"),
        ("zzz", "known keys: based_on, cites"),
    ],
)
def test_an_unknown_key_comes_with_a_suggestion(key: str, hint: str) -> None:
    with pytest.raises(SourceFactsError, match=rf"sources\.toml:3: unknown key '{key}'") as raised:
        parse_sources(f'{ENTRY}{key} = "x"')
    assert raised.value.hint.startswith(hint)


def test_what_the_program_calls_interest_is_not_a_key() -> None:
    with pytest.raises(SourceFactsError, match="unknown key 'interest'"):
        parse_front_matter("interest: true", file="a.md")


SECOND = '\n[[source]]\nfile = "b.md"\nkind = 3\n'


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ('[[source]]\nfile = "a.md"\n', 6),
        ('# [[source]] in a comment\n\n  [[ source ]]\nfile = "a.md"\nkind = "blog"\n', 9),
        ('[[source]]\nfile = "a.md"\nnote = """\n[[source]]\nkind = 1\n"""\n', 10),
        ('[["source"]]\n"file" = "a.md"\ncites = [\n  "x",\n]\n', 9),
    ],
    ids=["plain", "comments", "a text that looks like an entry", "quoted keys"],
)
def test_a_mistake_in_the_second_entry_is_found_there(before: str, line: int) -> None:
    with pytest.raises(SourceFactsError, match=rf"^sources\.toml:{line}: kind = 3"):
        parse_sources(before + SECOND)


def test_the_line_is_that_of_the_key_and_not_of_a_text_like_it() -> None:
    with pytest.raises(SourceFactsError, match=r"^sources\.toml:6: kind = 3"):
        parse_sources(ENTRY + 'note = """\nkind = 1\n"""\nkind = 3')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[source]]\nfile = ", "sources.toml is not valid TOML"),
        ('title = "x"', "sources.toml:1: unknown key 'title'"),
        ('[source]\nfile = "a"', "source is not a list of tables"),
        ("source = [1]", "source is not a list of tables"),
        ('[[source]]\ntitle = "x"', "sources.toml:1: file is missing"),
        ("[[source]]\n\nfile = 3", "sources.toml:3: file = 3 is not known"),
        (ENTRY + ENTRY, "sources.toml:4: a.md is described twice"),
        (f"{ENTRY}note = {'9' * 5000}", "sources.toml is not valid TOML"),
        (f"source = {'[' * 5000}", "sources.toml is not valid TOML"),
    ],
    ids=[
        "TOML",
        "other table",
        "one table",
        "figures",
        "no file",
        "a wrong file",
        "twice",
        "endless figure",
        "too deep",
    ],
)
def test_a_broken_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        parse_sources(text)
    assert raised.value.message.startswith(message) or message in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- title\n- kind", "a.md:2: the front matter is not a list of keys"),
        ("title", "a.md:2: the front matter is not a list of keys"),
        ("title: a\nkind: [blog", "a.md:3: the front matter is not valid YAML"),
        ("title: a\n\npublished: 2026-13-01", "a.md:4: the front matter is not valid YAML"),
        ("title: a\nnote: b\ntitle: c", "a.md:4: title is there twice"),
        ("title: a\nfile: a.md", "a.md:3: front matter describes its own file"),
        ("<<: {title: a}", "a.md:2: unknown key '<<'"),
        ("? [title]\n: a", "a.md:2: the front matter is not valid YAML"),
        ("title: !!python/name:os.system", "a.md:2: the front matter is not valid YAML"),
        ("title: *other", "a.md:2: the front matter is not valid YAML"),
        ("title: a\n---\nkind: blog", "the front matter is not valid YAML"),
        ("title: \0", "a.md: the front matter is not valid YAML"),
        (f"cites: {'[' * 5000}", "the front matter is not valid YAML"),
        (f"title: {'9' * 5000}", "a.md:2: the front matter is not valid YAML"),
    ],
    ids=[
        "list",
        "text",
        "YAML",
        "month",
        "twice",
        "file",
        "merge",
        "key",
        "tag",
        "alias",
        "two",
        "null",
        "deep",
        "long",
    ],
)
def test_broken_front_matter_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        parse_front_matter(text, file="a.md")
    assert message in raised.value.message


def test_a_wrong_value_of_any_size_gives_one_short_line() -> None:
    bomb = f"note: &a [x, x, x, x, x, x]\ncites: [{'*a, ' * 400}]"
    with pytest.raises(SourceFactsError) as raised:
        parse_front_matter(bomb, file="a.md")
    assert len(str(raised.value)) < 400


def test_without_entries_nothing_is_described() -> None:
    assert parse_sources("# nothing yet\n") == {}


def test_a_mistake_among_thousands_of_entries_is_found_in_one_pass() -> None:
    entries = "".join(f'[[source]]\nfile = "{i}.md"\nkind = "blog"\n\n' for i in range(5_000))
    with pytest.raises(SourceFactsError, match=r"^sources\.toml:20003: kind = 'blgo'"):
        parse_sources(entries + '[[source]]\nfile = "x.md"\nkind = "blgo"\n')


ORIGIN = """
[[origin]]
id = "nhs"
title = "A page"
publisher = "NHS"
kind = "public_body"
country = "GB"
published = "2023"
read_on = 2026-11-21
url = "https://a.example/"
terms = "OGL"
read = "whole"
part_read = "the whole page"
"""


def test_the_register_of_origins_is_read() -> None:
    origin = SourcesFile(ORIGIN + ENTRY).origins[OriginId("nhs")]
    assert (origin.publisher, origin.kind, origin.read_on) == ("NHS", SourceKind.PUBLIC_BODY, date(2026, 11, 21))
    assert origin.read is Extent.WHOLE
    assert origin.read_at == ""


def test_an_origin_keeps_its_own_address_apart_from_the_copy_that_was_read() -> None:
    origin = SourcesFile(ORIGIN + 'read_at = "https://copy.example/"\n').origins[OriginId("nhs")]
    assert (origin.url, origin.read_at) == ("https://a.example/", "https://copy.example/")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('url = "https://a.example/"\n', "", "sources.toml:2: url is missing"),
        ("read_on = 2026-11-21\n", "", "sources.toml:2: read_on is missing"),
        ('read = "whole"\n', "", "sources.toml:2: read is missing"),
        ('"whole"', '"all"', "sources.toml:12: read = 'all' is not known"),
        ("public_body", "hospital", "sources.toml:6: kind = 'hospital' is not known"),
        (
            "publisher",
            "publsher",
            (
                "2 faults: sources.toml:2: publisher is missing: it takes a text; "
                "sources.toml:5: unknown key 'publsher': did you mean 'publisher'?"
            ),
        ),
        ('terms = "OGL"', 'terms = "OGL"\ntrems = ""', "sources.toml:12: unknown key 'trems'"),
    ],
)
def test_an_origin_that_says_too_little_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        SourcesFile(ORIGIN.replace(old, new)).origins  # noqa: B018 - raises
    assert raised.value.message == message


def test_an_origin_is_registered_once() -> None:
    with pytest.raises(SourceFactsError, match="the origin nhs is there twice"):
        SourcesFile(ORIGIN + ORIGIN).origins  # noqa: B018 - raises


DEFAULTS = '[defaults]\nkind = "blog"\npublisher = "Ours"\n'
GUIDES = '[[source]]\nfile = "guides/*.md"\nkind = "reference"\n[[source]]\nfile = "guides/a.md"\nkind = "study"\n'


@pytest.mark.parametrize(
    ("file", "kind"),
    [("b.md", SourceKind.BLOG), ("guides/b.md", SourceKind.REFERENCE), ("guides/a.md", SourceKind.STUDY)],
    ids=["a default", "a pattern", "its own entry"],
)
def test_the_entry_nearest_to_a_file_wins(file: str, kind: SourceKind) -> None:
    sources = SourcesFile(DEFAULTS + GUIDES)
    assert source_of(sources.defaults, sources.of(file)) == Source(kind=kind, publisher="Ours")


def test_what_fits_no_file_is_named() -> None:
    sources = SourcesFile(GUIDES + '[[source]]\nfile = "*.pdf"\n')
    assert list(sources.without_file({"guides/b.md"})) == ["guides/a.md", "*.pdf"]


def test_a_wrong_default_is_named_with_its_line() -> None:
    with pytest.raises(SourceFactsError, match=re.escape("sources.toml:2: unknown key 'knd': did you mean 'kind'?")):
        SourcesFile('[defaults]\nknd = "blog"\n')


FOREIGN = {
    "Jekyll": "title: A\nlayout: post\ncategory: networking\npermalink: /a/",
    "Hugo": "title: A\ndate: 2026-11-20\ndraft: false\ntags: [x, y]\nweight: 3",
    "MkDocs": "title: A\nhide:\n  - navigation\ntemplate: home.html",
    "Docusaurus": "title: A\nsidebar_position: 2\nslug: /a\nid: a",
    "SPDX": "title: A\nSPDX-License-Identifier: LGPL-2.1-or-later",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("is_described", [False, True], ids=["not described", "described"])
def test_the_keys_of_other_systems_are_left_alone(text: str, *, is_described: bool) -> None:
    read = read_front_matter(text, file="a.md", is_described=is_described)
    assert read.facts == {"title": "A"}
    assert read.foreign == tuple(line.partition(":")[0] for line in text.split("\n")[1:] if line[0] != " ")


def test_a_slip_in_a_key_of_ours_is_still_an_error_unless_the_entry_says_it_all() -> None:
    with pytest.raises(SourceFactsError, match="unknown key 'publishr': did you mean 'publisher'"):
        read_front_matter("publishr: A", file="a.md", is_described=False)
    assert read_front_matter("publishr: A", file="a.md", is_described=True).facts == {}


@pytest.mark.parametrize("text", ["published: soon", "a: [", "- a", "kind: page"])
def test_front_matter_that_does_not_fit_counts_for_nothing_beside_an_entry(text: str) -> None:
    with pytest.raises(SourceFactsError):
        read_front_matter(text, file="a.md", is_described=False)
    assert read_front_matter(text, file="a.md", is_described=True).facts == {}


def test_whether_jekyll_publishes_a_page_is_no_date() -> None:
    assert read_front_matter("published: true", file="a.md", is_described=False).foreign == ("published",)
