"""How long a large HTML report takes to open and to filter, in real time.

In the Chromium of this machine, whose clock tells when the filled tables were painted.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from almareplay.reports import Report
from tests.benchmarks.measuring import Figure
from tests.browser.conftest import NAMES
from tests.browser.made import many_rows, written

ROWS, QUICK = 100_000, 5_000

# Milliseconds from the start of the navigation, or of the change, until what it shows is painted.
_PAINTED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
_OPENED = f"async () => {{ await {_PAINTED}; return performance.now(); }}"
_TYPED = f"""async ([name, value]) => {{
  const field = document.forms[0].elements[name];
  const began = performance.now();
  field.value = value;
  field.dispatchEvent(new Event("input", {{ bubbles: true }}));
  await {_PAINTED};
  return performance.now() - began;
}}"""
_SORTED = f"""async () => {{
  const began = performance.now();
  document.querySelector("#settled th.item-barcode button").click();
  await {_PAINTED};
  return performance.now() - began;
}}"""
_ASKED = [
    *[("patron", "2488"), ("patron", "24880000004321"), ("patron", "")],
    *[("barcode", "9"), ("barcode", "34880000123456"), ("barcode", "")],
    ("outcome", "patron_blocked"),
]


def figures(rows: int) -> Iterator[Figure]:
    """Milliseconds until what was asked for is painted."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    with tempfile.TemporaryDirectory(prefix="almareplay-page-") as folder:
        address = written(Report("main", lambda: many_rows(rows)), Path(folder) / "report.html")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            opened = []
            for _ in range(3):
                page = browser.new_page()
                page.set_default_timeout(0)  # however long it takes, that is the figure
                page.goto(address)
                page.wait_for_selector("html.ready")
                opened.append(float(page.evaluate(_OPENED)))
            case = f"{rows:,} rows"
            yield Figure(case, "opened", statistics.median(opened), "ms")
            yield from _filtered(case, page)
            browser.close()


def _filtered(case: str, page: Page) -> Iterator[Figure]:
    for name, value in _ASKED:
        said = f"{name} {value}" if value else f"{name} cleared"
        yield Figure(case, said, page.evaluate(_TYPED, [name, value]), "ms")
    page.evaluate("document.forms[0].elements.clear.click()")
    page.locator("#settled summary").click()
    yield Figure(case, "sorted by item", page.evaluate(_SORTED), "ms")
