"""The HTML report for everybody: by keyboard, in the dark, on paper, without script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from almareplay.transactions import AlmaInstance
from tests.browser.conftest import Opener
from tests.browser.made import PRODUCTION, SANDBOX, varied_report, written
from tests.browser.sections import row_numbers

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A browser takes its time: a proof beside the suite.
pytestmark = pytest.mark.slow


def test_printed_a_page_for_each_desk_and_library(opened: Opener, address: str) -> None:
    page = opened(address)
    page.get_by_label("Done: row 44").check()
    assert pages_of(page.pdf(format="A4")) == 3 + 2
    assert page.locator("#print").inner_html() == ""
    page.emulate_media(media="print")
    page.wait_for_selector(".sheet")
    sheets = page.locator(".sheet")
    assert sheets.locator("h2").all_inner_texts() == [
        *("LAW / DESK", "MAIN / FRONT", "MAIN / RESERVES", "Library LAW", "Library MAIN"),
    ]
    assert [row_numbers(sheet) for sheet in sheets.all()[:3]] == [
        [41, 44, 47, 50, 53, 56, 17],
        [42, 45, 48, 51, 54, 57],
        [43, 46, 49, 52, 55, 58, 13],
    ]
    assert page.evaluate("getComputedStyle(document.getElementById('print')).page") == "sandbox"
    assert sheets.locator(".mark").all_inner_texts() == ["SANDBOX report, 01FERN_INST"] * 5
    assert sheets.first.get_by_role("checkbox", checked=True).count() == 1
    assert not page.locator("main").is_visible()
    page.emulate_media(media="null")
    page.get_by_role("combobox", name="Desk").select_option(label="LAW / DESK (21)")
    assert pages_of(page.pdf(format="A4")) == 2
    page.evaluate("window.print = () => { document.title = 'printing'; }")
    page.get_by_role("button", name="Print by desk").click()
    assert page.title() == "printing"


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_dark_and_light(opened: Opener, address: str) -> None:
    def colours(page: Page) -> list[str]:
        return [
            str(page.evaluate(f"getComputedStyle(document.documentElement).{each}"))
            for each in ("backgroundColor", "color")
        ]

    light = opened(address, color_scheme="light")
    dark = opened(address, color_scheme="dark")
    assert colours(light) == ["rgb(251, 250, 248)", "rgb(31, 35, 40)"]
    assert colours(dark) == ["rgb(22, 24, 27)", "rgb(230, 228, 224)"]
    dark.emulate_media(media="print", color_scheme="dark")
    assert colours(dark) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_by_keyboard_alone(opened: Opener, address: str) -> None:
    page = opened(address)

    def name() -> str:
        active = "document.activeElement"
        return str(page.evaluate(f"{active}.getAttribute('aria-label') ?? {active}.innerText"))

    page.keyboard.press("Tab")
    assert name() == "Skip to what there is to do"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert name() == "Done"
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    section = page.locator("#patron_not_found")
    assert row_numbers(section) == [43, 42, 41]
    while name() != "Done: row 43":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.inner_text("#ticked") == "1 of 23 ticked"
    while name() != "Details of row 43":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "desk.xlsx#Friday, row 44" in section.locator(".detail").inner_text()
    assert section.get_by_role("button", expanded=True).count() == 1
    page.keyboard.press("Enter")
    assert section.locator(".detail").count() == 0


EVERY_RULE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.mark.parametrize(
    ("context", "rules", "alma"),
    [
        ({"color_scheme": "light"}, EVERY_RULE, SANDBOX),
        # What differs from light are the colours alone.
        ({"color_scheme": "dark"}, ["color-contrast"], SANDBOX),
        pytest.param(
            {"color_scheme": "dark"}, ["color-contrast"], PRODUCTION, marks=pytest.mark.slow
        ),
        ({"viewport": {"width": 320, "height": 640}}, EVERY_RULE, PRODUCTION),
        pytest.param({}, ["color-contrast"], None, marks=pytest.mark.slow),
    ],
    ids=["light", "dark", "dark production", "narrow production", "not sent"],
)
def test_axe_finds_nothing(
    opened: Opener,
    tmp_path: Path,
    context: dict[str, Any],
    rules: list[str],
    alma: AlmaInstance | None,
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(written(varied_report(alma=alma), tmp_path / "report.html"), **context)
    # A part of the rows shows all there is, and axe is slow.
    page.get_by_role("combobox", name="Desk").select_option(label="LAW / DESK (21)")
    page.get_by_text("The same as a table").click()
    page.get_by_role("button", name="Details of row 44").click()
    page.get_by_label("Done: row 47").check()
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    results = axe.Axe().run(page, options=options).response
    assert [violation["id"] for violation in results["violations"]] == []
    assert results["passes"]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_without_script_the_page_says_what_it_needs(opened: Opener, address: str) -> None:
    page = opened(address, java_script_enabled=False)
    assert "need JavaScript" in page.inner_text("body")
    assert "42 of 62 loans and returns" in page.inner_text("h1")
    assert page.inner_text("#patron_blocked .count") == "3 rows"
    assert not page.locator("form").is_visible()
