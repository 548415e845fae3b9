"""A desk of the demo in a headless browser: the page itself, typed into as a scanner does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What Chromium is called, on Linux."""
_KEY_MS = 10
_PATIENCE_MS = 60_000


@contextmanager
def browser_desks() -> Iterator[BrowserDesks | None]:
    """Desks in a headless Chromium; None where there is none, or nothing that steers it."""
    if find_spec("playwright") is None:
        yield None
        return
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        program = program or playwright.chromium.executable_path
        browser: Browser | None = None
        if Path(program).is_file():
            try:
                browser = playwright.chromium.launch(executable_path=program)
            except Error:
                browser = None  # It is there and does not run, as without a library that it needs.
        try:
            yield None if browser is None else BrowserDesks(browser)
        finally:
            if browser is not None:
                browser.close()


class BrowserDesks:
    """Desks in windows of one browser, each with data of its own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def open(self, url: str, code: str, name: str, library: str) -> BrowserDesk:
        """Open the page, and pair it."""
        page = self._browser.new_context(locale="en-US").new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(url)
        page.wait_for_selector("html.ready")
        for field, value in ("code", code), ("name", name), ("library", library):
            page.fill(f"#pair-form [name={field}]", value)
        page.keyboard.press("Enter")
        page.wait_for_selector("body[data-page=desk]")
        return BrowserDesk(page)


class BrowserDesk:
    """One desk: keys, and what the page shows."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def lend(self, card: str, *items: str) -> None:
        """Scan a card, then items, in the mode for loans."""
        self._page.keyboard.press("F2")
        self._page.keyboard.press("F8")  # ends the patron before
        self._scan(card, *items)
        self._wait_until_saved(items[-1])

    def take_back(self, *items: str) -> None:
        """Scan returned items in the mode for returns."""
        self._page.keyboard.press("F4")
        self._scan(*items)
        self._wait_until_saved(items[-1])

    def undo(self) -> None:
        """Take the last scan back."""
        self._page.keyboard.press("F9")
        self._page.locator("#result", has_text="Taken back").wait_for()

    def wait_until_sent(self) -> None:
        """Wait until the server has confirmed everything."""
        self._page.wait_for_selector("#sending[data-state=done]")

    def _scan(self, *codes: str) -> None:
        for code in codes:
            self._page.keyboard.type(code, delay=_KEY_MS)
            self._page.keyboard.press("Enter")

    def _wait_until_saved(self, item: str) -> None:
        self._page.locator("#result[data-level=saved]", has_text=item).wait_for()
