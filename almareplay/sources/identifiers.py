"""Item barcodes and patron ids: text, kept as it is but for what a scanner or a form put around."""

from __future__ import annotations

import re
from typing import NamedTuple

from almareplay.sources.moments import Cell
from almareplay.sources.options import ReadingOptions
from almareplay.transactions import joined

CODABAR = "the Codabar letters around {what} were taken off"
CONTROL = "control characters were taken out of {what}"
AIM = "the scanner's code identifier before {what} was taken off"
PREFIX = "the scanner's prefix before {what} was taken off"
SUFFIX = "the scanner's suffix after {what} was taken off"
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
# Which kind of bar code was read, as scanners can be set to say. Source: ISO/IEC 15424.
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]\s*(\S.{4,})", re.DOTALL)


class Identifier(NamedTuple):
    """An identifier as it is understood; ``problem`` says why it cannot be used."""

    text: str
    note: str = ""
    problem: str = ""


def bare(text: str) -> str:
    """The text without blanks (no-break ones too), marks and control characters around it."""
    return text.strip(_AROUND)


class Scanner(NamedTuple):
    """What a scanner was set to put around each code that it read, without blanks around it."""

    prefix: str = ""
    suffix: str = ""

    def around(self, text: str) -> tuple[str, str, str]:
        """The text without prefix and suffix, where it has them, and templates of the notes."""
        before = after = ""
        if self.prefix and text.startswith(self.prefix):
            text, before = bare(text[len(self.prefix) :]), PREFIX
        if self.suffix and text.endswith(self.suffix):
            text, after = bare(text[: -len(self.suffix)]), SUFFIX
        return text, before, after


NO_SCANNER = Scanner()


def scanner_of(options: ReadingOptions) -> Scanner:
    """The scanner of the options; ``NO_SCANNER`` itself where they tell nothing of it."""
    told = Scanner(bare(options.scanner_prefix), bare(options.scanner_suffix))
    return told if any(told) else NO_SCANNER


def read_identifier(raw: str, what: str, scanner: Scanner = NO_SCANNER) -> Identifier:
    """An identifier out of a cell or field; ``what`` is its name: "the item barcode".

    Neither notes nor problems quote it, since it may be a patron's. What a scanner put around it is
    taken off where it is told (``scanner``) or certain.
    """
    text, *notes = scanner.around(bare(raw))
    if "\t" in text or "\n" in text or "\r" in text:
        return Identifier("", problem=f"{what} holds a tab or line break: two scans in one field?")
    if "\ufffd" in text:
        return Identifier("", problem=f"{what} holds characters that cannot be read")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
        notes.append(CONTROL)
    if len(text) > LONGEST:
        return Identifier("", problem=f"{what} has more than {LONGEST} characters")
    if named := _AIM.fullmatch(text):
        text = named[1]
        notes.append(AIM)
    if scanned := _CODABAR.fullmatch(text):
        text = scanned[1]
        notes.append(CODABAR)
    return Identifier(text, joined(*notes).format(what=what))


def read_identifier_cell(cell: Cell, what: str, scanner: Scanner = NO_SCANNER) -> Identifier:
    """An identifier out of a cell of a table, which may have made a number of it."""
    if isinstance(cell, str):
        if cell.isdigit() and cell.isascii() and len(cell) <= LONGEST and scanner is NO_SCANNER:
            return Identifier(cell)
        text = bare(cell)
        if whole := _WHOLE_NUMBER.fullmatch(text):
            return _stored_as_number(whole[1], what, scanner)
        if _SCIENTIFIC.fullmatch(text):
            return Identifier(
                "", problem=f"{what} was cut by a spreadsheet: it has only the first digits of it"
            )
        return read_identifier(text, what, scanner)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return Identifier("", problem=f"a date, a time or a yes/no stands where {what} belongs")
    if not (0 <= cell < 1e15):
        return Identifier(
            "", problem=f"{what} was cut by the spreadsheet: it keeps 15 digits of a number"
        )
    if not float(cell).is_integer():
        return Identifier("", problem=f"{what} is a number with a decimal point")
    return _stored_as_number(str(int(cell)), what, scanner)


def _stored_as_number(digits: str, what: str, scanner: Scanner) -> Identifier:
    text, note, problem = read_identifier(digits, what, scanner)
    return Identifier(text, joined(NUMBER.format(what=what), note), problem)
