"""A captured file in, transactions out.

A new format is a module with a capture (see ``Capture``) and a line in ``formats.TEXT_FORMATS``.
"""

from almareplay.sources.capture import Capture, ColumnSample, FileRefused, Row
from almareplay.sources.database import (
    DatabaseCapture,
    is_database_url,
    needs_password,
    open_database,
)
from almareplay.sources.flags import parse_captured_at, parse_clock_offset, parse_columns
from almareplay.sources.guarded import GuardedCapture, open_capture
from almareplay.sources.options import ClockHours, Codabar, DateOrder, ReadingOptions

__all__ = [
    "Capture",
    "ClockHours",
    "Codabar",
    "ColumnSample",
    "DatabaseCapture",
    "DateOrder",
    "FileRefused",
    "GuardedCapture",
    "ReadingOptions",
    "Row",
    "is_database_url",
    "needs_password",
    "open_capture",
    "open_database",
    "parse_captured_at",
    "parse_clock_offset",
    "parse_columns",
]
