"""Plain rows of an `.xlsx` say the same whether the XML parser reads them or not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almareplay.sources.times.serials import FIRST_DAY
from almareplay.sources.workbook.archive import CHUNK
from almareplay.sources.workbook.errors import NotReadError
from almareplay.sources.workbook.numbers import Form
from almareplay.sources.workbook.reader import read_workbook
from almareplay.sources.workbook.sheet import PARTLY_STRUCK, STRUCK, SheetRow
from almareplay.sources.workbook.xlsxcells import CellValues
from almareplay.sources.workbook.xlsxrows import PlainRows
from almareplay.sources.workbook.xlsxstyles import Styles, Texts
from tests.examples import examples
from tests.sources.hostile import HEADER, LOAN, MAIN, PATRON, ROWS, row, sheet, xlsx

PARSED = "<sheetPr><![CDATA[]]></sheetPr>"
"""Behind a section of character data no row is taken for plain."""

STYLES = (
    '<styleSheet><numFmts><numFmt numFmtId="200" formatCode="0000000000"/></numFmts>'
    "<fonts><font/><font><strike/></font></fonts><cellXfs>"
    '<xf/><xf numFmtId="22"/><xf numFmtId="200"/><xf fontId="1"/></cellXfs></styleSheet>'
)
TEXTS = (
    f'<sst xmlns="{MAIN}"><si><t>Loan</t></si><si><t> Return_x000D_ </t></si>'
    "<si><r><t>3488</t></r><r><rPr><strike/></rPr><t>0</t></r></si></sst>"
)


def rows_of(folder: Path, rows: str, encoding: str = "utf-8", before: str = "") -> list[SheetRow]:
    """The rows of a workbook with these rows, ``before`` which something else stands."""
    xml = sheet(rows).replace("<sheetData>", f"{before}<sheetData>")
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{xml}'.encode(encoding)
    path = xlsx(
        folder / "desk.xlsx",
        {"xl/worksheets/sheet1.xml": declared},
        styles=STYLES,
        sharedStrings=TEXTS,
    )
    (desk,) = read_workbook(path, None, is_zip=True).sheets
    return list(desk.rows())


def cells_of(folder: Path, rows: str, encoding: str = "utf-8") -> list[list[object]]:
    """The cells of these rows."""
    return [[*cells] for _, cells, *_ in rows_of(folder, rows, encoding)]


texts = st.sampled_from(
    [
        "Loan",
        "",
        " ",
        " In ",
        "\u00a0x",
        "&amp;",
        "&#13;",
        "a_x0041_b",
        "Zürich",
        "東京",
        "a>b",
        "0",
    ]
)
numbers = st.sampled_from(
    [
        "46279.375",
        "0",
        "1",
        "2",
        "-1",
        "1E5",
        "34880000500012",
        "",
        " 2 ",
        "1_0",
        "nan",
        "1e999",
        "x",
    ]
)
styles = st.sampled_from(["", "", ' s="0"', ' s="1"', ' s="2"', ' s="3"', ' s="9"'])
insides = st.one_of(
    st.builds(' t="inlineStr"><is><t>{}</t></is></c>'.format, texts),
    st.builds(' t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>'.format, texts),
    st.builds(' t="inlineStr"><is><r><t>{}</t></r></is></c>'.format, texts),
    st.builds(
        "{}><v>{}</v></c>".format,
        st.sampled_from(["", ' t="n"', ' t="b"', ' t="d"', ' t="e"', ' t="str"', ' t="s"']),
        numbers,
    ),
    st.builds('{}><v>{}</v></c>'.format, st.just(' t="s"'), st.sampled_from("012")),
    st.builds(' t="str"><f>A1</f><v>{}</v></c>'.format, texts),
    st.sampled_from(["/>", "></c>", "><f>1+1</f></c>"]),
)  # fmt: skip
names = st.sampled_from(["A", "B", "C", "D", "AA", "ZZZ", "b"])
attributes = st.sampled_from(
    ["", "", "", ' spans="1:6" x:d="0.25"', ' hidden="0"', ' hidden="1"', ' ht="1" ht="2"', "/"]
)


@st.composite
def sheets(draw: st.DrawFn) -> str:
    """Rows in one of few shapes, as sheets have them, and now and then one that is amiss."""
    shapes = draw(
        st.lists(st.lists(st.tuples(names, styles, insides), max_size=4), min_size=1, max_size=3)
    )
    xml, number = "", 0
    for _ in range(draw(st.integers(2, 6))):
        number += draw(st.sampled_from([1, 1, 1, 1, 2, 0]))
        cells = draw(st.sampled_from(shapes))
        if draw(st.booleans()):
            cells = [(name, style, draw(insides)) for name, style, _ in cells]
        if draw(st.integers(0, 9)):
            cells = sorted({name: (name, *cell) for name, *cell in cells}.values())
        written = "".join(f'<c r="{name}{number}"{style}{cell}' for name, style, cell in cells)
        xml += f'<row r="{number}"{draw(attributes)}>{written}</row>'
        xml += draw(st.sampled_from(["", "", "", "\n ", "<!-- -->"]))
    return xml


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheets())
def test_the_parser_reads_the_same(tmp_path: Path, rows: str) -> None:
    def read(before: str) -> list[SheetRow] | str:
        try:
            return rows_of(tmp_path, rows, before=before)
        except NotReadError as error:
            return str(error)

    assert read("") == read(PARSED)


AT = datetime(2026, 9, 14, 9)  # noqa: DTZ001 - local to the setting


@pytest.mark.parametrize(
    ("xml", "cells"),
    [
        # As Excel writes it, and then XlsxWriter, openpyxl, LibreOffice, PhpSpreadsheet.
        (
            '<row r="2" spans="1:3" x14ac:dyDescent="0.25"><c r="A2" s="1"><v>46279.375</v></c>'
            '<c r="B2" t="s"><v>0</v></c><c r="C2" s="0"/>',
            [AT, "Loan"],
        ),
        (
            '<row r="2"><c r="A2" s="1"><v>46279.375</v></c>'
            '<c r="C2" t="inlineStr"><is><t>34880000500012</t></is></c>',
            [AT, "", "34880000500012"],
        ),
        ('<row r="2"><c r="A2" t="n"><v>7</v></c><c r="B2" t="inlineStr"></c>', None),
        ('<row r="2"><c r="A2" t="n"><v>7</v></c><c r="B2" t="b"><v>1</v></c>', [7.0, True]),
        (
            '<row r="2" customFormat="false" ht="12.8" hidden="false" customHeight="false" '
            'outlineLevel="0" collapsed="false"><c r="A2" s="0" t="s"><v>0</v></c>'
            '<c r="B2" s="0" t="str"><v>Zürich</v></c>',
            ["Loan", "Zürich"],
        ),
        ('\n<row r="2" spans="1:1"><c r="B2" t="s"><v>0</v></c>', ["", "Loan"]),
        ('<row r="2"><c r="A2" s="2"><v>417</v></c>', ["0000000417"]),
        ('<row r="2"><c r="A2" s="2"><v>34880000500012</v></c>', [34880000500012.0]),
        ('<row r="2"><c r="A2" s="2"><v></v></c><c r="B2"/>', []),
        ('<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>1</v></c>', None),
        ('<row r="2"><c r="A3"><v>1</v></c>', None),
        ('<row r="1"><c r="A1"><v>1</v></c>', None),
        ('<row r="2" hidden="true"><c r="A2"><v>1</v></c>', None),
        ('<row r="2"><c r="A2" s="3"><v>1</v></c>', None),
        ('<row r="2"><c r="A2" t="s"><v>2</v></c>', None),
        ('<row r="2"><c r="A2" t="s"><v>02</v></c>', None),
        ('<row r="2"><c r="A2"><f>1+1</f><v>2</v></c>', None),
        ('<row r="2"><c r="A2" t="str"><v>AT&amp;T</v></c>', None),
        ('<row r="2"><c r="A2" t="str"><v>a\tb</v></c>', None),
        ('<row r="2"><!-- --><c r="A2"><v>1</v></c>', None),
        ('<row r="2"><c r="A2" t="inlineStr"><is><t>1</v></c>', None),
    ],
)
def test_which_rows_are_plain(xml: str, cells: list[object] | None) -> None:
    looks = Styles(forms={"1": Form(is_date=True), "2": Form(zeros=10)}, struck={"3"})
    shared = Texts(["Loan", "Return", "34880"], {1: {None}, 2: {None, True}}, can_strike=True)
    plain = PlainRows(looks, shared, CellValues(looks, shared, FIRST_DAY))
    for _ in range(2):  # by its own shape, then by that of a row before
        read = plain.read(xml, after=1)
        assert (read and read.cells) == cells
        assert read is None or read.zeros == ([0] if cells == ["0000000417"] else [])


def test_many_shapes_of_rows_are_read_all_the_same(tmp_path: Path) -> None:
    rows = ""
    for number in range(1, 65):
        empty = [letter for place, letter in enumerate("BCDEFG") if number >> place & 1]
        cells = "".join(f'<c r="{letter}{number}"/>' for letter in empty)
        rows += (
            f'<row r="{number}"><c r="A{number}" t="str"><v>a</v></c>{cells}'
            f'<c r="H{number}"><v>{number}</v></c></row>'
        )
    assert cells_of(tmp_path, rows) == [["a", *[""] * 6, float(n)] for n in range(1, 65)]


def test_what_looks_like_a_row_in_a_comment_or_in_character_data_is_none(tmp_path: Path) -> None:
    """A loan that nobody sees in a spreadsheet program must not be posted."""
    hidden = row(3, LOAN) * 2
    for before, behind in (("<!--", "-->"), ("<x><![CDATA[", "]]></x>"), ("<?x ", "?>")):
        rows = f"{ROWS}{before}</row>{hidden}{behind}{row(4, LOAN)}"
        assert [number for number, *_ in rows_of(tmp_path, rows)] == [1, 2, 4]


def test_nor_is_one_where_what_is_unpacked_at_once_ends_within_a_comment(tmp_path: Path) -> None:
    begin = sheet(ROWS).partition("</sheetData>")[0] + "<!--"
    for chunks in (1, 2, 3):
        xml = f"{begin:x<{chunks * CHUNK}}{row(3, LOAN)}-->{row(4, LOAN)}</sheetData></worksheet>"
        path = xlsx(tmp_path / "desk.xlsx", {"xl/worksheets/sheet1.xml": xml})
        (desk,) = read_workbook(path, None, is_zip=True).sheets
        assert [number for number, *_ in desk.rows()] == [1, 2, 4]


@pytest.mark.parametrize(
    "xml",
    [
        f'{ROWS}<x a="{row(3, LOAN)}"/>',
        f"{ROWS}</sheetData></worksheet>{row(3, LOAN)}<worksheet><sheetData>",
        f"{ROWS}</row>{row(3, LOAN)}<row>",
        f"{ROWS}{row(3, LOAN)}<row>",
        f'{ROWS}{row(3, LOAN)}<c r="Z3"><v>1</v></c>',
        f"{ROWS}{row(3, LOAN)}<v>1</v>",
        ROWS + row(3, ("\ufffe",)),
        ROWS + row(3, ("\x01",)),
        f"{ROWS}{row(4, LOAN)}{row(3, LOAN)}",
    ],
)
def test_what_is_no_sheet_is_refused(xml: str, tmp_path: Path) -> None:
    with pytest.raises(NotReadError, match="is a damaged spreadsheet"):
        rows_of(tmp_path, xml)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "UTF-8"])
def test_sheets_in_other_encodings(encoding: str, tmp_path: Path) -> None:
    rows = ROWS + row(3, ("Zürich",)) + row(4, ("Zürich", "é"))
    assert cells_of(tmp_path, rows, encoding) == [
        [*HEADER],
        [*LOAN],
        ["Zürich"],
        ["Zürich", "é"],
    ]


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    broken = sheet(ROWS + row(3, ("Zürich",))).encode("iso-8859-1")
    path = xlsx(tmp_path / "desk.xlsx", {"xl/worksheets/sheet1.xml": broken})
    with pytest.raises(NotReadError, match="is a damaged spreadsheet"):
        read_workbook(path, None, is_zip=True)


def test_a_struck_row_among_plain_ones(tmp_path: Path) -> None:
    """By its style or by a text that it shares: a cancelled loan is a loan of nobody."""
    styled = '<row r="{0}"><c r="A{0}" s="{1}" t="str"><v>x</v></c></row>'
    shared = '<row r="{0}"><c r="A{0}" t="s"><v>{1}</v></c></row>'
    rows = "".join(
        form.format(number, value)
        for number, (form, value) in enumerate(
            [(styled, 0), (styled, 0), (styled, 3), (shared, 0), (shared, 0), (shared, 2)], 1
        )
    )
    problems = {number: more[1] for number, _, *more in rows_of(tmp_path, rows) if more}
    assert problems == {3: STRUCK, 6: PARTLY_STRUCK}


def test_a_row_longer_than_what_is_unpacked_at_once(tmp_path: Path) -> None:
    long = row(3, ("x" * 30_000,) * 7)
    rows = rows_of(tmp_path, ROWS + long + row(4, LOAN) + long.replace('3"', '5"') + row(6, LOAN))
    assert [(number, len(cells)) for number, cells, *_ in rows] == [
        *[(1, 4), (2, 4), (3, 7), (4, 4), (5, 7), (6, 4)]
    ]
    assert rows[3][1][2] == PATRON
