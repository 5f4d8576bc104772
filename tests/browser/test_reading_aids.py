"""What the device offers: a size of the text, and programs to share with."""

from __future__ import annotations

import pytest

from browser.conftest import Visit
from browser.reading import Reader

pytestmark = pytest.mark.slow

ASKED = "What wraps every nerve: myelin?"


def test_the_size_of_the_text_is_kept_on_the_device_and_used_by_documents(visit: Visit, site: str) -> None:
    reader = visit(site)
    page = reader.page
    sizes = [float(page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)"))]
    for size in ("large", "largest"):
        page.click(f'.sizes button[value="{size}"]')
        sizes.append(float(page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")))
        assert page.get_attribute(f'.sizes button[value="{size}"]', "aria-pressed") == "true"
    assert sizes == sorted(set(sizes))
    page.goto(f"{site}/d/nerves.md")
    assert page.evaluate("() => document.documentElement.dataset.size") == "largest"
    page.goto(site)
    page.wait_for_selector('.sizes button[aria-pressed="true"][value="largest"]')
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    page.click('.sizes button[value="normal"]')
    assert page.evaluate("() => localStorage.length") == 0


def test_a_quote_is_sent_by_what_a_phone_offers_from_a_sheet_at_the_foot_of_its_screen(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 390, "height": 844})
    figure = reader.ask(ASKED).locator("figure.quote").first
    reader.page.evaluate("() => { navigator.share = async given => { globalThis.given = given; }; }")
    figure.locator(".copying summary").click()
    offered = figure.locator(".native", has_text="Send to somebody")
    offered.wait_for()
    sheet = figure.locator(".forms").bounding_box()
    assert sheet
    assert (sheet["x"], sheet["width"], sheet["y"] + sheet["height"]) == (0, 390, 844)
    offered.click()
    reader.page.wait_for_function("() => globalThis.given")
    assert "Myelin wraps every nerve." in reader.page.evaluate("() => given.text")
    reader.reload()
