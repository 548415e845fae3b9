"""Workbooks that nobody meant well, or that are broken: small files, each with one trap."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
ITEM, PATRON = "39424000101011", "29424000200013"

Parts = dict[str, str | bytes]

WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Desk" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
HEADER = ("Timestamp", "Type", "Patron ID", "Item barcode")
LOAN = ("2026-09-14 09:02", "Loan", PATRON, ITEM)


def row(number: int, texts: tuple[str, ...], more: str = "") -> str:
    """A row of a sheet's XML, with texts from column A on and further cells."""
    cells = "".join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in zip("ABCDEFGH", texts, strict=False)
    )
    return f'<row r="{number}">{cells}{more}</row>'


def sheet(rows: str, beside: str = "", before: str = "") -> str:
    """A sheet's XML."""
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{beside}</worksheet>'


ROWS = row(1, HEADER) + row(2, LOAN)


def relations(*targets: tuple[str, str]) -> str:
    """The XML of what a part refers to: kinds and targets."""
    return (
        f'<Relationships xmlns="{PACKAGE}">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
            for number, (kind, target) in enumerate(targets, 1)
        )
        + "</Relationships>"
    )


def xlsx(path: Path, parts: Mapping[str, str | bytes] | None = None, **named: str) -> Path:
    """Writes an `.xlsx` of one good loan, but for the parts that are given."""
    whole: Parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("styles", "styles.xml"),
            ("sharedStrings", "sharedStrings.xml"),
        ),
        "xl/worksheets/sheet1.xml": sheet(ROWS),
        **{f"xl/{name}.xml": content for name, content in named.items()},
        **(parts or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in whole.items():
            archive.writestr(name, content)
    return path


ODF = "urn:oasis:names:tc:opendocument:xmlns"


def ods(path: Path, rows: str, before: str = "") -> Path:
    """Writes an `.ods` with these rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'{before}<office:document-content xmlns:office="{ODF}:office:1.0" '
            f'xmlns:table="{ODF}:table:1.0" xmlns:text="{ODF}:text:1.0"><office:body>'
            f'<office:spreadsheet><table:table table:name="Desk">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def ods_row(cells: str, repeated: str = "1") -> str:
    """A row of an `.ods`."""
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def ods_cell(text: str, repeated: str = "1") -> str:
    """A cell of an `.ods`."""
    return (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{repeated}">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


MEGABYTE = 1 << 20
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{f"&{of};" * 20}">'
        for of, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def _shared(texts: str, before: str = "") -> str:
    return f'{before}<sst xmlns="{MAIN}">{texts}</sst>'


def _lying(path: Path) -> Path:
    """A part that unpacks to more than the archive says."""
    xlsx(path, styles="<styleSheet>" + " " * MEGABYTE + "</styleSheet>")
    content = bytearray(path.read_bytes())
    size = struct.pack("<L", MEGABYTE + 25)
    while (place := content.find(size)) >= 0:
        content[place : place + 4] = struct.pack("<L", 100)
    path.write_bytes(content)
    return path


def _twice(path: Path) -> Path:
    """Two parts with one name: readers differ in which they take."""
    xlsx(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("XL/worksheets/sheet1.xml", sheet(row(1, HEADER) + row(2, LOAN)))
    return path


def _of_bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


DAMAGED = "is a damaged spreadsheet"
TYPES = "defines an XML document type"
TOO_MUCH = "unpacks to more than a capture can be"
FAR = "delete the stray cells far from the data"

HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "far-cell.xlsx": (
        lambda path: xlsx(
            path,
            {
                "xl/worksheets/sheet1.xml": sheet(
                    ROWS + row(1_048_576, (), '<c r="XFD1048576"><v>1</v></c>')
                )
            },
        ),
        FAR,
    ),
    "far-row.xlsx": (
        lambda path: xlsx(path, {"xl/worksheets/sheet1.xml": sheet(ROWS + row(1_048_577, LOAN))}),
        DAMAGED,
    ),
    "far-column.xlsx": (
        lambda path: xlsx(
            path,
            {"xl/worksheets/sheet1.xml": sheet(ROWS + row(3, (), '<c r="ZZZ3"><v>1</v></c>'))},
        ),
        DAMAGED,
    ),
    "rows-not-in-order.xlsx": (
        lambda path: xlsx(path, {"xl/worksheets/sheet1.xml": sheet(row(2, HEADER) + row(1, LOAN))}),
        DAMAGED,
    ),
    "cell-twice.xlsx": (
        lambda path: xlsx(
            path,
            {
                "xl/worksheets/sheet1.xml": sheet(
                    row(1, HEADER) + row(2, LOAN, '<c r="D2"><v>39424000101029</v></c>')
                )
            },
        ),
        DAMAGED,
    ),
    "cell-of-another-row.xlsx": (
        lambda path: xlsx(
            path,
            {"xl/worksheets/sheet1.xml": sheet(ROWS + row(3, (), '<c r="A7"><v>1</v></c>'))},
        ),
        DAMAGED,
    ),
    "styles-of-100-megabytes.xlsx": (
        lambda path: xlsx(path, styles=f"<styleSheet>{' ' * 100 * MEGABYTE}</styleSheet>"),
        TOO_MUCH,
    ),
    "size-that-lies.xlsx": (_lying, DAMAGED),
    "repeated-text.xlsx": (
        lambda path: xlsx(
            path,
            {
                "xl/worksheets/sheet1.xml": sheet(
                    "".join(
                        f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 7001)
                    )
                )
            },
            sharedStrings=_shared(f"<si><t>{'3' * 32_000}</t></si>"),
        ),
        TOO_MUCH,
    ),
    "long-text.xlsx": (
        lambda path: xlsx(
            path, {"xl/worksheets/sheet1.xml": sheet(ROWS + row(3, ("3" * 40_000,)))}
        ),
        "has a cell with more than 32,767 characters",
    ),
    "entities-in-texts.xlsx": (
        lambda path: xlsx(path, sharedStrings=_shared("<si><t>&i;</t></si>", ENTITIES)),
        TYPES,
    ),
    "entities-in-workbook.xlsx": (
        lambda path: xlsx(path, {"xl/workbook.xml": EXTERNAL + WORKBOOK}),
        TYPES,
    ),
    "entities-in-sheet.xlsx": (
        lambda path: xlsx(
            path, {"xl/worksheets/sheet1.xml": sheet(row(1, ("&i;",)), before=ENTITIES)}
        ),
        TYPES,
    ),
    "entities.ods": (lambda path: ods(path, ods_row(ods_cell("&i;")), ENTITIES), TYPES),
    "long-tag.xlsx": (
        lambda path: xlsx(
            path,
            {"xl/worksheets/sheet1.xml": sheet(f'<row r="1" x="{"a" * 30 * MEGABYTE}"/>')},
        ),
        DAMAGED,
    ),
    "long-comment.ods": (
        lambda path: ods(path, f"<!--{'a' * 30 * MEGABYTE}-->"),
        DAMAGED,
    ),
    "part-twice.xlsx": (_twice, DAMAGED),
    "unnamed-sheet-part.xlsx": (
        lambda path: xlsx(path, {"xl/_rels/workbook.xml.rels": relations(("worksheet", ""))}),
        DAMAGED,
    ),
    "sheet-of-no-part.xlsx": (
        lambda path: xlsx(
            path, {"xl/_rels/workbook.xml.rels": relations(("worksheet", "nowhere.xml"))}
        ),
        DAMAGED,
    ),
    "text-that-is-not-there.xlsx": (
        lambda path: xlsx(
            path,
            {"xl/worksheets/sheet1.xml": sheet(ROWS + row(3, (), '<c r="A3" t="s"><v>7</v></c>'))},
        ),
        DAMAGED,
    ),
    "number-that-is-none.xlsx": (
        lambda path: xlsx(
            path,
            {"xl/worksheets/sheet1.xml": sheet(ROWS + row(3, (), '<c r="A3"><v>1e999</v></c>'))},
        ),
        DAMAGED,
    ),
    "merged-everywhere.xlsx": (
        lambda path: xlsx(
            path,
            {
                "xl/worksheets/sheet1.xml": sheet(
                    ROWS, "<mergeCells>" + '<mergeCell ref="A1:A2"/>' * 50_001 + "</mergeCells>"
                )
            },
        ),
        TOO_MUCH,
    ),
    "repeated-rows.ods": (lambda path: ods(path, ods_row(ods_cell("1"), "9" * 30)), FAR),
    "filled-down.ods": (lambda path: ods(path, ods_row(ods_cell("MAIN"), "1048000")), FAR),
    "repeated-cells.ods": (lambda path: ods(path, ods_row(ods_cell("1", "9" * 30))), DAMAGED),
    "repeated-both.ods": (
        lambda path: ods(path, ods_row(ods_cell(ITEM, "16000"), "9000")),
        FAR,
    ),
    "not-a-zip.xlsx": (lambda path: _of_bytes(path, b"PK\x03\x04" * 9), DAMAGED),
    "not-an-ole.xls": (
        lambda path: _of_bytes(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99),
        DAMAGED,
    ),
}
"""By their names how each is written, and what is said of it."""
