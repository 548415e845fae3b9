"""Item barcodes and patron ids: text, kept as it is but for what a scanner or a form put around."""

from __future__ import annotations

import re
from typing import NamedTuple

from almareplay.sources.moments import Cell

CODABAR = "the Codabar letters around {what} were taken off"
CONTROL = "control characters were taken out of {what}"
NUMBER = "{what} was stored as a number: leading zeros, if it had any, are lost"

LONGEST = 255
"""Characters; no identifier of Alma's is longer."""

# str.strip() knows all blanks but not the control characters and the marks of no width that web
# pages, DOS and scanners leave.
_AROUND = "".join(
    chr(code)
    for code in (
        *range(0x21),
        *range(0x7F, 0xA1),
        *(0x1680, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030), 0x205F, 0x2060),
        *(0x3000, 0xFEFF),
    )
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_WHOLE_NUMBER = re.compile(r"([0-9]{1,15})\.0")
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_CODABAR = re.compile(r"[A-D]([0-9]+)[A-D]")


class Identifier(NamedTuple):
    """An identifier as it is understood; ``problem`` says why it cannot be used."""

    text: str
    note: str = ""
    problem: str = ""


def bare(text: str) -> str:
    """The text without blanks (no-break ones too), marks and control characters around it."""
    return text.strip(_AROUND)


def read_identifier(raw: str, what: str) -> Identifier:
    """An identifier out of a cell or field; ``what`` is its name: "the item barcode".

    Neither notes nor problems quote it, since it may be a patron's.
    """
    text = bare(raw)
    if "\t" in text or "\n" in text or "\r" in text:
        return Identifier("", problem=f"{what} holds a tab or line break: two scans in one field?")
    if "\ufffd" in text:
        return Identifier("", problem=f"{what} holds characters that cannot be read")
    note = ""
    if _CONTROL.search(text):
        text, note = _CONTROL.sub("", text), CONTROL.format(what=what)
    if len(text) > LONGEST:
        return Identifier("", problem=f"{what} has more than {LONGEST} characters")
    if scanned := _CODABAR.fullmatch(text):
        taken_off = CODABAR.format(what=what)
        return Identifier(scanned[1], f"{note}; {taken_off}" if note else taken_off)
    return Identifier(text, note)


def read_identifier_cell(cell: Cell, what: str) -> Identifier:
    """An identifier out of a cell of a table, which may have made a number of it."""
    if isinstance(cell, str):
        if cell.isdigit() and cell.isascii() and len(cell) <= LONGEST:
            return Identifier(cell)
        text = bare(cell)
        if whole := _WHOLE_NUMBER.fullmatch(text):
            return Identifier(whole[1], NUMBER.format(what=what))
        if _SCIENTIFIC.fullmatch(text):
            return Identifier(
                "", problem=f"{what} was cut by a spreadsheet: it has only the first digits of it"
            )
        return read_identifier(text, what)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return Identifier("", problem=f"a date, a time or a yes/no stands where {what} belongs")
    if not (0 <= cell < 1e15):
        return Identifier(
            "", problem=f"{what} was cut by the spreadsheet: it keeps 15 digits of a number"
        )
    if not float(cell).is_integer():
        return Identifier("", problem=f"{what} is a number with a decimal point")
    return Identifier(str(int(cell)), NUMBER.format(what=what))
