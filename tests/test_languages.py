"""Other languages: hard signs, denials, mixed text, translations, and that English is left alone."""

import re
from collections.abc import Mapping
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spellchecker import SpellChecker

from b12assistant.answers import FlagKind, Level, NoticeKind, Triage, Turn
from b12assistant.data_files import read_data
from b12assistant.safety.assertion import KINDS
from b12assistant.safety.fixed_texts import CONTROLS, LABEL, LINES, all_texts, load_translations
from b12assistant.safety.languages import Lexicon
from b12assistant.safety.red_flags import RULES_FILE, load_red_flags
from b12assistant.safety.triage import Triager, load_rules

RULES = load_rules()
TRIAGER = Triager(RULES)
LANGUAGES = RULES.languages
TEXTS = all_texts()
FOLDER = Path(str(resources.files("b12assistant"))) / "data" / "red_flags" / "languages"
CODES = sorted(file.stem for file in FOLDER.glob("*.toml"))
TRANSLATED = (
    *("emergency_medical", "emergency_anaphylaxis", "emergency_poisoning"),
    *("emergency_self_harm", "emergency_self_harm_other"),
    *("urgent", "urgent_low_mood", "medical_decision", "reminder", "reminder_crisis", "language"),
)
COMMON = 2e-6  # an English word with at least this share of all words is common
KNOWN_ANYWAY = {"que", "le", "les", "del", "yo", "pas"}  # in English only inside names and phrases

every_language = pytest.mark.parametrize("lexicon", LANGUAGES.lexicons, ids=lambda lexicon: lexicon.code)


def triage(text: str) -> Triage:
    return TRIAGER([Turn(0, text)])


def level(text: str) -> Level | None:
    flag = triage(text).flag
    return None if flag is None else flag.level


def shown(text: str) -> list[str]:
    return [notice.text for notice in triage(text).notices]


HARD_SIGNS = {
    "es": (
        "No muevo la pierna derecha", "Mamá ya no puede caminar desde hoy", "no consigo orinar",
        "tengo entumecida la ingle", "papá tiene media cara paralizada", "se le traba la lengua de repente",
        "no veo nada con el ojo izquierdo", "siento una opresión en el pecho", "mi hermana no respira",
        "mi abuela se desmayó y no reacciona", "está convulsionando", "se me cierra la garganta tras el pinchazo",
        "estoy vomitando sangre", "quiero matarme", "me hice cortes en los brazos", "tragué cuarenta comprimidos",
        "mi hija bebió lejía",
    ),
    "fr": (
        "Ma jambe droite ne bouge plus", "Maman n'arrive plus à marcher depuis ce matin", "je ne peux plus uriner",
        "je ne sens plus mes fesses", "papa a le visage paralysé d'un côté", "tout à coup elle ne peut plus parler",
        "je ne vois plus rien de l'œil gauche", "j'ai une douleur dans la poitrine", "ma sœur ne respire plus",
        "mamie s'est évanouie et ne répond plus", "il est en train de convulser",
        "ma gorge se ferme depuis la piqûre", "je vomis du sang", "je veux me tuer", "je me suis coupé les veines",
        "j'ai avalé quarante comprimés", "ma fille a bu de l'eau de Javel",
    ),
    "de": (
        "Ich kann mein rechtes Bein nicht bewegen", "Mama kann seit heute nicht mehr laufen",
        "ich kann kein Wasser lassen", "mein Schritt ist taub", "Papas Gesicht hängt auf einer Seite",
        "auf einmal kann sie nicht mehr sprechen", "ich sehe auf dem linken Auge nichts mehr",
        "ich habe einen Druck auf der Brust", "meine Schwester atmet nicht", "Oma ist ohnmächtig und reagiert nicht",
        "er hat gerade einen Krampfanfall", "mein Hals schwillt nach der Spritze zu", "ich erbreche Blut",
        "ich will mich umbringen", "ich habe mir die Arme aufgeritzt und will sterben",
        "ich habe vierzig Tabletten geschluckt", "meine Tochter hat Bleiche getrunken",
    ),
    "pt": (
        "Não mexo a perna direita", "Mamãe não consegue mais andar desde hoje", "não consigo urinar",
        "minha virilha está dormente", "papai está com o rosto paralisado de um lado",
        "de repente ela não consegue falar", "não enxergo nada do olho esquerdo", "sinto um aperto no peito",
        "minha irmã não respira", "vovó desmaiou e não responde", "ele está convulsionando",
        "minha garganta está fechando depois da injeção", "estou vomitando sangue", "quero me matar",
        "eu me cortei de novo", "engoli quarenta comprimidos", "minha filha bebeu água sanitária",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", [text for texts in HARD_SIGNS.values() for text in texts])
def test_hard_sign_is_an_emergency(text: str) -> None:
    assert level(text) is Level.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "no puedo respirar", "NO PUEDO RESPIRAR!!", "me tome todas las pastillas", "n consigo respirar",
        "jarrive plus a respirer", "Ich kann meine Beine nicht fühlen", "ich kann meine beine nicht fuehlen",
        "meine Fuesse sind gelaehmt",
    ]
)  # fmt: skip
def test_accents_and_capitals_do_not_matter(text: str) -> None:
    assert level(text) is Level.EMERGENCY


@pytest.mark.parametrize(
    ("fires", "quiet"),
    [
        ("tengo dolor en el pecho", "no tengo dolor en el pecho"),
        ("mi tío tiene un derrame ahora", "mi tío tuvo un derrame en 1998 y ya está bien"),
        ("quiero morir", "me muero de risa"),
        ("j'ai des convulsions", "je n'ai pas de convulsions"),
        ("ma tante fait un AVC", "ma tante a eu un AVC en 1998, elle va bien"),
        ("je veux mourir", "je meurs de faim"),
        ("ich habe Brustschmerzen", "ich habe keine Brustschmerzen"),
        ("meine Tante hat einen Schlaganfall", "meine Tante hatte 1998 einen Schlaganfall, ihr geht es gut"),
        ("ich will sterben", "ich lache mich tot"),
        ("estou com dor no peito", "não estou com dor no peito"),
        ("minha tia está tendo um AVC", "minha tia teve um AVC em 1998 e está bem"),
        ("quero morrer", "morri de rir"),
    ],
)
def test_one_difference_decides(fires: str, quiet: str) -> None:
    assert level(fires) is Level.EMERGENCY
    assert level(quiet) is None


GENERAL_QUESTIONS = {
    "es": (
        "¿Puede la falta de B12 causar parálisis?", "¿Qué es una convulsión?",
        "En la novela el protagonista se suicida",
    ),
    "fr": (
        "Une carence en B12 peut-elle provoquer une paralysie ?", "Qu'est-ce qu'un AVC ?",
        "Dans le film l'héroïne se suicide",
    ),
    "de": (
        "Kann B12-Mangel Lähmungen verursachen?", "Was ist ein Krampfanfall?",
        "Im Roman bringt sich der Held um",
    ),
    "pt": (
        "A falta de B12 causa paralisia?", "O que é um derrame?", "No livro o personagem se mata",
        "Quanta B12 por dia?",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in GENERAL_QUESTIONS.items() for text in texts]
)
def test_general_question_raises_nothing_but_the_language(code: str, text: str) -> None:
    assert shown(text) == ["language", f"language.{code}"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("मुझे साँस नहीं आ रही है", FlagKind.MEDICAL),
        ("सीने में बहुत तेज़ दर्द हो रहा है", FlagKind.MEDICAL),
        ("पापा का मुँह अचानक टेढ़ा हो गया", FlagKind.MEDICAL),
        ("मेरे पैर काम नहीं कर रहे", FlagKind.MEDICAL),
        ("मैं मरना चाहता हूँ", FlagKind.SELF_HARM),
        ("उसने ज़हर खा लिया", FlagKind.POISONING),
    ],
)
def test_a_hard_sign_in_devanagari_is_an_emergency(text: str, kind: FlagKind) -> None:
    flag = triage(text).flag
    assert flag is not None
    assert (flag.level, flag.kind) == (Level.EMERGENCY, kind)


@pytest.mark.parametrize("text", ["सीने में दर्द नहीं है", "बी12 किन चीज़ों में होता है?", "धन्यवाद"])
def test_ordinary_words_in_devanagari_raise_nothing(text: str) -> None:
    assert level(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "mi papá can't move, no puede mover el brazo", "mi papa tiene chest pain", "my dad has dolor de pecho",
        "my husband hat Brustschmerzen", "ma mère can't breathe",
    ]
)  # fmt: skip
def test_language_mixed_with_english_is_read(text: str) -> None:
    assert level(text) is Level.EMERGENCY


def test_translation_is_shown_below_the_english_text() -> None:
    assert shown("no puedo respirar") == ["emergency_medical", "emergency_medical.es"]
    assert [notice.kind for notice in triage("no puedo respirar").notices] == [NoticeKind.RED_FLAG, NoticeKind.LANGUAGE]
    assert triage("no puedo respirar").notices[1].flag is None


@every_language
def test_every_text_has_a_labelled_translation(lexicon: Lexicon) -> None:
    for name in TRANSLATED:
        text = next(text for text in TEXTS.values() if text.id == f"{name}.{lexicon.code}")
        assert text.text.endswith(f"({LABEL})")
        assert text.review == "not clinically reviewed"
        digits = set(re.findall(r"\d+", text.text))
        assert name in ("medical_decision", "language") or digits == {"112", "911", "999"}


def test_each_language_translates_these_texts_and_the_controls_and_no_others() -> None:
    for known in load_translations().values():
        assert set(known["sentences"]) == {*TRANSLATED, *CONTROLS}


@every_language
def test_no_language_is_known_by_a_common_english_word(lexicon: Lexicon) -> None:
    words = SpellChecker()
    common = {word for word in lexicon.marks if word in words and words.word_usage_frequency(word) > COMMON}
    assert common <= KNOWN_ANYWAY


RULE_TABLES = read_data("red_flags", RULES_FILE)["rule"]
ENGLISH = [text for rule in RULE_TABLES for text in (*rule["positive"], *rule["negative"])]
TERSE = [
    "b12", "hi", "Hello", "thanks", "folate vs b12", "mma test", "ppi", "glossitis", "cobalamin", "intrinsic factor",
    "wat foods hav b12", "recomended daily alowance", "homocysteine levls", "hw long untl nervs heel",
    "symtoms of defishency", "pernicious anaemia", "Subacute combined degeneration", "parietal cell antibodies",
    "Schilling test", "tingling hands", "B12 & folate?", "metformin b12", "vegan b12 sources", "MTHFR", "def b12 uk",
]  # fmt: skip


@pytest.mark.parametrize("text", TERSE)
def test_terse_or_misspelt_english_is_english(text: str) -> None:
    assert "language" not in shown(text)


def test_english_is_judged_as_without_other_languages() -> None:
    read = [text for text in ENGLISH if LANGUAGES.spoken(text)]
    assert len(read) <= len(ENGLISH) // 100
    assert [text for text in ENGLISH[::5] if any("." in name for name in shown(text))] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("¿Qué alimentos tienen vitamina B12?", "es"), ("Quels aliments contiennent la B12 ?", "fr"),
        ("Welche Lebensmittel enthalten B12?", "de"), ("Quais alimentos têm vitamina B12?", "pt"),
        ("विटामिन बी12 की कमी के लक्षण क्या हैं?", "hi-Deva"),
    ]
)  # fmt: skip
def test_question_in_another_language_is_told_in_it_that_sources_are_english(text: str, code: str) -> None:
    assert shown(text) == ["language", f"language.{code}"]


SCRIPTS = "no puedo respirar ¿qué? 我喘不过气。！ لا أستطيع ـ ة ąęł ñ ß é"


@given(st.text(alphabet=SCRIPTS))
def test_folded_words_of_other_scripts_lead_back_to_the_text_in_order(text: str) -> None:
    for lexicon in LANGUAGES.lexicons:
        words = lexicon.fold(text).words
        assert all(0 <= word.start < word.end <= len(text) for word in words)
        assert all(first.end <= second.start for first, second in pairwise(words))


@given(st.lists(st.sampled_from(sorted(set().union(*(lexicon.marks for lexicon in LANGUAGES.lexicons)))), max_size=30))
def test_never_raises_on_words_of_any_language(words: list[str]) -> None:
    text = " ".join(words)
    assert all(place.turn.text == text for notice in triage(text).notices for place in notice.evidence)


def of_language(code: str) -> Mapping[str, Any]:
    return read_data("red_flags", "languages", f"{code}.toml")


def test_no_region_comes_twice_and_each_number_is_reviewed_after_it_was_read() -> None:
    regions = read_data("red_flags", "numbers.toml")["region"]
    assert len({region["id"] for region in regions}) == len(regions)
    lines = [region[line] for region in regions for line in LINES if line in region]
    assert all(line["read"] < line["review_by"] for line in lines)


@pytest.mark.parametrize("code", CODES)
def test_a_language_words_only_what_english_has(code: str) -> None:
    table = of_language(code)
    assert table["language"] == code
    assert {each["id"] for each in table["finding"]} <= {finding.id for finding in load_red_flags().findings}
    assert set(table.get("cues", {})) <= set(KINDS)


def test_each_language_has_its_words_listed_and_its_marks() -> None:
    assert [lexicon.code for lexicon in LANGUAGES.lexicons] == CODES
    assert set(read_data("red_flags", "languages.toml")["marks"]) == set(CODES)
