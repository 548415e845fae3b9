"""OpenDocument spreadsheets: values, and cells that are said to be repeated."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from almareplay.sources import FileRefused, ReadingOptions, open_capture
from almareplay.transactions import Transaction

Options = Callable[..., ReadingOptions]


def test_opendocument_spreadsheets(tmp_path: Path, options: Options) -> None:
    cells = (
        "<table:table-row>{}</table:table-row>".format(
            "".join(
                f"<table:table-cell {value}><text:p>{text}</text:p></table:table-cell>"
                for value, text in row
            )
        )
        for row in (
            [('office:value-type="string"', head) for head in ("Timestamp", "Type", "Barcode")],
            [
                ('office:value-type="date" office:date-value="2026-09-14T09:05:00"', "9:05"),
                ('office:value-type="string"', "In"),
                ('office:value-type="string"', "0004417703"),
            ],
        )
    )
    path = tmp_path / "desk.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            "<office:document-content"
            ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
            ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
            ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
            '<office:body><office:spreadsheet><table:table table:name="Desk">'
            + "".join(cells)
            + "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    capture = open_capture(path, options())
    assert capture.format == "spreadsheet (ods)"
    (row,) = (row for row in capture.rows() if isinstance(row, Transaction))
    assert (row.item_barcode, row.captured_at.hour) == ("0004417703", 9)
    assert row.source_file == "desk.ods#Desk"


@pytest.mark.parametrize("repeated", ["rows", "columns"])
def test_cells_far_away_in_an_ods_are_refused_at_once(
    repeated: str, tmp_path: Path, options: Options
) -> None:
    path = tmp_path / "far.ods"
    spread = 'table:number-columns-repeated="16000" ' if repeated == "columns" else ""
    cell = f'<table:table-cell {spread}office:value-type="float" office:value="1"/>'
    gap = '<table:table-row table:number-rows-repeated="1048000"/>'
    row = '<table:table-row table:number-rows-repeated="900000000">'
    rows = (
        f"{gap}<table:table-row>{cell}</table:table-row>"
        if spread
        else f"{row}{cell}</table:table-row>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            "<office:document-content"
            ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
            ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
            ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
            f'<office:body><office:spreadsheet><table:table table:name="Desk">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    with pytest.raises(FileRefused, match="delete the stray cells far from the data"):
        open_capture(path, options())
