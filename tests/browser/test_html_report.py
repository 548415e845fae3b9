"""The HTML report in a real browser: what staff do with it, and what must never happen in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome
from almareplay.reports import Report
from tests.browser.conftest import Opener
from tests.browser.made import foreseen_report, many_rows, varied_report, written
from tests.browser.sections import found, row_numbers, shown, unfold

if TYPE_CHECKING:
    pass

# A browser takes its time: a proof beside the suite.
pytestmark = pytest.mark.slow


def test_what_is_open_is_on_top_and_the_rest_is_folded(opened: Opener, address: str) -> None:
    page = opened(address)
    to_do = ["patron_not_found", "patron_blocked", "item_not_found", "refused", "invalid"]
    lists = ["uncertain", "pull-list", "fines", "fines-by-day"]
    rest = ["pending", "dismissed", "cancelled", "settled"]
    assert shown(page) == [*to_do, *lists, *rest]
    assert (found(page), page.inner_text("#ticked")) == ("62 rows, 18 to do", "0 of 23 ticked")
    assert row_numbers(page.locator("#patron_blocked")) == [44, 45, 46]
    assert row_numbers(page.locator("#settled")) == []
    unfold(page.locator("#settled"))
    assert row_numbers(page.locator("#settled")) == [*range(1, 41)]
    unfold(page.locator("#cancelled"))
    assert row_numbers(page.locator("#cancelled")) == [61, 62]


def test_fines_that_are_the_same_by_the_day_are_apart_and_folded(
    opened: Opener, address: str
) -> None:
    page = opened(address)
    assert row_numbers(page.locator("#fines")) == [13, 17, 21]
    assert page.text_content("#fines .count") == "3 fines, 1 waived"
    assert page.locator("#fines").get_by_role("checkbox").count() == 2
    folded = page.locator("#fines-by-day")
    assert not folded.locator("table").is_visible()
    unfold(folded)
    assert row_numbers(folded) == [25]
    assert folded.get_by_role("checkbox").count() == 0
    assert "may be too high" in folded.inner_text()


def test_a_prediction_has_no_boxes_to_tick(opened: Opener, tmp_path: Path) -> None:
    page = opened(written(foreseen_report(), tmp_path / "prediction.html"))
    assert found(page) == "62 rows, 18 to settle"
    assert page.get_by_role("checkbox").count() == 0
    assert page.locator("#ticked").inner_text() == ""
    assert not page.locator("#storage").is_visible()
    assert "Before the replay: " in page.inner_text("#patron_blocked .advice")
    unfold(page.locator("#replayed"))
    assert row_numbers(page.locator("#replayed")) == [63]
    page.get_by_role("button", name="Details of row 44").click()
    assert "record the loan" not in page.inner_text("main")
    page.emulate_media(media="print")
    page.wait_for_selector(".sheet")
    assert page.locator(".sheet").get_by_role("checkbox").count() == 0
    assert page.inner_text(".sheet .mark >> nth=0") == "PRODUCTION prediction, 01FERN_INST"


def test_filter(opened: Opener, address: str) -> None:
    page = opened(address)
    page.get_by_role("combobox", name="Desk").select_option(label="LAW / DESK (21)")
    assert found(page) == "21 of 62 rows found, 6 to do"
    assert row_numbers(page.locator("#patron_blocked")) == [44]
    assert page.inner_text("#patron_blocked .count") == "1 of 3 rows"
    page.get_by_label("Outcome").select_option(label="Patron blocked (4)")
    assert (found(page), shown(page)) == (
        "2 of 62 rows found, 1 to do",
        ["patron_blocked", "dismissed"],
    )
    page.get_by_role("button", name="Clear").click()
    assert found(page) == "62 rows, 18 to do"
    page.get_by_label("Patron", exact=True).fill(" 4880000000007 ")
    assert (found(page), shown(page)) == ("1 of 62 rows found, 0 to do", ["settled"])
    assert row_numbers(page.locator("#settled")) == [7]
    page.get_by_label("Item", exact=True).fill("no such barcode")
    assert found(page) == "0 of 62 rows found, 0 to do"
    assert page.get_by_text("No row matches this filter.").is_visible()
    page.get_by_label("Patron", exact=True).fill("P-13")
    page.get_by_label("Item", exact=True).fill("")
    assert shown(page) == ["fines"]


def test_sort_by_any_column(opened: Opener, address: str) -> None:
    page = opened(address)
    section = page.locator("#settled")
    unfold(section)
    original = row_numbers(section)
    heads = section.locator("thead button")
    for head in heads.all():
        head.click()
        assert section.locator("thead [aria-sort=ascending]").count() == 1
        up = section.locator("tbody tr").all_text_contents()
        head.click()
        assert section.locator("thead [aria-sort=descending]").count() == 1
        assert sorted(section.locator("tbody tr").all_text_contents()) == sorted(up)
    heads.get_by_text("Row").click()
    assert row_numbers(section) == original
    heads.get_by_text("Captured").click()
    heads.get_by_text("Captured").click()
    assert row_numbers(section) == original[::-1]
    heads.get_by_text("Patron").click()
    # Returns have no patron: what is not known stands last.
    with_patron = [row for row in original if row % 4 != 1]
    assert row_numbers(section)[:30] == with_patron
    heads.get_by_text("Patron").click()
    assert row_numbers(section)[:30] == with_patron[::-1]
    assert page.inner_text("#said").endswith("sorted by Patron, descending.")


def test_ticks_survive_a_reload_but_not_another_outcome(opened: Opener, tmp_path: Path) -> None:
    report = varied_report()
    path = tmp_path / "report.html"
    page = opened(written(report, path))
    page.get_by_label("Done: row 44").check()
    page.get_by_label("Done: row 45").check()
    page.locator("#pull-list").get_by_role("checkbox").first.check()
    page.get_by_label("Done: row 45").uncheck()
    page.reload()
    assert page.get_by_label("Done: row 44").is_checked()
    assert not page.get_by_label("Done: row 45").is_checked()
    assert page.inner_text("#ticked") == "2 of 23 ticked"
    assert page.inner_text("#patron_blocked .count") == "3 rows, 1 ticked"

    def retried() -> list[object]:
        again = Outcome.PATRON_LIMIT
        return [
            row._replace(outcome=again, advice=again.advice) if row.row == 44 else row
            for row in report.rows()
        ]

    written(Report("main", retried, report.pull_list, report.fines), path)  # type: ignore[arg-type]
    page.reload()
    assert not page.get_by_label("Done: row 44").is_checked()
    assert page.inner_text("#ticked") == "1 of 23 ticked"


def test_without_storage_ticks_work_and_the_page_says_that_they_go(
    opened: Opener, address: str
) -> None:
    nowhere = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }});"
    page = opened(address, init_script=nowhere)
    page.get_by_label("Done: row 44").check()
    assert page.inner_text("#ticked") == "1 of 23 ticked"
    assert "This browser keeps no ticks" in page.inner_text("footer")


@pytest.mark.parametrize("clipboard", ["", "delete Navigator.prototype.clipboard;"])
def test_copy_with_one_click(opened: Opener, address: str, clipboard: str) -> None:
    page = opened(address, init_script=clipboard, permissions=["clipboard-read", "clipboard-write"])
    button = page.locator("#patron_blocked").get_by_role("button", name="Copy patron id").first
    button.click()
    page.get_by_text("Copied 24880000000044").wait_for(state="attached")
    assert button.evaluate("button => document.activeElement === button")
    page.get_by_label("Patron", exact=True).focus()
    page.keyboard.press("Control+V")
    assert page.get_by_label("Patron", exact=True).input_value() == "24880000000044"


def test_times_are_those_of_the_library_over_the_change_of_the_clocks(
    opened: Opener, address: str
) -> None:
    page = opened(address)
    unfold(page.locator("#settled"))
    page.get_by_role("button", name="Details of row 4", exact=True).click()
    detail = page.locator("#settled .detail")
    assert "Mon 2 Nov 2026 23:59" in detail.inner_text()
    assert "America/Los_Angeles" in page.inner_text("footer")
    times = page.locator("#settled tbody time")
    assert times.nth(0).get_attribute("datetime") == "2026-09-14T09:08:00-07:00"
    assert times.nth(0).inner_text() == "Mon 14 Sep 09:08"


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><!--<script>alert(1)",
    '=HYPERLINK("http://x")',
    "\u202e1234567\u202c",
    "nul\x00 half\ud83d line\u2028",
    "x" * 10_000,
]


def test_hostile_values_are_text(opened: Opener, tmp_path: Path) -> None:
    blocked = next(row for row in varied_report().rows() if row.row == 44)
    rows = [
        blocked._replace(
            row=number, patron_id=text, item_barcode=text, library=text, circ_desk=text,
            alma_message=text, note=text, source_file=text, alma_code=text,
        )
        for number, text in enumerate(HOSTILE, start=1)
    ]  # fmt: skip
    varied = varied_report("</title><script>alert(1)</script>")
    report = Report(
        varied.run,
        lambda: rows,
        [varied.pull_list[0]._replace(title=text, item_barcode=text) for text in HOSTILE],
        [varied.fines[0]._replace(patron_id=text, advice=text) for text in HOSTILE],
    )
    page = opened(written(report, tmp_path / "report.html"), viewport={"width": 320, "height": 640})
    for opener in page.locator("#patron_blocked .opener").all():
        opener.click()
    ids = page.locator("#patron_blocked td.patron-id .id").all_inner_texts()
    assert ids[:4] == HOSTILE[:4]
    assert ids[4:6] == ["U+202E1234567U+202C", "nulU+0000 halfU+D83D lineU+2028"]
    assert ids[6] == f"{'x' * 40}… (10,000 characters)"
    assert "x" * 10_000 in page.locator("#patron_blocked .detail").last.inner_text()
    assert page.locator("img, iframe, main script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.slow
def test_a_hundred_thousand_rows(opened: Opener, tmp_path: Path) -> None:
    report = Report("main", lambda: many_rows(100_000))
    page = opened(written(report, tmp_path / "report.html"))
    assert found(page) == "100,000 rows, 3,030 to do"
    page.get_by_label("Patron", exact=True).fill("24880000004321")
    assert found(page) == "15 of 100,000 rows found, 1 to do"
    assert row_numbers(page.locator("#settled"))[:2] == [4321, 9321]
    page.get_by_role("button", name="Clear").click()
    section = page.locator("#patron_blocked")
    assert section.locator("tbody tr").count() == 50
    section.get_by_role("button", name="Show 200 more").click()
    assert section.locator("tbody tr").count() == 250
    assert row_numbers(section) == sorted(row_numbers(section))
