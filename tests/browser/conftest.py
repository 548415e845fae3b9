"""A browser for the tests of a module, and pages that must do nothing that a page must not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.browser.made import varied_report, written

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Opener(Protocol):
    """Opens an address in a new window; keywords are options of the browser's context."""

    def __call__(self, address: str, *, init_script: str = "", **context: Any) -> Page: ...


# A module's own: while it runs, its thread takes no other event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="no browser found: no playwright")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser found: none of {', '.join(NAMES)} is installed")
    with api.sync_playwright() as playwright:
        # The tests may run as root, whose processes Chromium puts in no sandbox.
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens pages. Afterwards none of them has asked for anything but itself, written to the
    console, broken its policy, failed, or shown a dialog."""
    wrong: list[str] = []

    def note(*words: object) -> None:
        wrong.append(" ".join(map(str, words)))

    def dismiss(dialog: Dialog) -> None:
        note("dialog", dialog.message)
        dialog.dismiss()

    with ExitStack() as contexts:

        def open_page(address: str, *, init_script: str = "", **context: Any) -> Page:
            made = browser.new_context(**context)
            contexts.callback(made.close)
            if init_script:
                made.add_init_script(init_script)
            page = made.new_page()
            page.set_default_timeout(10_000)
            page.on("request", lambda asked: None if asked.url == address else note(asked.url))
            page.on("console", lambda said: note(said.type, said.text))
            page.on("pageerror", note)
            page.on("dialog", dismiss)
            page.goto(address)
            if context.get("java_script_enabled", True):
                page.wait_for_selector("html.ready")
            return page

        yield open_page
    assert wrong == []


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with something of everything."""
    return written(varied_report(), tmp_path_factory.mktemp("page") / "report.html")
