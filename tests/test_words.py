"""What people type reaches the documents that answer, over the shipped corpus: slips are corrected, names stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from b12assistant.api import Workspace
from b12assistant.config import load_configuration

pytestmark = pytest.mark.slow

GAS = "causes/laughing-gas-nitrous-oxide-and-nerves.md", "short-answers/nerve-damage-and-its-causes.md"
WITH_OTHERS = ("treatment/b12-with-other-medicines.md",)
NEEDED = ("food-and-supplements/how-much-b12-do-i-need.md",)
INJECTIONS = "treatment/b12-injections-wearing-off.md", "treatment/b12-injections-in-the-uk.md"
UNDER_THE_TONGUE = "food-and-supplements/sublingual-sprays-and-patches.md", "short-answers/living-with-nerve-damage.md"
ACID = (
    "food-and-supplements/supplements-medicines-and-buying.md",
    "causes/acid-reducers-and-b12.md",
    "causes/medicines-that-can-lower-b12.md",
)
YEAST = ("food-and-supplements/yeast-cooking-tablets-work-and-benefits.md",)
FORMS = "treatment/which-form-of-b12.md", "treatment/b12-injections-in-the-uk.md"
SIDE_EFFECTS = "treatment/b12-side-effects.md", "treatment/what-happens-after-starting-b12.md"
NORMAL = "tests/what-is-a-normal-b12-level.md", "short-answers/blood-tests.md"
METFORMIN = "causes/metformin-and-b12.md", "causes/diabetes-thyroid-kidney-hiv-and-b12.md"

METFORMIN_CHECKS = "clinicians/clinician-neuropathy-and-monitoring.md", METFORMIN[0]


@pytest.fixture(scope="module")
def space(starter: Path) -> Workspace:
    flags = {"paths.corpus": str(starter / "corpus"), "paths.index": str(starter / "index"), "encoder.threads": 1}
    return Workspace(load_configuration(environment={}, flags=flags))


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("I do balloons at weekends, can that hurt my nerves", GAS),
        ("nangs numb feet", GAS),
        ("laughing gas canisters and tingling feet", GAS),
        ("whippets and my legs", GAS),
        ("can smartwhip damage nerves", GAS),
        ("does ozempic lower b12", WITH_OTHERS),
        ("does wegovy cause low b12", WITH_OTHERS),
        ("do weight loss jabs lower b12", WITH_OTHERS),
        ("does mounjaro lower b12", WITH_OTHERS),
        ("can i take thyronorm with b12", WITH_OTHERS),
        ("what is the RNI for b12", NEEDED),
        ("what is the RDA of b12", NEEDED),
        ("what is a loading dose", (*INJECTIONS, "short-answers/injections-and-getting-better.md")),
        ("how often do I need a b12 booster", INJECTIONS),
        ("does the under-the-tongue kind work", UNDER_THE_TONGUE),
        ("does zoton lower b12", ACID),
        ("does losec lower b12", ACID),
        ("does the yeast stuff have b12", YEAST),
        ("is neo-cytamen the same as cobalin-h", FORMS),
        ("shaky and headachy after b12 injection", SIDE_EFFECTS),
        ("headachy after my b12 jab is that normal", SIDE_EFFECTS),
        ("my b12 is 250, am I in the clear", NORMAL),
        ("do the sugar tablets lower b12", METFORMIN),
        ("does janumet lower b12", METFORMIN),
        ("whats a normal b12 levle", NORMAL),
        ("How should patients on metformin be monitored for B12?", METFORMIN_CHECKS),
    ],
)
def test_what_people_call_it_reaches_the_document(space: Workspace, question: str, documents: tuple[str, ...]) -> None:
    answer = space.ask(question).answer
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
    ],
)
def test_a_slip_is_read_as_what_was_meant(space: Workspace, question: str, meant: str) -> None:
    replaced = space.assistant.understood(question).sought.read_as.replaced
    assert meant in [change.words.lower() for change in replaced]


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
def test_names_of_other_things_are_not_corrected(space: Workspace, names: str) -> None:
    assert [change.words for change in space.assistant.understood(names).sought.read_as.replaced] == []
