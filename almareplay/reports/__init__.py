"""Outcomes out: one line a row, the same columns in every format."""

from almareplay.reports.files import ReportError, check_report_path, write_report

__all__ = ["ReportError", "check_report_path", "write_report"]
