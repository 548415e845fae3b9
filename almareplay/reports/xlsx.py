"""A report as an Excel workbook: a summary, what staff must do, the lists, and all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from math import ceil
from pathlib import Path
from typing import Any

from almareplay.outcomes import Disposition, FineRow, Outcome, PullRow, ReportRow
from almareplay.reports.content import Report
from almareplay.reports.delimited import Row
from almareplay.reports.origin import label_of, mark_of, origin_of
from almareplay.reports.sheets import (
    CUT,
    LONGEST_TEXT,
    Book,
    Table,
    set_page,
    workbook,
)
from almareplay.reports.summary import Summary, sentence, was_replayed

TO_DO = (
    *("done", "row", "outcome", "advice", "captured_at", "kind", "item_barcode", "patron_id"),
    *("library", "circ_desk", "alma_message", "note", "source_file", "source_row"),
)
"""The columns of the sheet that staff work from; ``done`` is theirs to fill."""

_LISTS = {PullRow._fields: "Pull list", FineRow._fields: "Fines"}
_CONTENTS = (
    "What staff must do, each row with its advice; 'done' is for you to fill.",
    "Items that came back and that somebody waits for: they may have been shelved again.",
    "Fines that the replay made and that may be too high; where 'wrong' says none, a fine that is "
    "counted by the day is the same.",
    "All rows, in the order of the replay, with the columns of the report as CSV.",
)

_FORESEEN = "What can be settled before the replay, each row with its advice."


def write_xlsx(report: Report, path: Path) -> None:
    """Write the sheets Summary, To do, Pull list, Fines and Rows; all rows are read once.

    Barcodes and ids are texts. Times are dates by the clock of the library, each with its offset
    from UTC in the cell's format; those before March 1900 are texts. Raises OSError.
    """
    # What is foreseen cannot be done yet.
    columns = TO_DO[1:] if report.predicted else TO_DO
    title = f"almareplay: {label_of(report).upper()}: run '{report.run}'"
    with workbook(path, title, mark_of(report)) as book:
        front = book.workbook.add_worksheet("Summary")
        to_do = Table(book, "To do", columns, tall=True)
        pull_list = Table(book, "Pull list", PullRow._fields)
        fines = Table(book, "Fines", FineRow._fields)
        rows = Table(book, "Rows", ReportRow._fields)
        summary = Summary(predicted=report.predicted)
        outcomes: Counter[Outcome] = Counter()
        for row in summary.count(report.rows()):
            rows.add(row)
            if row.to_do and not (report.predicted and was_replayed(row)):
                to_do.add(tuple("" if name == "done" else getattr(row, name) for name in columns))
            outcomes[row.outcome] += 1
        for pull in report.pull_list:
            pull_list.add(pull)
        for fine in report.fines:
            fines.add(fine)
        tables = [to_do, pull_list, fines, rows]
        for table in tables:
            table.close()
        lines = [
            *_facts(report, summary, book.cut),
            *_by_outcome(summary, outcomes),
            *_sheets(tables, predicted=report.predicted),
        ]
        _write_front(book, front, lines)


def write_xlsx_list(rows: Iterable[Row], path: Path, columns: Sequence[str]) -> None:
    """Write a list as a workbook of one sheet. Raises OSError."""
    name = _LISTS.get(tuple(columns), "List")
    with workbook(path, f"almareplay: {name.lower()}") as book:
        table = Table(book, name, columns)
        for row in rows:
            table.add(row)
        table.close()


_Line = tuple[bool, Row]
"""The cells of a line of the summary, and whether they are bold."""


def _facts(report: Report, summary: Summary, cut: int) -> Iterator[_Line]:
    yield True, (label_of(report).upper(), origin_of(report))
    yield True, ("Prediction" if report.predicted else "Report", sentence(report, summary))
    yield False, ("Next", " ".join(_steps(report, summary)) or "Nothing is left to do.")
    yield False, ("Run", report.run)
    yield False, ("Written", datetime.now(report.zone))
    yield False, ("Captured from", summary.first)
    yield False, ("Captured until", summary.last)
    yield False, ("Times", _times(report.zone, summary))
    for note in _notes(report, cut):
        yield False, ("Note", note)
    yield False, ()


def _steps(report: Report, summary: Summary) -> Iterator[str]:
    to_do = summary.to_do.total()
    if report.predicted:
        yield "Settle what can be settled before the replay (sheet 'To do')."
        return
    if pending := summary.groups[Disposition.PENDING]:
        yield f"Some rows are not replayed yet ({pending:,}): whoever runs almareplay goes on."
    if to_do:
        yield (
            f"Work through the sheet 'To do' ({to_do:,}). Tell whoever runs almareplay the numbers "
            "of the rows to be tried again, as when a block was lifted, and of those settled by "
            "hand."
        )
    if report.pull_list:
        yield f"Fetch the items of the sheet 'Pull list' ({len(report.pull_list):,})."
    if fines := sum(fine.to_do for fine in report.fines):
        yield f"Look at the fines that may be too high (sheet 'Fines', {fines:,})."


def _times(zone: tzinfo, summary: Summary) -> str:
    told = f"All times are those of {zone}; each shows its offset from UTC."
    first, last = summary.first, summary.last
    if first and last and first.utcoffset() != last.utcoffset():
        told += " The clocks were changed meanwhile: sorting by time overlooks that."
    return told


def _notes(report: Report, cut: int) -> Iterator[str]:
    if report.predicted:
        yield "Outcomes are what a rehearsal foresees: nothing was posted."
    if report.anonymous:
        yield "Numbers stand for patrons, and what Alma said of them is left out."
    else:
        yield "This file names patrons: give it to those only who work with it."
    if cut:
        yield (
            f"Texts cut at {LONGEST_TEXT:,} characters, the most that a cell of Excel holds: "
            f"{cut:,}. They end in '{CUT.strip()}'; a report as .csv or .jsonl has them whole."
        )


def _by_outcome(summary: Summary, outcomes: Counter[Outcome]) -> Iterator[_Line]:
    yield True, ("Outcome", "Advice", "Rows", "Share", "To do")
    for disposition in Disposition:
        found = [each for each in Outcome if each.disposition is disposition and outcomes[each]]
        rows = sum(outcomes[each] for each in found)
        if found:
            left = sum(summary.to_do[each] for each in found)
            yield True, (disposition, "", rows, rows / summary.rows, left)
        for outcome in found:
            number, left = outcomes[outcome], summary.to_do[outcome]
            advice = outcome.advice_before if summary.predicted else outcome.advice
            yield False, (f"  {outcome}", advice, number, number / summary.rows, left)
    yield True, ("all", "", summary.rows, "", summary.to_do.total())
    yield False, ()


def _sheets(tables: Sequence[Table], *, predicted: bool) -> Iterator[_Line]:
    yield True, ("Sheet", "", "Rows")
    contents = (_FORESEEN, *_CONTENTS[1:]) if predicted else _CONTENTS
    for table, content in zip(tables, contents, strict=True):
        yield False, (", ".join(table.names), content, table.lines)


def _write_front(book: Book, sheet: Any, lines: Iterable[_Line]) -> None:
    number_formats = ["General", "General", "#,##0", "0.0%", "#,##0"]
    for column, width in enumerate([24, 100, 12, 9, 12]):
        sheet.set_column(column, column, width)
    set_page(sheet, book.mark, pages_high=1)
    forms = {
        (bold, number_format): book.format(
            bold=bold,
            num_format=number_format,
            text_wrap=True,
            align="left" if number_format == "General" else "right",
        )
        for bold in (True, False)
        for number_format in dict.fromkeys(number_formats)
    }
    for line, (bold, cells) in enumerate(lines):
        words = str(cells[1]) if len(cells) > 1 else ""
        # Bold letters are wider.
        sheet.set_row(line, 15 * max(1, ceil(len(words) / (90 if bold else 110))))
        for column, value in enumerate(cells):
            book.write(sheet, line, column, value, forms[bold, number_formats[column]])
