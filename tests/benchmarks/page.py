"""``python -m tests.benchmarks.page``: how long a large HTML report takes to write and open.

In the Chromium of this machine, whose clock tells when the filled tables were painted.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from almareplay.reports import Report
from tests.browser.conftest import NAMES
from tests.browser.made import many_rows, written

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


def main() -> None:
    """Write a page, open and filter it, and say how long that took."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.page")
    parser.add_argument("--rows", type=int, default=100_000)
    rows = [*many_rows(parser.parse_args().rows)]
    program = next(filter(None, map(shutil.which, NAMES)), None)
    with tempfile.TemporaryDirectory(prefix="almareplay-page-") as folder:
        path = Path(folder) / "report.html"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        address = written(Report("main", lambda: rows), path)
        seconds = time.perf_counter() - began
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
        size = path.stat().st_size / 1e6
        print(f"{len(rows):,} rows written in {seconds:.1f} s, {memory:.0f} MB; {size:.1f} MB")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            for _ in range(3):
                page = browser.new_page()
                page.goto(address)
                page.wait_for_selector("html.ready")
                print(f"opened in {page.evaluate(_OPENED):,.0f} ms")
            _filter(page)
            browser.close()


def _filter(page: Page) -> None:
    for name, value in _ASKED:
        milliseconds = page.evaluate(_TYPED, [name, value])
        found = page.inner_text("#found")
        print(f"{name} {value or 'cleared'}: {milliseconds:,.0f} ms ({found})")
    page.evaluate("document.forms[0].elements.clear.click()")
    page.locator("#settled summary").click()
    print(f"sorted by item in {page.evaluate(_SORTED):,.0f} ms")


if __name__ == "__main__":
    main()
