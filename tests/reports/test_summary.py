"""What happened, in one sentence at the top of the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pytest

from almareplay.outcomes import DISMISSED, Outcome, ReportRow
from almareplay.reports import Report
from almareplay.reports.summary import Summary, sentence
from tests.reports.pages import AT, BLOCKED, HOUR, LOANED, OREGON, PENDING, page_of, with_outcome


def said(rows: Iterable[ReportRow], *, predicted: bool = False) -> str:
    summary = Summary(predicted=predicted)
    shown = [*summary.count(rows)]
    return sentence(Report("main", lambda: shown, predicted=predicted), summary)


@pytest.mark.parametrize(
    ("outcomes", "about", "words"),
    [
        ([], {}, "Run 'main' holds no loans or returns."),
        (
            [LOANED, Outcome.DUPLICATE, BLOCKED],
            {},
            "Run 'main': 2 of 3 loans and returns captured between 14 Sep 2026 09:02 and 11:02 "
            "are in Alma or needed no change; 1 row needs somebody.",
        ),
        (
            [LOANED] * 20,
            {},
            "Run 'main': all 20 loans and returns captured between 14 Sep 2026 09:02 and "
            "15 Sep 2026 04:02 are in Alma or needed no change; nothing is left to do.",
        ),
        (
            [PENDING, PENDING],
            {},
            "Run 'main': none of its 2 loans and returns captured between 14 Sep 2026 09:02 and "
            "10:02 is in Alma yet; 2 rows are not replayed yet.",
        ),
        (
            [LOANED, PENDING, BLOCKED, BLOCKED],
            {},
            "Run 'main': 1 of 4 loans and returns captured between 14 Sep 2026 09:02 and 12:02 "
            "is in Alma or needed no change; 2 rows need somebody; 1 row is not replayed yet.",
        ),
        (
            [LOANED, LOANED, BLOCKED],
            {"predicted": True},
            "As predicted, run 'main': 2 of 3 loans and returns captured between 14 Sep 2026 09:02 "
            "and 11:02 would be in Alma or need no change; 1 row would need somebody.",
        ),
        (
            [LOANED],
            {},
            "Run 'main': its only loan or return captured on 14 Sep 2026 at 09:02 is in Alma or "
            "needed no change; nothing is left to do.",
        ),
        (
            [BLOCKED, BLOCKED],
            {},
            "Run 'main': none of 2 loans and returns captured between 14 Sep 2026 09:02 and 10:02 "
            "is in Alma or needed no change; 2 rows need somebody.",
        ),
    ],
)
def test_what_happened_in_one_sentence(
    row: ReportRow, outcomes: list[Outcome], about: dict[str, bool], words: str
) -> None:
    rows = [with_outcome(row, each, AT + place * HOUR) for place, each in enumerate(outcomes)]
    assert said(rows, **about) == words


def test_times_of_rows_that_could_not_be_read_count_only_where_there_are_no_others(
    row: ReportRow,
) -> None:
    wrong = with_outcome(row, Outcome.INVALID, AT.replace(year=2062))
    fine = with_outcome(row, LOANED)
    assert "captured on 14 Sep 2026 at 09:02" in said([wrong, fine, wrong])
    assert "captured on 14 Sep 2062 at 09:02" in said([wrong])
    assert "captured" not in said([with_outcome(row, Outcome.INVALID, None)])


def test_what_was_dismissed_is_settled(row: ReportRow) -> None:
    rows = [
        with_outcome(row, BLOCKED)._replace(advice=DISMISSED, dismissed=True),
        with_outcome(row, LOANED),
    ]
    assert said(rows).endswith("1 row was settled by hand; nothing is left to do.")
    page = page_of(Report("main", lambda: rows))
    assert 'id="dismissed"' in page
    assert 'id="patron_blocked"' not in page


def test_what_the_desk_cancelled_needed_no_change_and_is_counted_by_itself(row: ReportRow) -> None:
    rows = [with_outcome(row, each) for each in (Outcome.CANCELLED, LOANED, Outcome.DUPLICATE)]
    assert said(rows).endswith("are in Alma or needed no change; nothing is left to do.")
    assert "all 3 loans and returns" in said(rows)
    page = page_of(Report("main", lambda: rows))
    assert 'id="cancelled"' in page
    assert "Cancelled at the desk" in page
    assert '<rect class="cancelled"' in page
    assert "<b>1</b> cancelled at the desk" in page
    assert "<b>1</b> needed no change" in page


def test_the_span_of_a_run_goes_by_the_instant_where_the_clocks_went_back(row: ReportRow) -> None:
    first = datetime(2026, 11, 1, 1, 50, tzinfo=OREGON)
    last = datetime(2026, 11, 1, 1, 10, fold=1, tzinfo=OREGON)
    rows = [with_outcome(row, LOANED, at) for at in (last, first)]
    assert "captured between 1 Nov 2026 01:50 and 01:10" in said(rows)
