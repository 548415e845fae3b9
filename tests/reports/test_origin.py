"""Which Alma a page speaks of, and whether it speaks of what happened or of what will."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from almareplay.outcomes import Outcome, ReportRow
from almareplay.reports import Report
from almareplay.reports.html import SECTION
from almareplay.transactions import AlmaInstance
from tests.reports.pages import (
    AT,
    BLOCKED,
    LOANED,
    OREGON,
    PENDING,
    embedded,
    page_of,
    with_outcome,
)

SANDBOX = AlmaInstance("01FERN_INST", "Fern & Oak University", "sandbox", "api.alma.example")
PRODUCTION = SANDBOX._replace(environment="production")
REHEARSED = datetime(2026, 9, 15, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("about", "title", "words"),
    [
        (
            {"alma": SANDBOX},
            "SANDBOX: report of run main – almareplay",
            "sandbox Fern &amp; Oak University (01FERN_INST). Nothing of this has "
            "happened in the production Alma. It was not rehearsed there.",
        ),
        (
            {"alma": PRODUCTION, "rehearsed": REHEARSED, "zone": OREGON},
            "PRODUCTION: report of run main – almareplay",
            "production Fern &amp; Oak University (01FERN_INST). "
            "It was rehearsed there on 14 Sep 2026 at 23:30.",
        ),
        (
            {"alma": PRODUCTION._replace(name="", institution="")},
            "PRODUCTION: report of run main – almareplay",
            "production the Alma at api.alma.example. It was not rehearsed there.",
        ),
        (
            {},
            "report of run main – almareplay",
            "not sent Nothing was sent to Alma yet. It was not rehearsed either.",
        ),
        (
            {"rehearsed": REHEARSED},
            "report of run main – almareplay",
            "not sent Nothing was sent to Alma yet. It was rehearsed on 15 Sep 2026 at 06:30.",
        ),
        (
            {"alma": PRODUCTION, "predicted": True},
            "PRODUCTION: prediction for run main – almareplay",
            "production Fern &amp; Oak University (01FERN_INST). This is what a "
            "rehearsal there foresees; it posted nothing.",
        ),
        (
            {"predicted": True},
            "prediction for run main – almareplay",
            "not sent Alma was not asked: no row was left to be replayed.",
        ),
    ],
)
def test_the_page_says_which_alma_it_speaks_of(
    row: ReportRow, about: dict[str, Any], title: str, words: str
) -> None:
    page = page_of(Report("main", lambda: [row], **about))
    assert re.findall("<title>(.*?)</title>", page)[0] == title
    (band,) = re.findall(r'<p class="origin".*?</p>', page, re.DOTALL)
    assert " ".join(re.sub(r"<[^>]*>", " ", band).split()) == words


def test_a_prediction_is_worded_as_one(row: ReportRow) -> None:
    foreseen = [
        with_outcome(row, each)._replace(advice=each.advice_before)
        for each in (BLOCKED, LOANED, Outcome.ON_LOAN_TO_OTHER)
    ]
    replayed = with_outcome(row, Outcome.PATRON_EXPIRED)._replace(completed_at=AT)
    rows = [*foreseen, with_outcome(row, PENDING), with_outcome(row, Outcome.INVALID), replayed]
    page = page_of(Report("main", lambda: rows, predicted=True, alma=SANDBOX))
    text = re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", page))
    assert BLOCKED.advice_before.replace("'", "&#39;") in text
    assert "What can be settled before the replay" in text
    assert "record the loan" not in text
    assert 'id="patron_expired"' not in page
    assert "1 row of an earlier replay still needs somebody; 1 row was not rehearsed" in text
    sections = [each[SECTION] for each in embedded(page)]
    assert sections == [
        *("patron_blocked", "settled", "on_loan_to_other", "pending", "invalid", "replayed"),
    ]


def test_times_are_named_once(row: ReportRow) -> None:
    page = page_of(Report("main", lambda: [row], zone=OREGON))
    assert "All times are those of America/Los_Angeles." in page
    assert page_of(Report("main", list)).count("All times are those of UTC.") == 1
