"""How long a card waits for its hash, by which the offline patron list is asked, in real time.

The page's own modules in the Chromium of this machine, by the page's clock; once as it is, and once
slowed down by the browser itself, as a cheap tablet is slow.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Thread

from playwright.sync_api import Page, sync_playwright

from almareplay.reports.patron_list import ROUNDS, hash_of
from tests.benchmarks.measuring import Figure
from tests.browser.conftest import NAMES

ROWS, QUICK = 500, 20
"""Cards."""

_BAR = 20.0  # milliseconds
_SLOWER = 6
_SALT = "5a17" * 8
_CARD = "21880000{:06}"
_HASHED = """async ([cards, salt, rounds]) => {
  const { hashOf } = await import("/app/patrons.js");
  return cards.map((card) => {
    const began = performance.now();
    const hash = hashOf(card, { salt, rounds });
    return [hash, performance.now() - began];
  });
}"""


def figures(rows: int) -> Iterator[Figure]:
    """Milliseconds of the first hash of a page, of the median and of 95 in 100."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    with _served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for slower in (1, _SLOWER):
            page = browser.new_page()
            page.goto(f"{address}/app/patrons.js")
            page.context.new_cdp_session(page).send(
                "Emulation.setCPUThrottlingRate", {"rate": slower}
            )
            waited = _hashed(page, rows)
            case = f"{ROUNDS:,} rounds" + (f", {slower} times slower" if slower > 1 else "")
            bar = _BAR if slower == 1 else None
            yield Figure(case, "the first card", waited[0], "ms", at_most=bar)
            waited.sort()
            yield Figure(case, "a card, median", statistics.median(waited), "ms", at_most=bar)
            yield Figure(case, "a card, 95 of 100", waited[int(rows * 0.95)], "ms", at_most=bar)
        browser.close()


def _hashed(page: Page, rows: int) -> list[float]:
    cards = [_CARD.format(number) for number in range(rows)]
    found = page.evaluate(_HASHED, [cards, _SALT, ROUNDS])
    hashes = [hashed for hashed, _ in found]
    assert hashes == [hash_of(card, _SALT) for card in cards], "the page hashes otherwise"
    return [float(milliseconds) for _, milliseconds in found]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing among the figures."""


@contextmanager
def _served() -> Iterator[str]:
    """The address of the page's files."""
    folder = str(files("almareplay.capture") / "page")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
