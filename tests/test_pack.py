"""A pack: pins lead to today's words or say that they are gone; what is written is exact and inert."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from corpora import summaries
from fakes import FakeWorkspace, with_entries
from serving import JSON, small_space
from starlette.testclient import TestClient

from b12assistant.application.pack import read_pin
from b12assistant.application.quote_checks import State, check_file
from b12assistant.display.addresses import of_spans
from b12assistant.display.quoted import Cited
from b12assistant.errors import UsageError
from b12assistant.web.site import application
from b12assistant.web.warmup import Warmup

HERE = "http://127.0.0.1:7860"
CORPUS = {
    "nerves.md": "# Nerves\n\nMyelin wraps every nerve. *Numb* feet are &lt;early&gt;.\n\n> A quote in it.\n",
    "sum.txt": "=1+1 is what a spreadsheet would calculate.\n",
    "shop.md": "---\ntitle: Drips\nkind: vendor\nwords: original\ncommercial_interest: true\n"
    "review_by: 2020-01-01\n---\n\n"
    "# Drips\n\nOur golden drip warms cold feet.\n",
}
SUMMARIES = summaries()
DOCUMENTS = (*CORPUS, "sheath.md", "drips.html", "leaflet.pdf")
FORMS = {"markdown": "md", "html": "html", "csv": "csv", "json": "json"}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("pack"), CORPUS | SUMMARIES)


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return TestClient(application(space, Warmup(space)), base_url=HERE)


def address(space: FakeWorkspace, name: str) -> str:
    """The address of the last passage of a document, with its last sentence marked."""
    passages = space.document(name).passages
    cited = Cited.of_passage(passages[-1])
    return of_spans(cited.spans, passages[-1].sentences[-1])


def exported(client: TestClient, form: str, *addresses: str) -> str:
    answer = client.post(f"/pack/export/{form}", json={"addresses": list(addresses)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].endswith(f'.{FORMS[form]}"')
    return answer.content.decode()


@pytest.mark.parametrize("form", FORMS)
def test_every_quote_of_every_file_passes_verify(
    form: str, client: TestClient, space: FakeWorkspace, tmp_path: Path
) -> None:
    file = tmp_path / f"pack.{FORMS[form]}"
    file.write_text(exported(client, form, *(address(space, name) for name in DOCUMENTS)), "utf-8", newline="")
    if form == "csv":
        with pytest.raises(UsageError, match="without data"):
            check_file(file, space)
        return
    found = check_file(file, space)
    assert [verdict.state for verdict in found.quotes] == [State.STANDS] * len(DOCUMENTS)
    assert found.problems == ()
    altered = {
        name: replace(entry, document=replace(entry.document, text=entry.document.text.replace("e", "a")))
        for name, entry in space.entries.items()
    }
    quotes = check_file(file, with_entries(space, altered)).quotes
    assert {verdict.state for verdict in quotes} == {State.WRONG}


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_what_a_pack_shows_is_what_its_data_gives(
    form: str, client: TestClient, space: FakeWorkspace, tmp_path: Path
) -> None:
    file = tmp_path / f"pack.{FORMS[form]}"
    text = exported(client, form, address(space, "shop.md"))
    file.write_text(text.replace("Sells what it recommends", "Sells nothing", 1), "utf-8", newline="")
    (problem,) = check_file(file, space).problems
    assert "its data gives" in problem


@pytest.mark.parametrize("form", FORMS)
def test_a_file_has_the_generation_the_notices_and_who_sells(
    form: str, client: TestClient, space: FakeWorkspace
) -> None:
    text = exported(client, form, address(space, "shop.md"))
    general = next(text for name, text in space.texts.items() if name == "general").text
    only_sellers = next(text for name, text in space.texts.items() if name == "only_sellers").text
    shown = text.replace("\\", "").replace("&#x27;", "'").replace("&#39;", "'")
    for told in (space.opened.collection.generation, general, only_sellers, "ts review is overdue"):
        assert told in shown, told
    assert ("Sells what it recommends" in shown) != (form == "json")


def test_words_that_are_gone_are_counted_and_named_not_dropped(client: TestClient, space: FakeWorkspace) -> None:
    gone = address(space, "nerves.md").replace("is=", "is=0123456789abcdef,")[:-1]
    lost = "/d/nerves.md?at=0-5&is=0123456789abcdef#hit"
    for each in (gone, lost, "/d/no/such.md?at=0-5&is=0123456789abcdef#hit", "javascript:alert(1)"):
        rows = client.post("/pack/read", json={"addresses": [each]}).json()["rows"]
        assert rows == [{"asked": each}]
    content = json.loads(exported(client, "json", address(space, "sum.txt"), lost))
    assert content["missing"] == [lost]
    assert len(content["quotes"]) == 1
    assert "are left out (1)" in exported(client, "markdown", lost)


def test_words_that_moved_are_found_where_they_are_now(space: FakeWorkspace) -> None:
    entry = space.document("nerves.md")
    pinned = of_spans([entry.document.span(8, 33)])
    assert entry.document.text[8:33] == "Myelin wraps every nerve."
    moved = pinned.replace("at=8-33", "at=2-27")
    found = read_pin(moved, {entry.document.id: entry})
    assert found is not None
    assert (found.spans[0].start, found.spans[0].end) == (8, 33)


@pytest.mark.parametrize(("start", "end"), [(15, 33), (8, 20), (8, 34), (0, 33)])
def test_a_part_of_a_sentence_is_never_pinned(start: int, end: int, space: FakeWorkspace, client: TestClient) -> None:
    """A "not" before it may be cut off, and the file would be ours."""
    entry = space.document("nerves.md")
    part = of_spans([entry.document.span(start, end)])
    assert read_pin(part, space.entries) is None
    assert client.post("/pack/read", json={"addresses": [part]}).json()["rows"] == [{"asked": part}]
    content = json.loads(exported(client, "json", part))
    assert (content["quotes"], content["missing"]) == ([], [part])


def test_no_cell_of_a_table_is_a_formula(client: TestClient, space: FakeWorkspace) -> None:
    _, row = csv.reader(io.StringIO(exported(client, "csv", address(space, "sum.txt"))))
    assert row[1] == "'=1+1 is what a spreadsheet would calculate."
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_markup_of_a_source_is_text_in_a_pack(client: TestClient, space: FakeWorkspace) -> None:
    assert exported(client, "html", address(space, "nerves.md")).count("<script") == 1
    assert "<early>" not in exported(client, "html", address(space, "nerves.md"))
    assert "\\<early\\>" in exported(client, "markdown", address(space, "nerves.md"))


def test_a_read_pin_is_shown_with_what_became_of_its_source(client: TestClient, space: FakeWorkspace) -> None:
    (row,) = client.post("/pack/read", json={"addresses": [address(space, "shop.md")]}).json()["rows"]
    assert row["warnings"] == ["Its review is overdue"]
    assert row["sells"] is True
    assert "".join(text for text, _ in row["pieces"]) == "Our golden drip warms cold feet."


def test_an_unknown_form_and_too_many_pins_are_refused(client: TestClient) -> None:
    assert client.post("/pack/export/docx", json={"addresses": []}).status_code == 404
    assert client.post("/pack/read", json={"addresses": ["x"] * 101}).status_code == 422
    assert client.post("/pack/read", content=b"[", headers=JSON).status_code == 400


def test_a_pack_of_nothing_is_a_file_without_quotes(client: TestClient) -> None:
    assert json.loads(exported(client, "json"))["quotes"] == []
    assert date.today().isoformat() in exported(client, "json")  # noqa: DTZ011 - the reader's own day


TRAP = "<img src=x onerror=1> *Feet*\n[link](x)"


def replied(client: TestClient, *addresses: str) -> dict[str, str]:
    answer = client.post("/pack/reply", json={"addresses": list(addresses)})
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


def test_a_reply_quotes_names_who_says_so_and_ends_with_the_disclaimer(
    client: TestClient, space: FakeWorkspace
) -> None:
    told = replied(client, address(space, "sheath.md"), address(space, "shop.md"))
    for form in told.values():
        assert re.search("“.+”", form, re.DOTALL)
        assert "Sells what it recommends" in form
        assert "127.0.0.1" not in form, "nobody else can open it"
    assert told["text"].startswith("Hello,\n\n")
    assert told["text"].endswith(space.texts["general"].text)  # type: ignore[index]
    basis = space.document("sheath.md").document.attributions[-1].origin
    assert basis.publisher in told["text"]
    assert basis.url in told["text"]


def test_a_table_in_a_reply_is_lines_of_text_and_a_table_in_html(tmp_path: Path) -> None:
    table = "| Age | A day | Note |\n|---|---|---|\n| 4 to 6 | &lt;b&gt;1.5 mcg | by mouth |\n"
    space = small_space(tmp_path, {"doses.md": f"# Doses\n\n{table}"})
    told = replied(TestClient(application(space, Warmup(space)), base_url=HERE), address(space, "doses.md"))
    assert "4 to 6: <b>1.5 mcg; by mouth" in told["text"]
    assert "<td>4 to 6</td><td>&lt;b&gt;1.5 mcg</td><td>by mouth</td>" in told["html"]
    for form in told.values():
        assert " | " not in form


def test_a_signature_with_markup_is_shown_as_text(tmp_path: Path) -> None:
    space = small_space(tmp_path, CORPUS)
    settings = space.configuration.settings
    signed = replace(settings, page=replace(settings.page, run_by="nobody", signature=TRAP))
    other = replace(space, configuration=replace(space.configuration, settings=signed))
    told = replied(TestClient(application(other, Warmup(other)), base_url=HERE), address(space, "nerves.md"))
    assert told["text"].endswith(f"Kind regards\n\n{TRAP}")
    assert "<img" not in told["html"]
    assert "&lt;img src=x onerror=1&gt;" in told["html"]


@pytest.mark.parametrize("form", ["markdown", "html", "json"])
def test_a_collection_has_its_name_as_title_and_never_as_markup(
    form: str, client: TestClient, space: FakeWorkspace, tmp_path: Path
) -> None:
    asked = {"addresses": [address(space, "nerves.md")], "name": TRAP}
    text = client.post(f"/pack/export/{form}", json=asked).content.decode()
    shown = {
        "markdown": "# \\<img src=x onerror=1\\> \\*Feet\\* \\[link\\](x)",
        "html": "<h1>&lt;img src=x onerror=1&gt; *Feet* [link](x)</h1>",
        "json": '"name": "<img src=x onerror=1> *Feet* [link](x)"',
    }
    assert shown[form] in text
    file = tmp_path / f"pack.{FORMS[form]}"
    file.write_text(text, "utf-8", newline="")
    assert check_file(file, space).problems == ()
    assert client.post("/pack/export/html", json={"addresses": [], "name": "x" * 101}).status_code == 422


def test_two_passages_stand_side_by_side_and_one_that_is_gone_says_so(client: TestClient, space: FakeWorkspace) -> None:
    one, two = address(space, "nerves.md"), address(space, "shop.md")
    page = client.get("/compare", params={"one": one, "two": two, "three": one})
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert page.text.count("<article>") == 2
    assert "Numb" in page.text
    assert "&lt;early&gt;" in page.text or "&#60;early&#62;" in page.text
    assert "Sells what it recommends" in page.text
    for wrong in ("/d/gone.md?at=0-5&is=0123456789abcdef", "javascript:alert(1)", "<script>"):
        gone = client.get("/compare", params={"one": one, "two": wrong}).text
        assert "These words are no longer in their document" in gone
        assert wrong not in gone
    assert client.get("/compare", params={"one": one}).status_code == 422
