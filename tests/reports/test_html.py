"""The HTML report without a browser: its one sentence, its policy, its data, its drawings."""

from __future__ import annotations

import hashlib
import io
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.outcomes import DISMISSED, FineRow, Outcome, PullRow, ReportRow
from almareplay.reports import Report
from almareplay.reports.embedding import BLOCK
from almareplay.reports.html import SECTION, write_html
from almareplay.reports.jsonl import write_jsonl
from almareplay.reports.summary import Summary, sentence
from almareplay.reports.timeline import MOST_BARS, timeline
from almareplay.transactions import AlmaInstance

AT = datetime(2026, 9, 14, 9, 2, tzinfo=timezone(timedelta(hours=-7)))


def page_of(report: Report) -> str:
    file = io.StringIO(newline="")
    write_html(report, file)
    return file.getvalue()


def with_outcome(row: ReportRow, outcome: Outcome, at: datetime | None = AT) -> ReportRow:
    return row._replace(
        outcome=outcome,
        disposition=outcome.disposition,
        advice=outcome.advice,
        captured_at=at,
    )


def said(rows: Iterable[ReportRow], *, predicted: bool = False) -> str:
    summary = Summary(predicted=predicted)
    shown = [*summary.count(rows)]
    return sentence(Report("main", lambda: shown, predicted=predicted), summary)


def embedded(page: str, name: str = "all-rows") -> list[dict[str, Any]]:
    """The rows that a page holds, as its script unpacks them."""
    rows: list[dict[str, Any]] = []
    for text in re.findall(rf'<script type="application/json" class="{name}">(.*?)</script>', page):
        block = json.loads(text)
        columns = {}
        for key, column in block["columns"].items():
            if isinstance(column, dict):
                at = column.get("at", [0] * block["size"])
                column = [column["each"][place] for place in at]
            columns[key] = column
        rows += [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]
    return rows


HOUR = timedelta(hours=1)
LOANED, BLOCKED, PENDING = Outcome.LOANED, Outcome.PATRON_BLOCKED, Outcome.PENDING


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


SANDBOX = AlmaInstance("01FERN_INST", "Fern & Oak University", "sandbox", "api.alma.example")
PRODUCTION = SANDBOX._replace(environment="production")
REHEARSED = datetime(2026, 9, 15, 6, 30, tzinfo=UTC)
OREGON = ZoneInfo("America/Los_Angeles")


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


def test_the_span_of_a_run_goes_by_the_instant_where_the_clocks_went_back(row: ReportRow) -> None:
    first = datetime(2026, 11, 1, 1, 50, tzinfo=OREGON)
    last = datetime(2026, 11, 1, 1, 10, fold=1, tzinfo=OREGON)
    rows = [with_outcome(row, LOANED, at) for at in (last, first)]
    assert "captured between 1 Nov 2026 01:50 and 01:10" in said(rows)


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


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(Outcome), st.none() | TIMES), max_size=6), st.text())
def test_any_rows_make_a_page(
    row: ReportRow, made: list[tuple[Outcome, datetime | None]], text: str
) -> None:
    rows = [with_outcome(row, outcome, at)._replace(note=text) for outcome, at in made]
    page = page_of(Report(text, lambda: rows))
    assert len(embedded(page)) == len(rows)
    assert page.count("<script") == (2 if rows else 1)
