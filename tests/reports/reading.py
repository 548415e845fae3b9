"""Reports read back: the rows of any format as texts by column, times in UTC; and hostile texts."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # it comes without types
from python_calamine import CalamineWorkbook

from almareplay.outcomes import ReportRow

TIMES = ("captured_at", "due_date", "completed_at")

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!--",
    "]]>",
    '"><svg onload=alert(1)>',
    "<r><t>a</t></r>",
    '<r></r></is></c><c r="A9"><f>1+1</f></c></r>',
    '=HYPERLINK("http://a.example","x")',
    "{=1+1}",
    "@SUM(1)",
    "+1",
    "-1",
    "\t=1",
    "＝1+1",
    "http://a.example/",
    "internal:Rows!A1",
    "1E5",
    "0012",
    "12345678901234567890",
    "2026-09-14",
    "TRUE",
    "\u200f\u202e12\u202c\u2066x\u2069",
    "x" * 10_000,
    "nul\x00 and \x1f\x7f\x85",
    "half \ud83d of it",
    "_x0000_ _x005F_ _x000D_",
    "first\nsecond\r\nthird\rfourth",
    " \xa0both ends \xa0",
    "\u2028\u2029\ufeff",
    "\ufffe\uffff",
    "{{ 7 * 7 }} {% raw %} ${7}",
    "&lt;&amp;&#0;",
    "📚🏳️‍🌈 ﷽",
    "'",
    '"',
    "\\u0041",
]
"""Texts that a format could take for something else, run, cut or lose."""


def canonical(row: ReportRow, shown: Any = str) -> dict[str, str]:
    """A row as texts; ``shown`` tells how a format shows a text that it cannot hold as it is."""
    named = row._asdict()
    return {
        name: _utc(value) if isinstance(value, datetime) else "" if value is None
        else _boolean(value) if isinstance(value, bool) else shown(str(value))
        for name, value in named.items()
    }  # fmt: skip


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _plain(named: dict[str, Any]) -> dict[str, str]:
    return {
        name: "" if value in (None, "")
        else _utc(datetime.fromisoformat(value)) if name in TIMES
        else _boolean(value) if isinstance(value, bool) else str(value)
        for name, value in named.items()
    }  # fmt: skip


def in_csv(text: str) -> str:
    text = text.replace("\x00", "").encode("utf-8", "backslashreplace").decode()
    cell = ""
    for place in range(len(text) + 1):
        if place == 0 or text[place - 1] in ";\t\r\n":
            ahead = text[place:].lstrip(' \xa0"')[:1]
            dangerous = "=+-@＝＋－＠" + ("\t\r\n" if place == 0 else "")
            cell += "'" * (ahead != "" and ahead in dangerous)
        cell += text[place : place + 1]
    return cell


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [_plain(each) for each in csv.DictReader(file, strict=True)]


def jsonl_rows(path: Path) -> list[dict[str, str]]:
    # By line feeds alone: a text may hold other ends of lines.
    lines = path.read_bytes().decode("utf-8").split("\n")[:-1]
    return [_plain(json.loads(line)) for line in lines]


def in_xlsx(text: str) -> str:
    text = text.encode("utf-8", "backslashreplace").decode()
    # Calamine reads these two as they are written, other than Excel.
    text = text.replace("\ufffe", "_xFFFE_").replace("\uffff", "_xFFFF_")
    return f"'{text}" if text.startswith("<r>") and text.endswith("</r>") else text


def sheet(path: Path, name: str) -> list[list[Any]]:
    """The cells of a sheet as calamine reads them."""
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file).get_sheet_by_name(name).to_python()


def xlsx_rows(path: Path, name: str = "Rows") -> list[dict[str, str]]:
    """The rows of a sheet; the offset of a time is in the format of its cell."""
    header, *lines = sheet(path, name)
    cells = openpyxl.load_workbook(path)[name]
    return [
        {
            column: _cell(column, value, cells.cell(line, place).number_format)
            for place, (column, value) in enumerate(zip(header, values, strict=True), start=1)
        }
        for line, values in enumerate(lines, start=2)
    ]


def _cell(column: str, value: object, number_format: str) -> str:
    if isinstance(value, date):
        # Calamine has a date alone where a day begins.
        value = datetime.fromisoformat(f"{value}")
        offset = re.sub(r"\\", "", number_format).split('"')[1].strip()
        # A spreadsheet's time is a fraction of a day.
        whole = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        return _utc(datetime.fromisoformat(f"{whole.isoformat()}{offset}"))
    if isinstance(value, bool):
        return _boolean(value)
    if isinstance(value, float):
        return str(int(value))
    assert isinstance(value, str), value
    # A time before those that Excel knows.
    return _utc(datetime.fromisoformat(value)) if value and column in TIMES else value


class _Blocks(HTMLParser):
    """The JSON of a page by the class of its scripts, as a browser would find it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and given.get("type") == "application/json":
            self._open = given["class"] or ""

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found.append((self._open, data))


def html_rows(path: Path) -> list[dict[str, str]]:
    page = _Blocks()
    page.feed(path.read_text("utf-8"))
    rows: list[dict[str, str]] = []
    for name, text in page.found:
        if name == "all-rows":
            block = json.loads(text)
            columns = {
                column: _unpacked(values, block["size"])
                for column, values in block["columns"].items()
            }
            rows += [
                _plain({column: columns[column][place] for column in ReportRow._fields})
                for place in range(block["size"])
            ]
    return rows


def _unpacked(values: Any, size: int) -> list[Any]:
    if isinstance(values, list):
        return values
    places = values.get("at", [0] * size)
    return [values["each"][place] for place in places]
