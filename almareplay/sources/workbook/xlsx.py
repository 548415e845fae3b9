"""Reads `.xlsx`: which sheets it has, and which part of the archive is what.

Source: ECMA-376, part 1, 18.2 (workbooks); Strict and Transitional files
differ in their namespaces, and in dates, which Strict may write in words (ISO 8601).
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from datetime import date

from almareplay.sources.times.serials import FIRST_DAY, FIRST_DAY_1904
from almareplay.sources.workbook.archive import (
    Archive,
    Attributes,
    local_attribute,
)
from almareplay.sources.workbook.errors import DamagedError
from almareplay.sources.workbook.sheet import SheetOf
from almareplay.sources.workbook.xlsxsheet import SheetReader
from almareplay.sources.workbook.xlsxstyles import (
    is_on,
    read_styles,
    read_texts,
)

WORKBOOK = "xl/workbook.xml"


class XlsxBook:
    """An `.xlsx` in its archive. Raises DamagedError, NotReadError, ExpatError."""

    format = "spreadsheet (xlsx)"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._parts: dict[str, str] = {}
        self._hidden: set[str] = set()
        self._stale = False
        self.first_day: date = FIRST_DAY
        self._workbook = main_part(archive)
        self._targets = _relations(archive, self._workbook)
        archive.elements(self._workbook, self._take)
        self._styles = read_styles(archive, self._part_of("/styles", "xl/styles.xml"))
        shared = self._part_of("/sharedStrings", "xl/sharedStrings.xml")
        self._texts = read_texts(archive, shared)

    def read(self, sheet_of: SheetOf) -> None:
        """Goes through all sheets, in their order."""
        for name, part in self._parts.items():
            if rows := sheet_of(name):
                rows.sheet.is_hidden = name in self._hidden
                reader = SheetReader(
                    self._styles, self._texts, rows, self.first_day, stale=self._stale
                )
                reader.read(self._archive, part)
                rows.finish()

    def _take(self, name: str, attributes: Attributes) -> None:
        if name == "sheet":
            kind, part = self._targets.get(local_attribute(attributes, "id") or "", ("", ""))
            if not kind.endswith("/worksheet"):
                return
            sheet = attributes.get("name", "")
            if sheet in self._parts or part not in self._archive:
                raise DamagedError("a sheet is there twice, or not at all")
            self._parts[sheet] = part
            if attributes.get("state", "visible") != "visible":
                self._hidden.add(sheet)
        elif name == "workbookPr" and is_on(attributes.get("date1904")):
            self.first_day = FIRST_DAY_1904
        elif name == "calcPr":
            # A program that calculates nothing leaves 0 for a value, and asks for a calculation.
            self._stale = is_on(attributes.get("fullCalcOnLoad"))

    def _part_of(self, kind: str, usual: str) -> str:
        parts = [part for type_, part in self._targets.values() if type_.endswith(kind)]
        return parts[0] if parts else usual


def main_part(archive: Archive) -> str:
    if "_rels/.rels" in archive:
        for kind, part in _relations(archive, "").values():
            if kind.endswith("/officeDocument"):
                return part
    return WORKBOOK


def _relations(archive: Archive, part: str) -> Mapping[str, tuple[str, str]]:
    """What a part refers to: by its id the kind of the other part and its name."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def take(element: str, attributes: Attributes) -> None:
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(
                posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/"))
            )
            found[attributes.get("Id", "")] = attributes.get("Type", ""), target.lstrip("/")

    archive.elements(posixpath.join(folder, "_rels", f"{name}.rels"), take)
    return found
