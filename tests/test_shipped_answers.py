"""Answers of the shipped corpus, saved: `verify` finds nothing wrong until something is altered."""

import json
import re
import sys
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from types import FrameType

import pytest

from b12assistant.answering import engine as engine_module
from b12assistant.answers import Reply, Status
from b12assistant.api import Workspace
from b12assistant.application import batching
from b12assistant.application.health import check_file
from b12assistant.corpus.entries import load_page_words
from b12assistant.display.json_form import reply_json
from b12assistant.display.markup import draw
from b12assistant.display.presentation import ShownAnswer, present
from b12assistant.display.quoted import Quoted, cite, first_mentions
from b12assistant.index.collection import publications
from b12assistant.types import Interest, Range, SourceWeight

pytestmark = pytest.mark.slow

# Together they give what the corpus has: summaries with origins, sellers, a difference, PDFs, a refusal, a red flag.
# `test_the_answers_have_what_the_corpus_has` holds them to it.
QUESTIONS = (
    "How is B12 deficiency with nerve damage treated?",
    "Is vitamin B12 dangerous in high doses?",
    "How much vitamin B12 is in beef liver?",
    "How many mcg of B12 should a vegan take?",
    "What is a project summary in these sources?",
    "Is B12 used to treat tennis elbow?",
    "What does the drip clinic say about B12?",
    "My legs went weak today and I can't pee",
)
LETTERS = Path(__file__).parent.parent / "benchmarks" / "data" / "letters"


@pytest.fixture(scope="module")
def replies(shipped: Workspace) -> list[Reply]:
    return [shipped.ask(question, QUESTIONS[:number]) for number, question in enumerate(QUESTIONS)]


@pytest.fixture(scope="module")
def files(shipped: Workspace, replies: list[Reply], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """What `ask --json` and `batch` write, by name."""
    folder, texts = tmp_path_factory.mktemp("shipped"), dict[str, str]()
    lines = [json.dumps(reply_json(reply, shipped.texts)) for reply in replies]
    texts["asked.jsonl"] = "\n".join(lines) + "\n"
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="")
    asked = (json.dumps({"id": str(number), "question": question}) for number, question in enumerate(QUESTIONS))
    (folder / "questions.jsonl").write_text("\n".join(asked), "utf-8")
    batching.run(shipped, folder / "questions.jsonl", folder / "batch.jsonl", json.dumps)
    return {name: folder / name for name in (*texts, "batch.jsonl")}


NAMES = ("asked.jsonl", "batch.jsonl")


GOLDEN = Path(__file__).parent / "golden" / "answers.jsonl"


def test_a_quote_of_ours_is_one_sentence_or_rests_on_the_same_publications(shipped: Workspace) -> None:
    answers = map(json.loads, GOLDEN.read_text("utf-8").splitlines())
    quotes = [quote for answer in answers for quote in answer.get("quotes", ())]
    several = ours = 0
    for id_, spans, best, _ in quotes:
        document = shipped.document(id_).document
        quote = Quoted(tuple(document.span(*each) for each in spans), document.span(*best))
        if not quote.speaker.basis:
            continue
        ours += 1
        (answering,) = (each for each in quote.sentences if quote.best_in(each))
        assert document.slice(answering.range) == answering.text
        assert all(each.basis == answering.basis for each in quote.sentences)
        several += len(quote.sentences) > 1
    assert several <= ours / 100


def test_behind_a_first_quote_that_somebody_signs_nobody_nameless_is_quoted(shipped: Workspace) -> None:
    checked = 0
    for answer in map(json.loads, GOLDEN.read_text("utf-8").splitlines()):
        documents = [(shipped.document(id_).document, best) for id_, _, best, _ in answer.get("quotes", ())]
        weights = [document.weight_of([Range(*best)]) for document, best in documents]
        if weights[:1] != [SourceWeight.UNVERIFIED]:
            checked += len(weights[1:])
            assert SourceWeight.UNVERIFIED not in weights, answer["id"]
    assert checked > 200


LETTER = (
    "I am 58 and was told in March that my B12 was low, 140. I take tablets. Lately I feel unsteady in the dark. "
    "Should I be having injections rather than tablets? Could the numbness in my feet still get better after so long?"
)
FIRST_SCREEN = 230  # characters: two questions of a letter with so much under each fit a phone's first screen


def test_of_a_letter_little_stands_at_once_and_its_numbers_count_from_1(shipped: Workspace) -> None:
    shown = present(shipped.ask(LETTER), shipped.texts)
    assert len([part for part in shown.parts if part.quotes]) == 2
    for part in shown.parts:
        assert 0 < sum(len(each.text) for quote in part.at_once for each in quote.sentences) <= FIRST_SCREEN
    assert any(part.hidden for part in shown.parts)
    at_once = [each for part in shown.parts for quote in part.at_once for each in quote.sentences]
    numbers = dict.fromkeys(number for each in at_once for number in shown.numbers_of(each))
    assert list(numbers) == list(range(1, len(numbers) + 1))


def test_the_answers_have_what_the_corpus_has(replies: list[Reply]) -> None:
    quotes = [quote for reply in replies for quote in reply.answer.shown]
    assert any(quote.document.attributed([span.range for span in quote.spans]) for quote in quotes)
    assert any(quote.document.source.interest is Interest.SELLS for quote in quotes)
    assert any(quote.document.id.endswith(".pdf") for quote in quotes)
    assert not any(" | " in span.text for quote in quotes for span in quote.spans)  # rows stay in their documents
    assert any(reply.answer.disagreements for reply in replies)
    assert any(reply.answer.nearest for reply in replies)
    assert any(reply.answer.red_flag for reply in replies)


@pytest.mark.parametrize("file", sorted(LETTERS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_every_label_of_a_letter_is_a_sentence_of_the_library(file: Path, shipped: Workspace) -> None:
    said = {span.text for passage in shipped.opened.collection.passages for span in passage.sentences}
    said |= {re.sub(r"^[-*•]\s+", "", each) for each in said}
    letters = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    questions = [each for letter in letters for each in letter.get("questions", ())]
    labels = {label for each in questions for kind in ("gold", "part") for label in each.get(kind, ())}
    assert labels or any(kind in file.stem for kind in ("two", "threads", "reader", "more", "near"))
    assert labels <= said


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_file_verifies(name: str, files: Mapping[str, Path], shipped: Workspace) -> None:
    found = check_file(files[name], shipped)
    assert found.problems == ()
    assert found.quotes >= 8


@pytest.mark.parametrize("question", load_page_words().examples)
def test_an_example_of_the_page_is_answered_by_the_nhs_or_nice_first(question: str, shipped: Workspace) -> None:
    reply = shipped.ask(question)
    assert reply.answer.status is Status.ANSWERED
    first = present(reply, shipped.texts).quotes[0]
    best = next(each for each in first.sentences if first.best and each.range.overlaps(first.best.range))
    assert best.basis[0].origin.publisher.startswith(("NHS", "NICE"))


def test_an_answer_says_a_thing_once(shipped: Workspace) -> None:
    quotes = shipped.ask("intrinsic factor antibody positive what does it mean", ()).answer.quotes
    told = " ".join(span.text for quote in quotes for span in quote.spans)
    assert len(re.findall("(?:does not|cannot) rule|does not exclude|can still have pernicious anaemia", told)) == 1


def test_no_passage_is_shown_or_copied_with_pipes(shipped: Workspace) -> None:
    hidden, rows = r'<span (?:hidden|class="drawn")>[^<]*</span>', 0
    for passage in shipped.opened.collection.passages:
        quote = Quoted.of_passage(passage)
        rows += " | " in quote.text
        shown = ShownAnswer("", (), None, (), (), first_mentions([quote]), (), (), "", "")
        for text in (cite(quote), draw("answer.html", "figure", "t", quote, shown)):
            assert "|" not in unescape(re.sub("<[^>]*>", "", re.sub(hidden, "", text))), text
    assert rows > 10


def test_the_page_says_how_many_publications_the_library_sums_up(shipped: Workspace) -> None:
    used = publications(shipped.opened)
    assert f"Summaries of {len(used):,} publications." in unescape(draw("page.html", "library", f"{len(used):,}"))


def test_a_question_passes_at_most_35_files_and_60_types(shipped: Workspace) -> None:
    files: set[str] = set()
    types: set[type] = set()

    def called(frame: FrameType, event: str, _: object) -> None:
        name, own = frame.f_code.co_filename, frame.f_locals.get("self")
        if event == "call" and "b12assistant" in Path(name).parts:
            files.add(name)
            types.update({type(own)} if type(own).__module__.startswith("b12assistant") else ())

    shipped.assistant.reply("How long does numbness take to improve?")
    sys.setprofile(called)
    try:
        shipped.assistant.reply("How is pernicious anaemia treated in older people?")
    finally:
        sys.setprofile(None)
    assert 20 < len(files) <= 35
    assert 30 < len(types) <= 60


@pytest.mark.parametrize(
    ("before", "question", "names"),
    [
        ("Do acid reducers lower vitamin B12?", "why is that?", "acid"),
        ("Does metformin lower B12?", "and why?", "Metformin"),
        ("what does an intrinsic factor test show", "which others are there?", "test"),
        ("What is pernicious anaemia?", "why do you get it", "ernicious anaemia"),
        ("what blood tests check for b12 deficiency", "does she have to fast for it", "fast"),
        ("is it anaemia if my haemoglobin is normal but b12 low", "can u still get nerve damage", "Nerve damage"),
        ("caller takes metformin and has numb toes", "how often should they be checking him", "metformin"),
        ("which form of B12 is best", "is there a DOI for that study", "DOI"),
    ],
)
def test_a_question_that_leans_is_answered_as_it_was_read(
    before: str, question: str, names: str, shipped: Workspace
) -> None:
    answer = shipped.ask(question, [before]).answer
    assert answer.status is not Status.NO_ANSWER
    assert names in answer.quotes[0].best.text


def test_a_slip_in_a_question_of_the_library_counts_against_nobody(shipped: Workspace) -> None:
    before = ["Does exercise help the nerves heal?", "can the nerves grow back"]
    found = shipped.assistant.understood("It has been six months and my feet are still numb", before)
    assert "permenant" in found.sought.asked[0].text
    assert (found.unknown, found.likely >= found.least) == (0, True)


def test_who_may_have_meant_something_else_can_tap_it(shipped: Workspace) -> None:
    reply = shipped.ask("mine started two years ago", ["can numb feet recover"])
    read_as = reply.answer.interpretation
    assert reply.answer.status is Status.POSSIBLY
    assert read_as is not None
    assert len({read_as.question, *read_as.others}) == 3
    page = unescape(draw("answer.html", "turn_html", 1, "", present(reply, shipped.texts)))
    assert all(f'<button type="button" class="again" value="{each}">' in page for each in read_as.others)
    sure = shipped.ask("and why?", ["Does metformin lower B12?"]).answer
    assert sure.interpretation is not None
    assert (sure.status, sure.interpretation.others) == (Status.ANSWERED, ())


GAS = "causes/laughing-gas-nitrous-oxide-and-nerves.md", "short-answers/nerve-damage-and-its-causes.md"
WITH_OTHERS = ("treatment/b12-with-other-medicines.md",)
NEEDED = ("food-and-supplements/how-much-b12-do-i-need.md",)
INJECTIONS = (
    "treatment/b12-injections-wearing-off.md",
    "treatment/b12-injections-in-the-uk.md",
    "short-answers/injections-and-getting-better.md",
)
UNDER_THE_TONGUE = (
    "food-and-supplements/sublingual-sprays-and-patches.md",
    "short-answers/living-with-nerve-damage.md",
    "treatment/b12-nasal-spray-gel-and-under-the-tongue.md",
)
ACID = (
    "food-and-supplements/supplements-medicines-and-buying.md",
    "causes/acid-reducers-and-b12.md",
    "causes/medicines-that-can-lower-b12.md",
    "short-answers/pernicious-anaemia-medicines-and-surgery.md",
)
YEAST = (
    "food-and-supplements/yeast-cooking-tablets-work-and-benefits.md",
    "short-answers/food-pregnancy-and-children.md",
)
FORMS = (
    "treatment/which-form-of-b12.md",
    "treatment/b12-injections-in-the-uk.md",
    "treatment/how-is-b12-deficiency-treated.md",
)
SIDE_EFFECTS = "treatment/b12-side-effects.md", "short-answers/injections-and-getting-better.md"
NORMAL = "tests/what-is-a-normal-b12-level.md", "short-answers/blood-tests.md"
METFORMIN = "causes/metformin-and-b12.md", "causes/diabetes-thyroid-kidney-hiv-and-b12.md"
METFORMIN_CHECKS = "short-answers/pernicious-anaemia-medicines-and-surgery.md", METFORMIN[0]


def test_what_is_asked_nothing_is_a_candidate_ranked_or_not(
    shipped: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, sought = shipped.engine, shipped.assistant.understood("does B12 help nerves").sought
    unranked = {hit.passage for hit in engine.candidates(sought)}
    assert "references/drip-clinic-papers.md" in {passage.document.id for passage in unranked}
    monkeypatch.setattr(engine_module, "SEARCHED", 0)
    assert {hit.passage for hit in engine.candidates(sought)} == unranked


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("I do balloons at weekends, can that hurt my nerves", GAS),
        ("nangs numb feet", GAS),
        ("whippets and my legs", GAS),
        ("does ozempic lower b12", WITH_OTHERS),
        ("does mounjaro lower b12", WITH_OTHERS),
        ("can i take thyronorm with b12", ("short-answers/pernicious-anaemia-medicines-and-surgery.md",)),
        ("what is the RNI for b12", NEEDED),
        ("what is a loading dose", (*INJECTIONS, "short-answers/injections-and-getting-better.md")),
        ("how often do I need a b12 booster", INJECTIONS),
        ("does the under-the-tongue kind work", UNDER_THE_TONGUE),
        ("does zoton lower b12", ACID),
        ("does the yeast stuff have b12", YEAST),
        ("is neo-cytamen the same as cobalin-h", FORMS),
        ("headachy after my b12 jab is that normal", SIDE_EFFECTS),
        ("my b12 is 250, am I in the clear", NORMAL),
        ("does janumet lower b12", METFORMIN),
        ("whats a normal b12 levle", NORMAL),
        ("How should patients on metformin be monitored for B12?", METFORMIN_CHECKS),
    ],
)
def test_what_people_call_it_reaches_the_document(
    shipped: Workspace, question: str, documents: tuple[str, ...]
) -> None:
    answer = shipped.ask(question).answer
    assert {quote.document.id for quote in answer.quotes} & set(documents), answer.nearest


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("is my b12 levle low", "level"),
        ("what dsoe of b12", "dose"),
        ("vitmain b12 foods", "vitamin"),
        ("why is my tounge sore", "tongue"),
        ("my stumack hurts", "stomach"),
        ("nuerapathy in my feet", "neuropathy"),
        ("am i deficent", "deficient"),
        ("is a vegen short of b12", "vegan"),
        ("does Metfromin lower b12", "metformin"),
        ("wot does b12 do", "what"),
        ("howmuch b12 a day", "how much"),
        ("is thenormal range different", "the normal"),
        ("why is my levek low", "level"),
    ],
)
def test_a_slip_is_read_as_what_was_meant(shipped: Workspace, question: str, meant: str) -> None:
    replaced = shipped.assistant.understood(question).sought.read_as.replaced
    assert meant in [change.words.lower() for change in replaced if change.slip]


@pytest.mark.parametrize("who", ["pt", "caller", "customer", "resident", "girlfriend", "auntie", "lodger"])
def test_whom_a_question_is_for_makes_no_answer_go(shipped: Workspace, who: str) -> None:
    assert shipped.ask(f"my {who} has tingling feet, could this be B12?").answer.quotes


def test_a_brand_is_not_taken_apart(shipped: Workspace) -> None:
    assert not shipped.assistant.understood("is myprotein b12 any good").sought.read_as.replaced


@pytest.mark.parametrize(
    "names",
    [
        "bumetanide furosemide naproxen sertraline citalopram escitalopram fluoxetine venlafaxine mirtazapine",
        "empagliflozin sitagliptin linagliptin gliclazide dapagliflozin atorvastatin simvastatin rosuvastatin",
        "ramipril lisinopril amlodipine bisoprolol propranolol prednisone prednisolone mesalazine lactulose",
        "hydroxyzine hydroxychloroquine hydrocortisone allopurinol azathioprine adalimumab infliximab levodopa",
        "topiramate lamotrigine oxcarbazepine tramadol oxycodone cetirizine fexofenadine spironolactone macrogol",
        "karen siobhan niamh naylor ananya aoife vitabiotics pregnacare berocca solgar medichecks bluecrest huel",
        "mcas gord copd egfr mthfr fut2 nhsx 250ng 1mcg tga uti",
    ],
)
def test_names_of_other_things_are_not_corrected(shipped: Workspace, names: str) -> None:
    assert [change.words for change in shipped.assistant.understood(names).sought.read_as.replaced] == []


@pytest.mark.parametrize(
    "question", ["does lansoprazole lower vitamin B7", "how long does b17 take to work", "does a b1 injection hurt"]
)
def test_a_question_on_another_vitamin_is_not_answered_for_b12(shipped: Workspace, question: str) -> None:
    quotes = shipped.ask(question).answer.quotes
    assert not [quote.best.text for quote in quotes if "B12" in quote.best.text]


@pytest.mark.parametrize(
    "beside",
    [
        "She had her flu jab on Monday. How long will her arm be sore from that one?",
        "Our old dog limps as well. Can he have the same injection?",
        "My brother has gout. Which foods should he leave out?",
        "My son broke his wrist. How long does he wear the plaster?",
        "The dentist numbed her lip. When does that wear off?",
    ],
)
def test_a_near_miss_told_in_a_letter_is_refused_and_takes_no_answer_away(shipped: Workspace, beside: str) -> None:
    letter = (
        "My mother is 78 and has pernicious anaemia, and her feet have been numb since the spring. She lives with us "
        "now and forgets a good deal. How often does she need the B12 injection?"
    )
    alone, told = shipped.ask(letter).answer, shipped.ask(f"{letter} {beside}").answer
    (often, missed) = told.parts
    assert alone.quotes[0].best.text in [told.quotes[number - 1].best.text for number in often.numbers]
    assert missed.status is Status.NO_ANSWER
    assert not (missed.interpretation and missed.interpretation.question)
