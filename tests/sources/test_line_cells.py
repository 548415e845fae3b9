"""No field of a line that a program writes is passed over in silence: it is read, or it is left out
with a reason.

A field of a `.dat` line stands in its columns; of an offline client's between its delimiters, or
under its key; of a SIP2 request between bars. What a log writes around its messages is none.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from almareplay.outcomes.reasons import all_in_words
from almareplay.sources import Capture, open_capture
from almareplay.transactions import LeftOut, Transaction
from tests.sources.test_fixtures import EXPECTED, FIXTURES, Refused

Field = tuple[str, str]
"""Its name, as the capture tells it, and its text."""

IDENTIFIERS = {
    *("14-93", "from 94", "3", "4", "A", "AA", "AB", "barcode", "patron_barcode"),
    *("item_barcode", "patron_id"),
}
"""Fields that must stand in the row as they are, but for what it notes that was taken off."""


def dat(line: str) -> Iterator[Field]:
    yield "1-12", line[:12]
    yield "13", line[12:13]
    fields = [field for field in re.split(r"\t|[\s\0]{3,}", line[13:].strip()) if field]
    yield from zip(("14-93", "from 94"), fields, strict=False)
    yield from (("beyond the last field", field) for field in fields[2:])


def sip2(line: str) -> Iterator[Field]:
    request = re.search(r"((?:11|29)[YN]{2}|09[YN])(\d{8}.{10})(.{18})((?:\w\w[^|]*\|)+)", line)
    if not request:
        yield "a line", line
        return
    head, date, second, fields = request.groups()
    yield head[:2], head
    yield "transaction date", date
    yield "of a return its return date" if head[:2] == "09" else "nb due date", second
    yield from ((field[:2], field[2:]) for field in fields.split("|")[:-1])


def koha(line: str) -> Iterator[Field]:
    yield from ((str(n), field) for n, field in enumerate(line.split("\t"), 1))


def evergreen(line: str) -> Iterator[Field]:
    if line.endswith("}"):
        # The moment of a return is that of its backdate.
        names = {"backdate": "of a checkin its backdate"}
        said = json.loads(line)
        yield from ((names.get(key, key), str(value)) for key, value in said.items())
    else:
        yield "a line", line


def sierra(line: str) -> Iterator[Field]:
    names = {6: "field 6, the statistical group"}
    fields = [field.removeprefix("b") for field in line.split(":")]
    yield from ((names.get(n, str(n)), field) for n, field in enumerate(fields, 1))


def scan(line: str) -> Iterator[Field]:
    yield "A", line


def station(line: str) -> Iterator[Field]:
    try:
        said = json.loads(line)
    except ValueError:
        yield "a line", line
        return
    yield from ((name, str(value)) for name, value in said.items())


FORMATS: dict[str, Callable[[str], Iterator[Field]]] = {
    **dict.fromkeys((name for name in EXPECTED if name.endswith(".dat")), dat),
    **dict.fromkeys((name for name in EXPECTED if name.startswith("self-check")), sip2),
    **dict.fromkeys((name for name in EXPECTED if name.endswith(".koc")), koha),
    "evergreen.xacts": evergreen,
    "sierra-rdy0914": sierra,
    "one-scan-a-line.txt": scan,
    "station.jsonl": station,
}


def lines_of(path: Path) -> list[str]:
    """The lines of a file without marks of a file's beginning and end, each in its own encoding."""
    lines = re.split(rb"\r\n|\n|\r", path.read_bytes())
    lines = lines if lines[-1] else lines[:-1]
    return [decoded(line).strip("\ufeff\x1a\0 ") for line in lines]


def decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def told(capture: Capture) -> tuple[set[str], set[str]]:
    """The names of the fields that the capture says it reads, and of those that it says it does
    not."""
    read = {name for words in capture.columns for name in words.partition(": ")[0].split(", ")}
    unread: set[str] = set()
    for sentence in capture.assumptions:
        if found := re.match(r"not read(?: of the requests)?: (.*)", sentence):
            unread |= {*found[1].split(", "), found[1]}
    return read, unread


def is_value(text: str, row: Transaction) -> bool:
    """Whether a text is the row's item or patron."""
    values = [value for value in (row.item_barcode, row.patron_id) if value]
    return text in values or (
        "taken off" in all_in_words(row.notes) and any(value in text for value in values)
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_filled_field_is_read_or_left_out_with_a_reason(
    name: str, options: Callable[..., object]
) -> None:
    expected = EXPECTED[name]
    assert not isinstance(expected, Refused)
    path = FIXTURES / (name if name.startswith("outage-") else f"captures/{name}")
    capture = open_capture(path, options(**expected.flags))  # type: ignore[arg-type]  # usual ones
    rows, lines = list(capture.rows()), lines_of(path)
    read, unread = told(capture)
    assert not read & unread
    fates: Counter[str] = Counter()
    silent: list[tuple[int, Field]] = []
    for number, (line, row) in enumerate(zip(lines, rows, strict=True), 1):
        fields = [(field, text) for field, text in FORMATS[name](line) if text.strip()]
        is_blank = isinstance(row, LeftOut) and row.reason.code in ("blank_line", "end_of_file")
        assert is_blank is not bool(line), number
        if not isinstance(row, Transaction):
            assert row.reason
            fates["left out with its line"] += len(fields)
            continue
        assert row.source_row == number
        for field, text in fields:
            is_kept = field not in IDENTIFIERS or is_value(text.strip("\0 \xa0"), row)
            if field in read and is_kept:
                fates["read"] += 1
            elif field in unread:
                fates["left out by its name"] += 1
            else:
                silent.append((number, (field, text)))
    assert silent == []
    assert fates["read"]
