"""A person in need reaches help with the first touch, however much they wrote."""

from __future__ import annotations

from typing import Any

import pytest
from serving import EMERGENCY

from browser.conftest import Visit
from browser.reading import DRAWN

pytestmark = pytest.mark.slow

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "device_scale_factor": 2}
LONG = f"{EMERGENCY}. {'My feet have been numb for some months. ' * 60}"[:2000]
# Calls nobody, and remembers where each press began and ended.
PRESSED = """() => { globalThis.pressed = [];
    for (const kind of ['pointerdown', 'click']) addEventListener(kind, event => {
        pressed.push(event.target.closest('a, button')?.textContent.trim() ?? event.target.tagName);
        if (event.target.closest('a[href^="tel:"]')) event.preventDefault(); }, true); }"""


TELEPHONE = '.alarm a[href="tel:999"]'


@pytest.mark.parametrize(
    ("pressed", "is_touch"), [(TELEPHONE, True), (TELEPHONE, False), ("#not_happening", True), ("#looking_up", False)]
)
def test_the_first_press_arrives_after_a_message_of_2000_characters(
    visit: Visit, site: str, pressed: str, *, is_touch: bool
) -> None:
    page = visit(site, **PHONE, has_touch=is_touch).page
    page.fill("#ask textarea", LONG)
    page.click("#send")
    asked, alarm = page.locator(".turn .asked"), page.locator(".turn .asked + .alarm.emergency")
    alarm.wait_for()
    page.evaluate(DRAWN)
    assert page.evaluate("() => document.activeElement.matches('.alarm.emergency')")
    above, below = asked.bounding_box(), alarm.bounding_box()
    assert above
    assert below
    assert 0 <= above["y"] < below["y"] < 160
    assert above["height"] < 50  # two lines
    assert below["y"] - above["y"] - above["height"] < 20
    page.evaluate(PRESSED)
    target = page.locator(pressed)
    name, box = target.inner_text(), target.bounding_box()
    assert box
    press = page.touchscreen.tap if is_touch else page.mouse.click
    press(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => pressed.length > 1")
    assert page.evaluate("() => pressed") == [name] * 2
    if "tel:" in pressed:
        assert alarm.bounding_box() == below
    else:
        page.wait_for_function(
            "name => document.querySelectorAll('.turn .asked')[1]?.innerText.includes(name)", arg=name
        )
