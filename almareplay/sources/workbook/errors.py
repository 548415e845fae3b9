"""Why a workbook is not read, and how much of one is read at most."""

from __future__ import annotations

MOST_COLUMNS = 16_384
"""No sheet of a spreadsheet program has more."""

MOST_ROWS = 1_048_576
"""No sheet of a spreadsheet program has more; here it holds for all sheets together."""

MOST_CELLS = 10_000_000
"""From the first row to the last and from the first column to the last, filled or not."""

MOST_TEXT = 200_000_000
"""Characters in all cells together, a text counted as often as it stands there."""

LONGEST_TEXT = 32_767
"""Characters of one cell; spreadsheet programs keep no more."""

DAMAGED = "is a damaged spreadsheet: open it in the program that wrote it and save it again."
PASSWORD = "has a password: save it without one."
TOO_MUCH = (
    "unpacks to more than a capture can be: save the sheet with the loans and returns as CSV, and "
    "load that."
)
DECLARES_TYPES = (
    "defines an XML document type, as no spreadsheet program does: save it anew in one, and load "
    "that."
)


class NotReadError(Exception):
    """A workbook that is not read; ``str()`` is the end of a sentence that names the file."""


class DamagedError(NotReadError):
    """The workbook contradicts itself or its format; ``str()`` is the end of such a sentence."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(DAMAGED)
        self.detail = detail
