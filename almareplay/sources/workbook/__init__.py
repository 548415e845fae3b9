"""Spreadsheets: `.xlsx`, `.xls` and `.ods`, read in a process of their own."""

from almareplay.sources.workbook.capture import WorkbookCapture
from almareplay.sources.workbook.reader import OLE, ZIP

__all__ = ["OLE", "ZIP", "WorkbookCapture"]
