"""Desks in a browser, whose pages must ask for nothing but their own server's and fail nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.desk.outage import Outage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Desk = Callable[..., "Page"]

# A server that is away is what these tests are about.
_EXPECTED = ("net::ERR_CONNECTION", "net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED")


@pytest.fixture
def outage(tmp_path: Path) -> Iterator[Outage]:
    made = Outage(tmp_path)
    yield made
    made.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Desk]:
    """Opens an address of a server in a browser of its own. Afterwards no page has asked another
    server, broken its policy, or failed. ``answers`` are statuses that may come."""
    wrong: list[str] = []

    with ExitStack() as contexts:

        def open_page(
            address: str, *, answers: tuple[int, ...] = (), init_script: str = "", **context: Any
        ) -> Page:
            made = browser.new_context(**context)
            contexts.callback(made.close)
            if init_script:
                made.add_init_script(init_script)
            return watched(made.new_page(), address, wrong, answers)

        yield open_page
    assert wrong == []


def watched(page: Page, address: str, wrong: list[str], answers: tuple[int, ...] = ()) -> Page:
    """Open an address in a page; whatever is wrong with it is put into ``wrong``."""
    origin = "/".join(address.split("/")[:3])
    may = [*_EXPECTED, *(f"status of {answer}" for answer in answers)]
    page.set_default_timeout(15_000)

    def console(said: Any) -> None:
        if not any(each in said.text for each in may):
            wrong.append(f"{said.type} {said.text}")

    def asked(request: Any) -> None:
        if not request.url.startswith((f"{origin}/", f"blob:{origin}")):
            wrong.append(request.url)

    page.on("console", console)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", asked)
    page.goto(address)
    page.wait_for_selector("html.ready")
    return page
