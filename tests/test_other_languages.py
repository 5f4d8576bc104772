"""A corpus of one's own in German, French or Spanish: its sentences, its words, its labels; English stays as it is."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from builders import build_collection, build_document
from corpora import again
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import page_of, small_space
from shell import b12

from b12assistant.cleaning import mark
from b12assistant.config import ONE_OF, load_configuration
from b12assistant.data_files import read_data
from b12assistant.display import labels
from b12assistant.errors import ConfigError, IndexMismatchError
from b12assistant.language import words
from b12assistant.loaders import load
from b12assistant.loaders.passages import sentences_in

Use = Callable[[str], None]
OTHERS = [code for code in ONE_OF["corpus.language"] if code != words.ENGLISH]
KEPT: tuple[Any, ...] = (words.stop_words, words._stemmer, words._terms_of, words._stem, labels.tables)


@pytest.fixture
def use() -> Iterator[Use]:
    """Read in another language, as a process of its own would."""

    def begin(code: str) -> None:
        words._in_use.clear()
        for each in KEPT:
            each.cache_clear()
        words.use_language(code)

    yield begin
    begin(words.ENGLISH)


def split(text: str) -> list[str]:
    return [text[found.start : found.end] for found in words.split_sentences(text)]


SPLIT = {
    "de": ("Heizen Sie z. B. mit Buche.", "Im 19. Jahrhundert war er kalt.", "Vgl. Abb. 3.", "Er ist ca. 250 °C heiß."),
    "fr": (
        "M. Dupont chauffe le four, c.-à-d. longtemps.",
        "Voir no. 5.",
        "Le four est à 250 °C max. ici.",
        "Il dort.",
    ),
    "es": ("El Sr. Pérez usa p. ej. leña.", "¿Está listo?", "Use aprox. 3 ramas secas.", "Véase pág. 5."),
}


@pytest.mark.parametrize("code", OTHERS)
def test_abbreviations_and_ordinals_end_no_sentence(code: str, use: Use) -> None:
    use(code)
    assert split(" ".join(SPLIT[code])) == list(SPLIT[code])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from("aäßÉñ.?!¿ 1,'’-\n«»„“BM"), max_size=80))
@pytest.mark.parametrize("code", OTHERS)
def test_each_character_that_is_not_blank_is_in_exactly_one_sentence(code: str, text: str, use: Use) -> None:
    use(code)
    found = words.split_sentences(text)
    assert all(before.end <= after.start for before, after in pairwise(found))
    inside = {at for each in found for at in range(each.start, each.end)}
    assert all(at in inside for at, character in enumerate(text) if not character.isspace())


SAME = {
    "de": [("Öfen", "Ofen"), ("heißer", "heiß"), ("Straße", "STRASSE"), ("Häuser", "Haus"), ("kalten", "kalt")],
    "fr": [("l'eau", "eaux"), ("d’orge", "orges"), ("chauffé", "chauffer"), ("chevaux", "cheval")],
    "es": [("hornos", "horno"), ("canciones", "canción"), ("calentó", "calentar"), ("leña", "lena")],
}


@pytest.mark.parametrize(("code", "one", "other"), [(code, *pair) for code in OTHERS for pair in SAME[code]])
def test_forms_of_a_word_are_one_term(code: str, one: str, other: str, use: Use) -> None:
    use(code)
    assert words.terms(one) == words.terms(other) != []


@pytest.mark.parametrize(
    ("code", "question"),
    [("de", "Wozu muss ich denn das hier?"), ("fr", "Qu'est-ce que c'est ?"), ("es", "¿Cuándo es y por qué?")],
)
def test_question_words_carry_no_topic(code: str, question: str, use: Use) -> None:
    use(code)
    assert words.terms(question) == []


def test_british_and_american_spellings_are_merged_in_english_only(use: Use) -> None:
    assert words.terms("fibre") == words.terms("fiber")
    use("fr")
    assert words.terms("fibre") != words.terms("fiber")


OVEN = """# Der Dorfofen

Die Öfen brauchen drei Stunden Feuer, bevor das Brot hineinkommt. Nehmen Sie z. B. Buche. Aber nehmen Sie keine Bretter.

Tragen Sie die Asche über die Straße.
"""


def test_inflected_words_find_their_passage(use: Use) -> None:
    use("de")
    found = build_collection(build_document(OVEN), most=12)
    for question, passage in (("ofen", "Die Öfen"), ("STRASSEN", "Tragen"), ("Buchen", "Nehmen")):
        (row, *_), _ = found.words.search(question, 1)
        assert passage in found.passages[int(row)].span.text


def test_a_document_is_split_in_its_language(use: Use) -> None:
    use("de")
    document = build_document(OVEN)
    assert "Nehmen Sie z. B. Buche." in [document.slice(each) for each in sentences_in(document)]


WITHOUT_END = {
    "en": "The ovens need three hours of fire before the bread goes in",
    "de": "Die Öfen brauchen drei Stunden Feuer, bevor das Brot hineinkommt",
    "fr": "Le four doit chauffer trois heures avant que le pain ne soit cuit",
    "es": "El horno necesita tres horas de fuego antes de que entre el pan",
}


ROWS = (
    "Adults over 65 2.4 mcg Children under 8 1.2 mcg",
    "Serum B12 below 148 pmol/L MMA above 0.40 Folate under 7",
    "Hydroxocobalamin 1 mg once daily Cyanocobalamin 50 mcg per day",
    "Low under 148 pmol/L Borderline 148 258 Normal over 258",
    "Group Dose mcg per day Men 2.4 Women 2.4",
)


@pytest.mark.parametrize("code", WITHOUT_END)
def test_a_printed_sentence_without_an_end_is_no_torn_table(code: str, use: Use) -> None:
    use(code)
    rows = ["Alnus 40 Fagus 35 Betula 20 Pinus 12", *(ROWS if code == "en" else ())]
    text = "\n\n".join((WITHOUT_END[code], *rows, "OK."))
    printed = replace(load(text.encode(), "oven.md"), page_starts=(0,))
    assert [(found.rule, printed.text[found.range.start : found.range.end]) for found in mark(printed)] == [
        ("fragment", row) for row in rows
    ]


@pytest.mark.parametrize("code", OTHERS)
def test_labels_have_the_keys_and_places_of_the_english_ones(code: str) -> None:
    english, other = read_data("page", "labels", "en.toml"), read_data("page", "labels", f"{code}.toml")
    assert {name: list(table) for name, table in other.items()} == {
        name: list(table) for name, table in english.items()
    }
    for name, table in english.items():
        for key, text in table.items():
            assert sorted(re.findall(r"{\w+}", other[name][key])) == sorted(re.findall(r"{\w+}", text)), (name, key)
    assert other["language"]["code"] == code


def test_the_page_speaks_the_language_and_names_it(use: Use, tmp_path: Path) -> None:
    space = small_space(tmp_path)
    use("de")
    client = page_of(space)
    assert "Zur Frage springen" in client.get("/").text
    assert client.get("/own/labels.json").json()["code"] == "de"
    assert '<html lang="de">' in client.get("/nowhere", headers={"accept": "text/html"}).text


def test_a_process_reads_one_language(use: Use) -> None:
    use("de")
    with pytest.raises(ConfigError, match=r"corpus\.language is 'en', but this process reads documents in 'de'"):
        words.use_language("en")


def test_the_packaged_corpus_is_in_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"corpus\.language = 'de', but the packaged corpus is in English"):
        load_configuration(environment={"B12_CORPUS_LANGUAGE": "de"})


def test_an_index_of_another_language_is_refused_with_what_to_do_then_read_again(use: Use, tmp_path: Path) -> None:
    space = small_space(tmp_path, {"ofen.md": OVEN.replace("z. B.", "vgl.")})
    english = space.opened.collection.passages[0].sentences
    use("de")
    german = again(space, flags={"corpus.language": "de"})
    with pytest.raises(IndexMismatchError) as refused:
        german.opened  # noqa: B018 - opens it
    assert str(refused.value) == (
        "the index was built for documents in 'en', corpus.language is 'de': "
        "set corpus.language = 'en' in b12assistant.toml, or run `b12assistant index`"
    )
    german.index()
    assert len(german.opened.collection.passages[0].sentences) == len(english) - 1
    use("en")
    with pytest.raises(IndexMismatchError, match="documents in 'de'"):
        again(space).opened  # noqa: B018


@pytest.mark.slow
def test_a_question_in_german_is_answered_from_files_that_are_read_in_german(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "ofen.md").write_text(OVEN, "utf-8")
    (tmp_path / "b12assistant.toml").write_text('[corpus]\nlanguage = "de"\n[encoder]\ntuned = false\n', "utf-8")
    assert b12("index", "--strict", cwd=tmp_path).status == 0
    found = b12("ask", "Welche Buchen soll ich nehmen?", cwd=tmp_path)
    assert "Nehmen Sie z. B. Buche. Aber nehmen Sie keine Bretter." in " ".join(found.out.split())
    assert "Quelle unbekannter Art" in found.out
