"""The HTML report without a browser: its policy, its data, its drawings."""

from __future__ import annotations

import hashlib
import io
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.outcomes import FineRow, Outcome, PullRow, ReportRow
from almareplay.reports import Report
from almareplay.reports.embedding import BLOCK
from almareplay.reports.html import SECTION
from almareplay.reports.jsonl import write_jsonl
from almareplay.reports.timeline import MOST_BARS, timeline
from tests.examples import examples
from tests.reports.pages import AT, BLOCKED, HOUR, LOANED, embedded, page_of, with_outcome


def test_the_policy_knows_the_one_script_and_the_one_style(row: ReportRow) -> None:
    page = page_of(Report("main", lambda: [row]))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)

    def known(text: str) -> str:
        return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {known(script)}",
        f"style-src {known(style)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_the_page_refers_to_nothing_outside(row: ReportRow) -> None:
    page = page_of(Report("main", lambda: [row]))
    assert not re.search(r"(src|href|action)=\"(?!#)|url\(|@import|https?://|<link", page)
    assert not re.search(r"\sstyle=|\son[a-z]+=", page)


NASTY = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "&lt;&amp;",
    "\u2028\u2029\u202e\x85",
    "\x00",
    "\ud83d",
    "x" * 10_000,
]


def test_nothing_in_the_data_is_markup(row: ReportRow) -> None:
    rows = [row._replace(patron_id=text, library=text, note=text) for text in NASTY]
    for name in NASTY[:-1]:
        page = page_of(Report(name, lambda: rows))
        assert page.encode()
        assert "\x00" not in page
        assert "<img" not in page
        assert page.count("<script") == page.count("</script>") == 2
        assert [each["patron_id"] for each in embedded(page)] == NASTY
    harmless = page_of(Report("main", lambda: rows))
    data = re.findall(r'class="all-rows">(.*?)</script>', harmless)
    assert not re.search(r"[<>&\u2028\u2029]", "".join(data))


def as_jsonl(rows: Iterable[Any], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    file = io.StringIO()
    write_jsonl(rows, file, columns)
    return [json.loads(line) for line in file.getvalue().split("\n")[:-1]]


def many(row: ReportRow, number: int) -> Iterator[ReportRow]:
    """Rows of which some columns recur, some do not, and one has equal moments of two zones."""
    for place in range(number):
        outcome = [*Outcome][place % len(Outcome)]
        at = AT + timedelta(minutes=place // 2)
        moved = at if place % 2 else at.astimezone(UTC)
        yield with_outcome(row, outcome, moved)._replace(row=place, item_barcode=str(place))


@pytest.mark.parametrize("number", [1, 2, BLOCK + 1])
def test_the_page_holds_the_same_rows_as_the_other_formats(row: ReportRow, number: int) -> None:
    page = page_of(Report("main", lambda: many(row, number)))
    rows = embedded(page)
    assert page.count('class="all-rows"') == -(-number // BLOCK)
    sections = [each.pop(SECTION) for each in rows]
    assert rows == as_jsonl(many(row, number), ReportRow._fields)
    to_do = {each.value for each in Outcome if each.disposition.value in OPEN}
    others = {"settled", "cancelled", "pending"}
    assert set(sections) == ({*to_do, *others} if number > BLOCK else {"settled"})


OPEN = ("attention", "rejected", "unresolved")


def test_the_page_holds_the_lists(row: ReportRow) -> None:
    where = ("01FERN_INST", "sandbox")
    pull = PullRow("LAW", "K", "KF 1", "A title", "34", "hold shelf", AT, "MAIN/FRONT", 3, *where)
    fine = FineRow(
        *(3, "renewal", "p1", "34", AT, AT.astimezone(UTC), Decimal("2.50"), "USD", "part", None),
        *("", "Count.", *where),
    )
    fines = [fine, fine, fine._replace(amount=Decimal("2.5"))]
    page = page_of(Report("main", lambda: [row], [pull], fines))
    assert embedded(page, "pull-rows") == as_jsonl([pull], PullRow._fields)
    assert embedded(page, "fine-rows") == as_jsonl(fines, FineRow._fields)
    assert "Items to fetch" in page


def test_counts_advice_and_timeline_need_no_script(row: ReportRow) -> None:
    rows = [
        *(with_outcome(row, LOANED, AT + place * HOUR) for place in range(5)),
        with_outcome(row, BLOCKED),
        with_outcome(row, Outcome.INVALID, None),
        with_outcome(row, Outcome.INVALID, AT.replace(year=2062)),
    ]
    page = page_of(Report("main", lambda: rows))
    words = " ".join(re.sub(r"<[^>]*>", " ", page.split("<script")[0].split("</style>")[1]).split())
    assert "5 in Alma 1 need attention 2 could not be read" in words
    assert "Patron blocked 1 row Look at the block" in words
    assert "captured per quarter of an hour, at most 2" in words
    assert "Not shown: 1 row that could not be read, with another time." in words
    assert "Not shown: 1 row without a time." in words
    assert "Mon 14 Sep 13:00 1 1 0 0" in words
    assert page.count("<rect") == 3 + 5 + 1


def test_an_empty_run_and_an_anonymous_one(row: ReportRow) -> None:
    page = page_of(Report("main", list))
    assert "holds no loans or returns" in page
    assert "<rect" not in page
    page = page_of(Report("main", lambda: [row], anonymous=True))
    assert "Numbers stand for patrons" in page
    assert "holds the ids of patrons" not in page


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=15), "quarter of an hour"),
        (timedelta(hours=49), "quarter of an hour"),
        (timedelta(hours=60), "half hour"),
        (timedelta(days=7), "hour"),
        (timedelta(days=30), "4 hours"),
        (timedelta(days=365), "2 days"),
        (timedelta(days=365 * 50), "52 weeks"),
    ],
)
def test_a_long_outage_has_wider_bars(span: timedelta, words: str) -> None:
    first = AT.replace(tzinfo=None, minute=0)
    line = timeline({first: {"applied": 2}, first + span: {"attention": 3, "rejected": 1}})
    assert line is not None
    assert line.words == words
    assert 8 <= len(line.bars) <= MOST_BARS
    assert sum(sum(bar.counts.values()) for bar in line.bars) == 6
    assert line.bars[0].starts <= first


TIMES = st.datetimes(timezones=st.sampled_from([UTC, AT.tzinfo]))


@settings(max_examples=examples(25))
@given(st.lists(st.tuples(st.sampled_from(Outcome), st.none() | TIMES), max_size=6), st.text())
def test_any_rows_make_a_page(
    row: ReportRow, made: list[tuple[Outcome, datetime | None]], text: str
) -> None:
    rows = [with_outcome(row, outcome, at)._replace(note=text) for outcome, at in made]
    page = page_of(Report(text, lambda: rows))
    assert len(embedded(page)) == len(rows)
    assert page.count("<script") == (2 if rows else 1)
