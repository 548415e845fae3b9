"""The reference pages say what the code does."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes import FineRow, Outcome, PullRow, ReportRow
from almareplay.queue.tables.schema import metadata
from almareplay.sources import ReadingOptions, open_capture, parse_columns
from almareplay.sources.options import FIELDS
from almareplay.transactions import Transaction
from tests.docs.pages import DOCS, README, REPOSITORY, blocks_of, pages, table
from tests.docs.reference import WRITTEN

REFERENCE = DOCS / "reference"
_ANEW = "write it anew: python -m tests.docs"
_OF_THE_DEMO = {"the whole demo", "the demo in short"}


def first_words(page: Path, section: str) -> list[str]:
    """The first column of the first table below a heading, without its code marks."""
    _, found, after = page.read_text("utf-8").partition(f"\n## {section}\n")
    assert found
    block = re.search(r"^\| column .*?(?=\n\n|\Z)", after, re.MULTILINE | re.DOTALL)
    assert block
    return re.findall(r"^\| `(\w+)` \|", block[0], re.MULTILINE)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_shown_from_the_code_is_as_the_code_is(name: str) -> None:
    shown = [blocks[name] for page in pages() if name in (blocks := blocks_of(page))]
    assert shown, f"no page has the block {name!r}"
    for each in shown:
        assert each == WRITTEN[name](), _ANEW


def test_every_block_of_a_page_is_written_from_the_code() -> None:
    names = Counter(name for page in pages() for name in blocks_of(page))
    assert set(names) == set(WRITTEN) | _OF_THE_DEMO
    assert "the demo in short" in blocks_of(README)


@pytest.mark.parametrize(
    ("section", "columns"),
    [("Report", ReportRow._fields), ("Pull list", PullRow._fields), ("Fines", FineRow._fields)],
)
def test_every_column_is_described(section: str, columns: tuple[str, ...]) -> None:
    assert tuple(first_words(REFERENCE / "report.md", section)) == columns


def test_every_table_of_the_queue_is_described() -> None:
    described = {row[0].strip("`") for row in table(REFERENCE / "stored-data.md", "table")}
    assert described == set(metadata.tables)


def test_the_fields_of_columns_are_those_that_the_flag_takes() -> None:
    fields = [row[0].strip("`") for row in table(REFERENCE / "formats.md", "field")]
    assert fields == list(FIELDS)
    assert set(parse_columns(",".join(f"{field}=A" for field in fields))) == set(fields)


FORMATS = [
    pytest.param(words.strip("`"), REPOSITORY / sample.strip("`"), needs, id=sample.strip("`"))
    for _, words, sample, needs in table(REFERENCE / "formats.md", "format")
]


@pytest.mark.parametrize(("words", "sample", "needs"), FORMATS)
def test_a_format_is_called_and_needs_what_the_page_says(
    words: str, sample: Path, needs: str
) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    options = ReadingOptions(
        timezone=zone,
        now=datetime(2026, 9, 15, 8, tzinfo=zone),
        library="MAIN" if "--library" in needs else None,
        circ_desk="FRONT" if "--circ-desk" in needs else None,
    )
    capture = open_capture(sample, options)
    assert words in capture.format
    assert [row for row in capture.rows() if isinstance(row, Transaction)]


def test_every_outcome_in_the_tables_of_decisions_is_one() -> None:
    text = (DOCS / "design.md").read_text("utf-8")
    decided = re.findall(r"^\|.+\| `(\w+)` \|$", text, re.MULTILINE)
    assert len(decided) > 10
    assert set(decided) <= set(Outcome)
