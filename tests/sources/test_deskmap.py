"""Desk maps: how they are written, and which place a row gets by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Capture, FileRefused, ReadingOptions, Row
from almareplay.sources.deskmap import DeskMap, DeskMapError, Place, read_desk_map
from almareplay.sources.places import names_of, place_of
from almareplay.transactions import InvalidRow, Reason, Transaction

DESKS = Path(__file__).parents[2] / "fixtures/captures/desks.csv"
Options = Callable[..., ReadingOptions]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str | bytes], DeskMap]:
    """Reads a desk map of the given content from a file called ``desks.csv``."""

    def written(content: str | bytes) -> DeskMap:
        path = tmp_path / "desks.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_desk_map(path)

    return written


@pytest.mark.parametrize(
    "content",
    [
        "capture,library,circ_desk\nFront,MAIN,DESK\n",
        "Front,MAIN,DESK",
        "# the desks\n\n Front ;\tMAIN; DESK;;\n;;\nfront;MAIN;DESK\n",
        '"Front"\tMAIN\tDESK\r\n',
        "Library,Circ. desk,Capture\nMAIN,DESK,Front\n",
        "capture,library,circ_desk\nFront,MAIN,DESK\n".encode("utf-16"),
        b"\xef\xbb\xbfFront,MAIN,DESK\r\n\x1a",
    ],
)
def test_ways_to_write_a_desk_map(
    content: str | bytes, written: Callable[[str | bytes], DeskMap]
) -> None:
    desks = written(content)
    assert desks.find(["FRONT "]) == Place("MAIN", "DESK")
    assert [entry.name for entry in desks.entries.values()] == ["Front"]


def test_windows_1252_and_commas_in_a_name(written: Callable[[str | bytes], DeskMap]) -> None:
    desks = written("Bücherbus, links;BUS;LEFT\nAnnex, Music, top;ANNEX;TOP\n".encode("cp1252"))
    assert desks.find(["bücherbus, LINKS"]) == Place("BUS", "LEFT")
    assert desks.find(["Annex, Music, top"]) == Place("ANNEX", "TOP")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "Front,MAIN\n",
            r"^desks\.csv:1: has no circulation desk: write capture,library,circ_desk",
        ),
        ("capture,library,circ_desk\n\nFront,,DESK\n", r"^desks\.csv:3: has no library code"),
        (",MAIN,DESK\n", "has no word of the captures"),
        ("Front,MAIN,DESK,x\n", r"^desks\.csv:1: has 4 columns where 3 belong"),
        (
            "Front,MAIN,DESK\nAnnex,A,A\nfront,MAIN,BACK\n",
            r'^desks\.csv:3: "front" stands in line 1',
        ),
        ("capture,library,circ_desk\n# none yet\n", r"^desks\.csv: has no desks in it"),
        ("", "has no desks in it"),
        (bytes(range(256)), r"^desks\.csv:\d+: has"),
    ],
)
def test_desk_maps_that_cannot_be_used(
    content: str | bytes, sentence: str, written: Callable[[str | bytes], DeskMap]
) -> None:
    with pytest.raises(DeskMapError, match=sentence):
        written(content)


def test_a_desk_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DeskMapError, match=r"^gone\.csv: cannot be read: No such file"):
        read_desk_map(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("library", "circ_desk", "place"),
    [
        ("Annex", "Front", ("ANNEX", "ANNEX_DESK", "")),
        ("Main", "front", ("MAIN", "MAIN_FRONT", "")),
        ("", "Bücherbus", ("HARBOR", "BUS", "")),
        ("sci", "", ("SCI", "SCI_DESK", "")),
        ("sci", "Back", ("SCI", "SCI_DESK", "")),
        ("", "", ("MEDIA", "MEDIA_DESK", "")),
        ("", "Fornt", ("", "", 'the desk map has no "Fornt". Did you mean Front?')),
        ("Attic", "Top", ("", "", 'the desk map has no "Attic/Top"')),
        ("", "x" * 60, ("", "", f'the desk map has no "{"x" * 39}…"')),
        ("", "24880000100016", ("", "", "the desk map has no such library or desk")),
    ],
)
def test_which_place_a_row_gets(
    library: str, circ_desk: str, place: tuple[str, str, str], options: Options
) -> None:
    """The file is called as the map has it; the flags of the load count for none of the rows."""
    mapped = options(desk_map=read_desk_map(DESKS))
    *codes, problem = place_of(mapped, names_of("outage-media.dat"), library, circ_desk)
    assert (*codes, in_words(problem) if problem else "") == place


@pytest.mark.parametrize(
    ("source_file", "place"),
    [
        ("desk.xlsx#Monday", ("HARBOR", "HARBOR_DESK")),
        ("outage-media.dat", ("MEDIA", "MEDIA_DESK")),
        ("OUTAGE-MEDIA#2.dat", ("MEDIA", "MEDIA_DESK")),
        ("some.dat", ("MAIN", "DESK")),
    ],
)
def test_rows_without_words_are_found_by_sheet_and_file(
    source_file: str, place: tuple[str, str], options: Options
) -> None:
    mapped = options(desk_map=read_desk_map(DESKS))
    assert place_of(mapped, names_of(source_file))[:2] == place


def test_without_a_map_words_are_codes(options: Options) -> None:
    assert place_of(options(), [], "ANNEX", "") == ("ANNEX", "DESK", None)
    assert place_of(options(circ_desk=None), []).problem == Reason("no_desk")


def test_a_dat_file_by_its_name(opened: Callable[..., Capture]) -> None:
    desks = read_desk_map(DESKS)
    nowhere = {"library": None, "circ_desk": None, "desk_map": desks}
    row = next(opened("outage-media.dat", **nowhere).rows())
    assert isinstance(row, Transaction)
    assert (row.library, row.circ_desk) == ("MEDIA", "MEDIA_DESK")
    with pytest.raises(FileRefused, match="or add its name to the desk map"):
        opened("outage-main.dat", **nowhere)
    with pytest.raises(FileRefused, match="or give --desk-map FILE"):
        opened("outage-main.dat", library=None)


def test_a_table_with_several_places(read: Callable[..., list[Row]]) -> None:
    rows = read(
        "Timestamp,Type,Patron,Barcode,Branch,Desk\n"
        "2026-09-14 09:00,Loan,24880000100016,34880000400010,Annex,Front\n"
        "2026-09-14 09:01,Loan,24880000100016,34880000400028,,Front\n"
        "2026-09-14 09:02,Return,,34880000400036,Main,Bakc\n"
        "2026-09-14 09:03,Return,,34880000400044,,\n",
        desk_map=read_desk_map(DESKS),
    )
    assert [row[5:7] for row in rows if isinstance(row, Transaction)] == [
        ("ANNEX", "ANNEX_DESK"),
        ("MAIN", "MAIN_FRONT"),
        ("MAIN", "DESK"),
    ]
    assert [in_words(row.reason) for row in rows if isinstance(row, InvalidRow)] == [
        'the desk map has no "Main/Bakc"'
    ]


def test_a_sheet_by_its_name(
    read: Callable[..., list[Row]], written: Callable[[str | bytes], DeskMap]
) -> None:
    rows = read("captures/several-sheets.xlsx", desk_map=written("Tuesday,HARBOR,BUS\n"))
    places = {row[5:8] for row in rows if isinstance(row, Transaction)}
    assert places == {
        ("MAIN", "DESK", "several-sheets.xlsx#2026-09-14"),
        ("HARBOR", "BUS", "several-sheets.xlsx#Tuesday"),
    }
