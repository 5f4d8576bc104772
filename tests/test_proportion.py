"""How loud a text is: alone, first, in a box, in a line, or not at all; and how a letter is judged."""

from dataclasses import replace

import pytest
from builders_opinion import triage

from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, RuleId, TextId, Turn
from b12assistant.safety.fixed_texts import all_texts
from b12assistant.safety.opinion import CERTAIN, Asked, Concern, Opinion, Passed, in_proportion
from b12assistant.safety.triage import MEDICAL_LIKELY, Triager, load_rules

RULES = Triager(load_rules())
SEARCHED = "face drooping one side"
FILLER = "My sister came to stay, we painted the fence and went to the sea with the dog. " * 3


def opinion(concern: Concern, shares: tuple[float, ...], cut: str = "danger") -> Opinion:
    """An opinion of the encoder on a turn."""
    return Opinion("second_opinion", concern, shares, Passed(cut, sum(shares[:4]), 0.005), may_lower=True)


def shown(text: str, level: Level, *, by_rule: bool = False, faint: bool = False) -> list[tuple[str, str]]:
    """Kind and text of what is left of one notice, told by the model unless ``by_rule``."""
    turn = Turn(0, text)
    shares = (0.0, 0.0, 0.002, 0.01, 0.0, 0.988) if faint else (0.0, 0.0, 0.02, 0.3, 0.0, 0.68)
    view = opinion(Concern(level.value if level is not Level.EMERGENCY else "medical"), shares)
    flag = Flag(level, FlagKind.MEDICAL, RuleId("a_rule") if by_rule else view.rule)
    name = TextId("emergency_medical" if level is Level.EMERGENCY else level.value)
    return [
        (each.kind, each.text)
        for each in in_proportion((Notice(NoticeKind.RED_FLAG, name, flag),), turn, turn.text, view)
    ]


BOX, LINE = NoticeKind.RED_FLAG, NoticeKind.ADVICE


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("Can I stop taking my metformin?", True),
        ("Is it safe to double my dose?", True),
        ("Is my B12 of 190 too low?", False),
        ("My ferritin is 8, is that bad?", False),
        ("How many micrograms of B12 per day should an adult get?", False),
        ("Will I need injections for life?", False),
    ],
)
def test_a_decision_gets_a_box_only_to_change_something(text: str, box: bool) -> None:
    expected = (BOX, "medical_decision") if box else (LINE, "decision_line")
    assert shown(text, Level.MEDICAL_DECISION) == [expected]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("My feet have been tingling for years, no worse.", True),
        ("My toes have been numb since 2015, checked, all clear.", True),
        ("The ambulance has been, it wasn't a stroke.", True),
        ("My feet have been tingling for months and it is getting worse.", False),
        ("Numb for years but today it is my left hand.", False),
        ("My feet are tingling.", False),
    ],
)
def test_what_is_long_known_or_over_gets_a_line(text: str, line: bool) -> None:
    assert shown(text, Level.URGENT) == [(LINE, "routine") if line else (BOX, "urgent")]


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("Is my dog low in B12?", True),
        ("does our old horse need more b12", True),
        ("Should I stop metformin, my dog is ill too?", False),
        ("Is my cat allergy tablet a reason to skip the jab?", False),
    ],
)
def test_a_question_about_an_animal_is_no_decision_about_a_person(text: str, nothing: bool) -> None:
    assert (shown(text, Level.MEDICAL_DECISION) == []) is nothing


def test_next_to_nothing_gets_a_line_and_what_a_rule_says_keeps_its_box() -> None:
    assert shown("My feet are tingling.", Level.URGENT, faint=True) == [(LINE, "routine")]
    assert shown("Tingling for years, no worse.", Level.URGENT, by_rule=True, faint=True) == [(BOX, "urgent")]


@pytest.mark.parametrize(
    "text",
    [
        "my phone battery is about to die",
        "I'm choking on the price of petrol",
        "is it true that I could end up in a wheelchair?",
        "leaking tap",
        "why is the kitchen sink blocked again",
    ],
)
def test_what_is_not_about_a_body_or_asks_of_the_far_future_gets_nothing_unless_a_rule_fired(text: str) -> None:
    assert shown(text, Level.EMERGENCY) == []
    assert shown(text, Level.EMERGENCY, by_rule=True) == [(BOX, "emergency_medical")]


@pytest.mark.parametrize(
    "text", ["legs weak and the pipe burst", "leaking when I cough, and a dripping tap", "my waterworks leak"]
)
def test_a_person_beside_the_tap_keeps_the_alarm(text: str) -> None:
    assert shown(text, Level.EMERGENCY) == [(BOX, "emergency_medical")]


def test_new_numb_legs_with_lost_control_are_an_emergency_and_likely_where_a_letter_tells_them_apart() -> None:
    together = (
        "Since my legs went numb I can't always tell when I need to go, and twice I have not made it to the toilet."
    )
    apart = f"My feet are tingling since last week. {FILLER}Twice I have not made it to the toilet in time."
    for text, certain in ((together, True), (apart, False)):
        flag = RULES([Turn(0, text)]).flag
        assert flag is not None
        assert (flag.rule, flag.certain) == ("bladder_change_with_nerve_signs", certain)


@pytest.mark.parametrize("leant_on", [False, True])
def test_the_text_of_an_emergency_that_is_not_certain_says_if(leant_on: bool) -> None:
    after = [Turn(1, "is it serious?")] if leant_on else []
    for text, name in (("crushing chest pain, I have it now", "emergency_medical"), (SEARCHED, MEDICAL_LIKELY)):
        (notice,) = RULES([Turn(0, text), *after]).notices
        assert notice.text == name
        assert all_texts()[notice.text].text.startswith("If this is new" if name == MEDICAL_LIKELY else "Call ")
    assert RULES([Turn(0, "no puedo respirar"), *after]).notices[0].text == "emergency_medical"


def test_a_letters_own_reading_leaves_that_rule_its_emergency_from_a_tenth() -> None:
    turn = Turn(0, "Since my legs went numb I have not made it to the toilet twice.")
    for share, level in ((0.12, Level.EMERGENCY), (0.02, Level.URGENT)):
        view = opinion(Concern.URGENT, (0.0, 0.0, share, 0.6, 0.0, 0.4 - share), "kept")
        view = replace(view, passed=Passed("kept", share, 0.45))
        flag = Triager(load_rules(), lambda _: view)([turn]).flag  # noqa: B023 - called at once
        assert flag is not None
        assert flag.level is level


@pytest.mark.parametrize("text", ["loss of bladder control", SEARCHED])
def test_a_grave_sign_typed_like_a_search_is_likely_and_withholds_nothing(text: str) -> None:
    found = RULES([Turn(0, text)])
    assert found.flag is not None
    assert (found.flag.level, found.flag.certain, found.doubts, found.withholds) == (
        Level.EMERGENCY,
        False,
        True,
        False,
    )


def test_a_rule_is_certain_and_the_model_alone_only_if_it_is_sure() -> None:
    assert RULES([Turn(0, "I have crushing chest pain now")]).withholds
    view = opinion(Concern.MEDICAL, (0.0, 0.0, CERTAIN - 0.01, 0.0, 0.0, 0.3), "emergency")
    assert not view.is_certain
    assert replace(view, passed=replace(view.passed, share=CERTAIN)).is_certain
    assert triage("zorp").withholds


def test_signs_that_a_letter_tells_sentences_apart_do_not_combine() -> None:
    together = "My face is covered in hives after the injection. "
    apart = f"My face was covered in hives. {FILLER}The nurse gives the injection on Fridays."
    assert [each.flag and each.flag.rule for each in RULES([Turn(0, FILLER + together)]).notices] == ["anaphylaxis"]
    assert RULES([Turn(0, apart)]).notices == ()


@pytest.mark.parametrize(("share", "shown_level"), [(0.02, None), (0.3, Level.URGENT)])
def test_a_fragment_takes_its_level_from_what_it_says_and_not_from_being_short(
    share: float, shown_level: Level | None
) -> None:
    def advice(asked: Asked) -> Opinion:
        if asked.turn.index == 0:
            return opinion(Concern.NONE, (0.0, 0.0, 0.0, 0.0, 0.0, 1.0), "decision")
        danger = 0.4 if asked.previous else share
        return opinion(Concern.URGENT, (0.0, 0.0, danger / 2, danger / 2, 0.0, 1 - danger))

    flag = Triager(load_rules(), advice)([Turn(0, "which foods have the most of it"), Turn(1, "and hands")]).flag
    assert (flag.level if flag else None) is shown_level
