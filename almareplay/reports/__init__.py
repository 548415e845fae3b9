"""Outcomes out: one line a row, the same columns in every format; and lists for staff."""

from almareplay.reports.content import Report
from almareplay.reports.files import (
    ReportError,
    check_list_path,
    check_report_path,
    write_list,
    write_report,
)

__all__ = [
    "Report",
    "ReportError",
    "check_list_path",
    "check_report_path",
    "write_list",
    "write_report",
]
