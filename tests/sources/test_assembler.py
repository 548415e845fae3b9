"""What makes a row invalid is checked in all formats, in one order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from almareplay.sources import Row
from almareplay.transactions import InvalidRow, Kind

Read = Callable[..., list[Row]]

ITEM, PATRON = "34880000400010", "24880000200014"
USUAL, FAR = "2026-09-14 09:01", "2099-09-14 09:01"


def dat(kind: Kind, at: str, item: str, patron: str) -> str:
    stamp = "".join(sign for sign in at if sign.isdigit())
    return f"{stamp}{kind.value[0].upper()}{item:<80}{patron}\n"


def table(kind: Kind, at: str, item: str, patron: str) -> str:
    return f"{at},{kind},{item},{patron}\n"


def koha(kind: Kind, at: str, item: str, patron: str) -> str:
    said = f"issue\t{patron}\t{item}" if kind is Kind.LOAN else f"return\t{item}"
    return f"{at}:00\t{said}\n"


def self_check(kind: Kind, at: str, item: str, patron: str) -> str:
    day, clock = at.replace("-", "").split()
    when = f"{day}    {clock.replace(':', '')}00"
    if kind is Kind.LOAN:
        return f"11YY{when}{' ' * 18}AO|AA{patron}|AB{item}|AC|\n"
    return f"09N{when}{when}APMAIN|AOMAIN|AB{item}|AC|\n"


FORMATS = [dat, table, koha, self_check]
HEADERS = {
    table: "Timestamp,Type,Item barcode,Patron ID\n",
    koha: "Version=1.0\tGenerator=kocDesktop\n",
}


def last(read: Read, write: Callable[..., str], *said: object) -> Row:
    """The row that says this, in a file of this format behind a plain one."""
    plain = write(Kind.LOAN, USUAL, "34880000400028", "24880000200022")
    return read(HEADERS.get(write, "") + plain + write(*said))[-1]


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize(
    ("kind", "at", "item", "patron", "code"),
    [
        (Kind.LOAN, FAR, "", "", "too_far_ahead"),
        (Kind.RETURN, FAR, "****0015", "", "too_far_ahead"),
        (Kind.LOAN, USUAL, "****0015", "****0015", "masked"),
        (Kind.LOAN, USUAL, "****0015", "", "masked"),
        (Kind.LOAN, USUAL, "", PATRON, "no_item"),
        (Kind.LOAN, USUAL, ITEM, "", "no_patron"),
        (Kind.LOAN, USUAL, "eq-7", "EQ-7", "same_number"),
    ],
)
def test_the_first_of_several_faults_is_the_same_in_all_formats(
    write: Callable[..., str], kind: Kind, at: str, item: str, patron: str, code: str, read: Read
) -> None:
    row = last(read, write, kind, at, item, patron)
    assert isinstance(row, InvalidRow)
    assert row.reason.code == code


@pytest.mark.parametrize(
    ("write", "kind"),
    [*((write, Kind.LOAN) for write in FORMATS), (dat, Kind.RETURN)],
)
def test_a_name_where_the_patron_belongs_is_kept_nowhere(
    write: Callable[..., str], kind: Kind, read: Read
) -> None:
    name = '"Quill, Odette"' if write is table else "Quill Odette"
    row = last(read, write, kind, USUAL, ITEM, name)
    assert isinstance(row, InvalidRow)
    assert (row.reason.code, row.item_barcode, row.patron_id) == ("words_for_patron", ITEM, "")
