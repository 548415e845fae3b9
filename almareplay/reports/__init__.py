"""Outcomes out: one line a row, the same columns in every format; and lists for staff."""

from almareplay.reports.content import Report
from almareplay.reports.files import (
    check_list_path,
    check_report_path,
    write_list,
    write_report,
)
from almareplay.reports.replacing import ReportError

__all__ = [
    "Report",
    "ReportError",
    "check_list_path",
    "check_report_path",
    "write_list",
    "write_report",
]
