"""Item barcodes and patron ids: text, kept as it is but for what has happened to it on its way.

What can have happened is told in one table, ``damages.DAMAGES``.
"""

from almareplay.sources.identifiers.damages import LONGEST, RAN_TOGETHER, SPREADSHEET_DIGITS
from almareplay.sources.identifiers.reading import (
    PLAIN_DIGITS,
    Identifier,
    NeedsFlagError,
    read_identifier,
    read_identifier_cell,
)
from almareplay.sources.identifiers.scanner import NO_SCANNER, Scanner, bare, scanner_of

__all__ = [
    "LONGEST",
    "NO_SCANNER",
    "PLAIN_DIGITS",
    "RAN_TOGETHER",
    "SPREADSHEET_DIGITS",
    "Identifier",
    "NeedsFlagError",
    "Scanner",
    "bare",
    "read_identifier",
    "read_identifier_cell",
    "scanner_of",
]
