"""What a page shows: its sections and their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def row_numbers(section: Locator) -> list[int]:
    return [int(text) for text in section.locator("[role=rowheader]").all_text_contents()]


def found(page: Page) -> str:
    return page.locator("#found").inner_text()


def unfold(section: Locator) -> None:
    """Unfold a section, whose rows the page writes only then."""
    section.locator("summary").click()
    section.locator("tbody tr").first.wait_for()


def shown(page: Page) -> list[str]:
    """The sections that can be seen."""
    sections = page.locator("section.rows").all()
    return [section.get_attribute("id") or "" for section in sections if section.is_visible()]
