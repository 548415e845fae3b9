"""The page for everybody: every state by the rules of WCAG, by keyboard, in two languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk.conftest import Desk
from tests.browser.desk.outage import CARD, Outage, all_sent, card, item, paired, said, scan
from tests.browser.desk.test_patrons import BLOCKED, listed

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A browser takes its time: proofs beside the suite.
pytestmark = pytest.mark.slow

__all__ = ["listed"]

EVERY_RULE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, rules: list[str]) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    results = axe.Axe().run(page, options=options).response
    assert results["passes"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in results["violations"]]


def states(page: Page, outage: Outage) -> dict[str, Callable[[], object]]:
    """What leads from each state of the desk to the next one."""

    def leave(name: str) -> Callable[[], None]:
        def open_next() -> None:
            page.keyboard.press("Escape")
            page.click(name)
            page.wait_for_selector("dialog[open]")

        return open_next

    def away() -> None:
        page.keyboard.press("Escape")
        outage.stop()
        scan(page, item(8))
        page.wait_for_selector("#sending[data-state=down]")
        outage.start()

    def scans(*codes: str, level: str, words: str = "") -> Callable[[], object]:
        def do() -> None:
            scan(page, *codes)
            said(page, level, words)

        return do

    return {
        "paired": lambda: paired(page, outage),
        "patron": scans(CARD, level="ready", words="card read"),
        "saved": scans(item(1), item(2), level="saved", words=item(2)),
        "twice": scans(item(2), level="warning"),
        "undone": scans("%UNDO", level="ready", words="Taken back"),
        "refused": scans("x", level="refused"),
        "blocked": scans(BLOCKED, level="blocked"),
        "allowed": scans("Y", level="ready", words="decided to lend"),
        "returns": scans("%RETURN", level="ready", words="Returns"),
        "returned": scans(item(7), level="saved", words=item(7)),
        "clerk": leave("#tool-clerk"),
        "drop": leave("#tool-drop"),
        "export": leave("#tool-export"),
        "settings": leave("#tool-settings"),
        "help": leave("#tool-help"),
        "void": leave("#scans button"),
        "away": away,
        "training": lambda: page.click("#tool-training"),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(listed: Outage, opened: Desk, theme: str) -> None:
    page = opened(listed.address, color_scheme=theme, reduced_motion="reduce")
    assert page.locator("html").get_attribute("data-theme") == theme
    wrong = {"pairing": violations(page, EVERY_RULE)}
    for name, go in states(page, listed).items():
        go()
        wrong[name] = violations(page, EVERY_RULE)
    page.goto(f"{listed.address}/overview")
    page.get_by_text("Front desk").first.wait_for()
    wrong["overview"] = violations(page, EVERY_RULE)
    assert {name: found for name, found in wrong.items() if found} == {}


def test_axe_finds_nothing_where_scans_are_lent(listed: Outage, opened: Desk) -> None:
    page = opened(listed.address, viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    paired(page, listed)
    scan(page, CARD, item(1), BLOCKED)
    said(page, "blocked")
    assert violations(page, EVERY_RULE) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_language_of_the_browser_or_the_one_chosen(outage: Outage, opened: Desk) -> None:
    page = opened(outage.address, locale="de-AT")
    assert page.locator("html").get_attribute("lang") == "de"
    paired(page, outage)
    scan(page, item(1))
    said(page, "warning", "Zuerst kommt der Ausweis")
    scan(page, "j")
    said(page, "ready", "Ausweis gelesen")
    page.click("#tool-settings")
    page.get_by_label("Sprache").select_option("en")
    page.get_by_role("dialog").get_by_role("button", name="OK").click()
    page.get_by_role("button", name="End patron").click()
    said(page, "ready", "Patron ended")
    assert page.locator("html").get_attribute("lang") == "en"


def test_by_keyboard_alone(outage: Outage, opened: Desk) -> None:
    page = opened(outage.address)
    paired(page, outage)
    outage.stop()
    scan(page, card(9), item(1))
    said(page, "saved", item(1))

    def focused() -> str:
        active = "document.activeElement"
        return str(page.evaluate(f"{active}.getAttribute('aria-label') ?? {active}.innerText"))

    for _ in range(20):
        page.keyboard.press("Tab")
        if focused() == f"Void {item(1)}":
            break
    # That the server confirms the scan draws the list anew.
    outage.start()
    all_sent(page)
    assert focused() == f"Void {item(1)}"
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Enter")
    said(page, "ready", "Voided")
    assert page.evaluate("document.activeElement.id") == "field"
