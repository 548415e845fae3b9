"""What cells hold: numbers by their formats, Strict files, texts of several parts; and that another
reader sees the same in all fixtures."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineError, CalamineWorkbook

from almareplay.outcomes.reasons import in_words
from almareplay.sources import ReadingOptions, open_capture
from almareplay.sources.times.datetimes import Cell
from almareplay.sources.workbook.errors import NotReadError
from almareplay.sources.workbook.numbers import Form, form_of, formatted, padded
from almareplay.sources.workbook.reader import ZIP, Workbook, read_workbook
from almareplay.sources.workbook.sheet import MERGED, ZEROS
from almareplay.transactions import InvalidRow, Reason, Transaction
from tests.sources.hostile import HEADER, ITEM, LOAN, MAIN, PATRON, ROWS, row, sheet, xlsx

FIXTURES = Path(__file__).parents[3] / "fixtures"
WORKBOOKS = sorted(
    path
    for path in FIXTURES.rglob("*")
    if (path.suffix in (".xlsx", ".xls", ".ods") or path.name == "workbook-named.csv")
    and path.stem != "other-formats"  # its duration is more than calamine can bear
)
MIDNIGHT = datetime(1899, 12, 30)  # noqa: DTZ001 - of no zone


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("General", Form()),
        ("0.00E+00", Form()),
        ("#,##0", Form()),
        ('0" days"', Form()),
        ("[Red]0;[Blue]-0", Form()),
        ("0_d", Form()),
        (r"0\h", Form()),
        ("yyyy-mm-dd hh:mm", Form(is_date=True)),
        ("[$-409]d/m/yy", Form(is_date=True)),
        ("h:mm AM/PM", Form(is_date=True)),
        ("[h]:mm:ss", Form(is_duration=True)),
        ("[MM]:ss.0", Form(is_duration=True)),
        ("00000000000000", Form(zeros=14)),
    ],
)
def test_what_a_number_format_makes_of_a_number(code: str, form: Form) -> None:
    assert form_of(code) == form


@pytest.mark.parametrize(
    ("value", "form", "cell"),
    [
        (46279.0, Form(is_date=True), date(2026, 9, 14)),
        (46279.375, Form(is_date=True), datetime(2026, 9, 14, 9)),  # noqa: DTZ001 - local
        (0.5, Form(is_date=True), time(12)),
        (1.5, Form(is_duration=True), timedelta(hours=36)),
        (34880000500012.0, Form(is_duration=True), 34880000500012.0),
        (34880000500012.0, Form(is_date=True), 34880000500012.0),
        (-1.0, Form(is_date=True), -1.0),
        (2958465.0, Form(is_date=True), date(9999, 12, 31)),
    ],
)
def test_what_it_stands_for(value: float, form: Form, cell: Cell) -> None:
    assert formatted(value, form, MIDNIGHT) == cell


def test_leading_zeros() -> None:
    assert padded(4417701.0, 10) == "0004417701"
    assert [padded(value, 4) for value in (12345.0, 1.5, -1.0, 1e15)] == [None] * 4


def test_the_latest_day_of_the_other_calendar() -> None:
    late = datetime(1904, 1, 1)  # noqa: DTZ001 - of no zone
    assert formatted(2958465.0, Form(is_date=True), late) == 2958465.0


STRICT = "http://purl.oclc.org/ooxml"


@pytest.mark.parametrize("when", ['t="d"><v>2026-09-14T09:02:00', 's="0"><v>46279.376388888886'])
def test_strict_open_xml(when: str, tmp_path: Path, options: Callable[..., ReadingOptions]) -> None:
    """As Excel saves "Strict Open XML Spreadsheet": other namespaces, dates in words."""
    main = f'xmlns="{STRICT}/spreadsheetml/main"'
    of_kind = f"{STRICT}/officeDocument/relationships"
    cells = row(2, ("", "Loan", PATRON, ITEM)).replace(
        '<c r="A2" t="inlineStr"><is><t></t></is></c>', f'<c r="A2" {when}</v></c>'
    )
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="{}" Type="{}" Target="{}"/></Relationships>'
    )
    path = xlsx(
        tmp_path / "strict.xlsx",
        {
            "_rels/.rels": relation.format("a", f"{of_kind}/officeDocument", "xl/book.xml"),
            "xl/book.xml": f'<workbook {main} xmlns:q="{of_kind}" conformance="strict"><sheets>'
            '<sheet name="Desk" sheetId="1" q:id="b"/></sheets></workbook>',
            "xl/_rels/book.xml.rels": relation.format("b", f"{of_kind}/worksheet", "/xl/s.xml"),
            "xl/s.xml": sheet(row(1, HEADER) + cells).replace(f'xmlns="{MAIN}"', main),
            "xl/styles.xml": '<styleSheet><cellXfs><xf numFmtId="22"/></cellXfs></styleSheet>',
        },
    )
    *_, read = open_capture(path, options()).rows()
    assert isinstance(read, Transaction)
    assert f"{read.captured_at:%Y-%m-%d %H:%M}" == "2026-09-14 09:02"
    assert (read.item_barcode, read.patron_id) == (ITEM, PATRON)


def cells_of(path: Path, **parts: str) -> list[list[Cell]]:
    """The cells of the rows of a workbook with these parts."""
    written = xlsx(path / "desk.xlsx", {f"xl/{name}.xml": part for name, part in parts.items()})
    (desk,) = read_workbook(written, None, is_zip=True).sheets
    return [row[1] for row in desk.rows()]


def test_texts_in_parts(tmp_path: Path) -> None:
    """Fonts in a text, blanks of a pretty printer, how it is pronounced, signs of no XML."""
    shared = (
        "<si><r><t>AB</t></r><r><rPr><b/></rPr><t>-12</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
        "<si><t>A_x000D_B_xD800_</t></si>"
    )
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'
        '<c r="C1" t="s"><v>2</v></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is>\n <r>\n  <t>AB</t>\n </r>\n <r><t>-12</t></r>\n'
        "</is></c><c><f>1+1</f>\n<v>2</v>\n</c></row>"
    )
    assert cells_of(
        tmp_path,
        sharedStrings=f'<sst xmlns="{MAIN}">{shared}</sst>',
        **{
            "worksheets/sheet1": sheet(
                rows, "<headerFooter><oddFooter>7</oddFooter></headerFooter>"
            )
        },
    ) == [["AB-12", "東京", "A\rB\ufffd"], ["AB-12", 2.0]]


def test_a_run_that_is_struck_through_is_seen_beside_plain_cells(
    tmp_path: Path, options: Callable[..., ReadingOptions]
) -> None:
    struck = "<r><rPr><strike/></rPr><t>34880</t></r>"
    cell = f'<c r="D3" t="inlineStr"><is>{struck}</is></c>'
    whole = f'<row r="4"><c r="A4" t="inlineStr"><is>{struck}</is></c></row>'
    path = xlsx(
        tmp_path / "desk.xlsx",
        {"xl/worksheets/sheet1.xml": sheet(ROWS + row(3, LOAN[:3], cell) + whole)},
    )
    *_, partly, wholly = open_capture(path, options()).rows()
    assert isinstance(partly, InvalidRow)
    assert isinstance(wholly, InvalidRow)
    assert (in_words(partly.reason), partly.cancelled) == (
        "struck through in part: cancelled, or corrected?",
        False,
    )
    assert (in_words(wholly.reason), wholly.cancelled) == (
        "cancelled: the row is struck through",
        True,
    )


def test_parts_are_found_whatever_their_case(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "desk.xlsx")
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(other, "w") as copy:
        for name in archive.namelist():
            copy.writestr(name.replace("worksheets/", "WorkSheets\\"), archive.read(name))
    (desk,) = read_workbook(other, None, is_zip=True).sheets
    assert [cells for _, cells, *_ in desk.rows()] == [[*HEADER], [*LOAN]]


@pytest.mark.parametrize("path", WORKBOOKS, ids=lambda path: path.name)
def test_another_reader_sees_the_same(path: Path) -> None:
    """Calamine, which is written in Rust and shares no line with ours."""
    is_zip = path.read_bytes().startswith(ZIP)
    try:
        ours = read_workbook(path, None, is_zip=is_zip)
    except NotReadError:
        with pytest.raises(CalamineError), path.open("rb") as file:
            CalamineWorkbook.from_filelike(file)
        return
    with path.open("rb") as file:
        theirs = CalamineWorkbook.from_filelike(file)
        assert ours.names == theirs.sheet_names
        for name in ours.names:
            rows = theirs.get_sheet_by_name(name).to_python(skip_empty_area=False)
            assert _ours(ours, name) == {
                (number, column): _comparable(cell)
                for number, cells in enumerate(rows, 1)
                for column, cell in enumerate(cells)
                if cell not in ("", " ")
            }


def _ours(workbook: Workbook, name: str) -> dict[tuple[int, int], object]:
    """The filled cells of a sheet as calamine would have them: it knows no merged cells, no errors,
    no leading zeros, and no formulas without a value."""
    (read,) = (each for each in workbook.sheets if each.name == name)
    cells: dict[tuple[int, int], object] = {}
    for number, values, *others in read.rows():
        notes: dict[int, Reason] = others[2] if len(others) > 2 else {}  # type: ignore[assignment]  # so the tuples are made
        for column, value in enumerate(values):
            if value == "" or notes.get(column) == MERGED or str(value).startswith(("#", "=")):
                continue
            is_padded = notes.get(column) == ZEROS
            cells[number, column] = _comparable(float(str(value)) if is_padded else value)
    return cells


def _comparable(cell: object) -> object:
    match cell:
        case bool():
            return cell
        case int() | float():
            return float(cell)
        case str():
            return cell.strip()
        case datetime():
            return (cell + timedelta(milliseconds=1)).replace(microsecond=0)
        case date():
            return datetime.combine(cell, time())
        case time():
            return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
        case timedelta():
            return timedelta(seconds=round(cell.total_seconds()))
    return cell
