from __future__ import annotations

import pytest

from browser.conftest import Visit

pytestmark = pytest.mark.slow

SHOWN = "() => document.querySelector('#tabs [role=tab][aria-selected=true]').textContent.trim()"


def test_arrows_home_and_end_move_among_the_tabs(visit: Visit, site: str) -> None:
    reader = visit(site)
    page = reader.page
    page.focus("#tabs [role=tab][aria-selected=true]")
    for key, name in (
        ("ArrowRight", "Look up"),
        ("ArrowRight", "Ask"),
        ("End", "Look up"),
        ("Home", "Ask"),
        ("ArrowLeft", "Look up"),
    ):
        page.keyboard.press(key)
        page.wait_for_function(f"name => ({SHOWN})() === name", arg=name)
        page.wait_for_function("name => document.activeElement.textContent.trim() === name", arg=name)
    page.keyboard.press("Home")
    page.wait_for_selector("#tab-ask-button[aria-selected=true][tabindex='0']")
    assert page.locator("#tabs [role=tab][tabindex='0']").count() == 1


def test_an_address_names_a_tab_and_a_tab_its_address(visit: Visit, site: str) -> None:
    reader = visit(site, "/#lookup")
    page = reader.page
    page.wait_for_function(f"() => document.querySelector('#tabs [role=tab]') && ({SHOWN})() === 'Look up'")
    page.wait_for_function("() => document.activeElement.id === 'lookup-box'")
    page.click("#tab-ask-button")
    page.wait_for_url(f"{site}/")
    page.wait_for_selector("#tab-ask[role=tabpanel][aria-labelledby=tab-ask-button]")
    page.click("#tab-lookup-button")
    page.wait_for_url(f"{site}/#lookup")
    page.click("#tab-ask-button")
    page.evaluate("() => { location.hash = 'lookup'; }")  # as one types it into the address of the open page
    page.wait_for_selector("#tab-lookup-button[aria-selected=true]")
