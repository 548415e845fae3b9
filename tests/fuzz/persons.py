"""Captures of which the truth is known, damaged as people and programs damage them.

However they are read, no loan may be on a person who did not take the item, and no name of a person
may stand in a row.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

from almareplay.sources import Row
from almareplay.sources.cells.librarybarcodes import has_check_digit
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction

NAMES = ("Quill, Odette", "Marsh Tobias", "O'Dell, Ines", "Vanterpool", "de Wit, Bas")
TITLES = ("Salt, smoke, and iron", "The lamp", 'A "new" herbal', "1984", "Rivers; a history", "")


class Loan(NamedTuple):
    """What happened: a loan, or a return where there is no patron."""

    item: str
    patron: str


class Known(NamedTuple):
    """A capture, and the truth about it; ``name`` says how it was damaged."""

    name: str
    content: bytes
    truth: frozenset[Loan]


def number(dice: random.Random, first: str) -> str:
    """A library's number with a right check digit."""
    digits = first + "".join(dice.choice("0123456789") for _ in range(12))
    return next(digits + last for last in "0123456789" if has_check_digit(digits + last))


def made_up(dice: random.Random) -> list[Loan]:
    """Some loans and returns."""
    return [
        Loan(number(dice, "3"), number(dice, "2") if dice.random() < 0.8 else "")
        for _ in range(dice.randrange(2, 9))
    ]


def known(dice: random.Random) -> Known:
    """A damaged capture with its truth."""
    return KINDS[dice.choice([*KINDS])](dice)


def wrong(rows: Iterable[Row], truth: frozenset[Loan]) -> list[Row]:
    """The rows that would lend to a person who took nothing, or that hold a name.

    An identifier that is no number at all is none that Alma knows: where the item or the patron is
    such, the row becomes a task for staff.
    """
    items = {loan.item for loan in truth}
    return [
        row
        for row in rows
        if not isinstance(row, LeftOut)
        and (_holds_name(row) or (isinstance(row, Transaction) and _is_wrong(row, truth, items)))
    ]


def _is_wrong(row: Transaction, truth: frozenset[Loan], items: set[str]) -> bool:
    if row.kind is Kind.RETURN:
        return row.item_barcode.isdigit() and row.item_barcode not in items
    if Loan(row.item_barcode, row.patron_id) in truth:
        return False
    return row.patron_id.isdigit() and row.item_barcode.isdigit()


def _holds_name(row: Transaction | InvalidRow) -> bool:
    held = f"{row.item_barcode} {row.patron_id}".casefold()
    return any(part.casefold() in held for name in NAMES for part in name.split(", "))


HEADER = "Timestamp,Type,Item barcode,Title,Patron ID,Name,Saved"


def _table(dice: random.Random, loans: list[Loan]) -> list[str]:
    """The lines of a CSV with titles and names, as its program meant it."""
    lines = [HEADER]
    for minute, (item, patron) in enumerate(loans):
        kind = "Loan" if patron else "Return"
        title, name = dice.choice(TITLES), dice.choice(NAMES) if patron else ""
        quoted = (f'"{text.replace(chr(34), chr(34) * 2)}"' for text in (title, name))
        title, name = quoted
        when = f"2026-09-14 09:{minute:02}"
        lines.append(f"{when},{kind},{item},{title},{patron},{name},{dice.choice(['', '0'])}")
    return lines


def _quoting(dice: random.Random) -> Known:
    """Quotation marks that are missing, too many, or escaped with a backslash."""
    loans = made_up(dice)
    lines = _table(dice, loans)
    how = dice.randrange(4)
    for at in range(1, len(lines)):
        line = lines[at]
        if how == 0:
            lines[at] = line.replace('"', "")
        elif how == 1:
            lines[at] = line.replace('""', '\\"')
        elif dice.random() < 0.5 and (marks := [n for n, sign in enumerate(line) if sign == '"']):
            place = dice.choice(marks)
            lines[at] = line[:place] + line[place + (how == 2) :]
            if how == 3:
                lines[at] = f'{line[:place]}"{line[place:]}'
    return Known("quoting", _bytes(lines), frozenset(loans))


def _shifted(dice: random.Random) -> Known:
    """Delimiters that are missing or too many."""
    loans = made_up(dice)
    lines = _table(dice, loans)
    for at in range(1, len(lines)):
        commas = [n for n, sign in enumerate(lines[at]) if sign == ","]
        if dice.random() < 0.5:
            place = dice.choice(commas)
            more = dice.choice(["", ",,", ",x,", ", , "])
            lines[at] = lines[at][:place] + more + lines[at][place + 1 :]
    return Known("shifted cells", _bytes(lines), frozenset(loans))


def _azerty(text: str) -> str:
    return text.translate(str.maketrans("1234567890", "&é\"'(-è_çà"))


DAMAGES: tuple[Callable[[str, random.Random], str], ...] = (
    lambda text, dice: dice.choice("ABCDtne*") + text + dice.choice("abcdTNE*"),
    lambda text, _: f"{text[0]} {text[1:5]} {text[5:10]} {text[10:]}",
    lambda text, dice: f"%B{text}^{dice.choice(NAMES).upper().replace(', ', '/')}^2912101?",
    lambda text, dice: f";{text}={dice.randrange(10**6)}?",
    lambda text, dice: f"%B{text}^{dice.choice(NAMES)}^29",
    lambda text, _: _azerty(text),
    lambda text, _: text.translate({48 + n: 0x660 + n for n in range(10)}),
    lambda text, _: text.translate({48 + n: 0xFF10 + n for n in range(10)}),
    lambda text, dice: text[: dice.randrange(14)] + "\u200b" + text[dice.randrange(14) :],
    lambda text, _: f"'{text}",
    lambda text, dice: "*" * 10 + text[10:] if dice.random() < 0.5 else text[:2] + "X" * 12,
    lambda text, _: f"{text[0]}.{text[1:].rstrip('0')}E+13",
    lambda text, dice: f"{text[0]}.{text[1 : dice.randrange(3, 9)]}E+13",
    lambda text, _: f"{text}.0",
    lambda text, _: f"{int(text):,}",
    lambda text, _: f"{int(text):,}".replace(",", "."),
    lambda text, dice: text + dice.choice([" ", ", ", ";", "", "/"]) + number(dice, text[0]),
    lambda text, _: f"{int(text) * 24}:00:00",
    lambda text, _: text + text,
    lambda text, _: f"]A0A{text}B",
)


def _damaged(text: str, dice: random.Random) -> str:
    if not text or dice.random() < 0.4:
        return text
    damaged = dice.choice(DAMAGES)(text, dice)
    # Two places cut at random can leave digits out, as no damage that is meant here does.
    plain = damaged.replace("\u200b", "")
    return damaged if "\u200b" not in damaged or plain == text else f"\u200b{text}"


def _identifiers(dice: random.Random) -> Known:
    """Identifiers changed by scanners, keyboards and programs, in a table."""
    loans = made_up(dice)
    delimiter = dice.choice([",", "\t", ";"])
    lines = [delimiter.join(("Timestamp", "Type", "Item barcode", "Patron ID"))]
    for minute, (item, patron) in enumerate(loans):
        cells = [_damaged(item, dice), _damaged(patron, dice)]
        if dice.random() < 0.7:
            cells = [
                f'"{cell.replace(chr(34), chr(34) * 2)}"'
                if any(sign in cell for sign in (delimiter, '"'))
                else cell
                for cell in cells
            ]
        when, kind = f"2026-09-14 09:{minute:02}", "Loan" if patron else "Return"
        lines.append(delimiter.join((when, kind, *cells)))
    return Known("identifiers", _bytes(lines), frozenset(loans))


def _dat(dice: random.Random) -> Known:
    """The same in lines of fixed width."""
    loans = made_up(dice)
    lines = [
        f"20260914090{minute}{'L' if patron else 'R'}"
        f"{_damaged(item, dice)[:80]:<80}{_damaged(patron, dice)}"
        for minute, (item, patron) in enumerate(loans)
    ]
    return Known("identifiers in fixed width", _bytes(lines), frozenset(loans))


def _self_check(dice: random.Random) -> Known:
    """Requests of a self-check and answers that name the item otherwise, come late, or say no."""
    loans = made_up(dice)
    lines: list[str] = []
    truth: list[Loan] = []
    for minute, (item, patron) in enumerate(loans):
        when = f"20260914    09{minute:02}00"
        number_ = f"AY{minute % 10}AZ" if dice.random() < 0.5 else ""
        is_refused = dice.random() < 0.5
        named = dice.choice((item, f"LIB-{item}", item[1:], item.lower(), ""))
        if patron:
            lines.append(f"11YN{when}{' ' * 18}AOMAIN|AA{patron}|AB{item}|AC|{number_}".rstrip())
            answer = f"12{'0' if is_refused else '1'}NNN{when}AOMAIN|AA{patron}|AB{named}|AJ|AH|"
        else:
            lines.append(f"09N{when}{when}APMAIN|AOMAIN|AB{item}|AC|{number_}".rstrip())
            answer = f"10{'0' if is_refused else '1'}YNN{when}AOMAIN|AB{named}|AQMAIN|AJ|"
        if dice.random() < 0.9:
            lines.append(answer + (f"AY{minute % 10}AZ" if number_ else ""))
        else:
            is_refused = False
        if not is_refused:
            truth.append(Loan(item, patron))
    return Known("answers of a self-check", _bytes(lines), frozenset(truth))


# Values that no page writes, and that a hand or a program may.
_ODD: tuple[object, ...] = (
    None,
    True,
    14,
    1e308,
    float("nan"),
    -(10**30),
    [],
    {},
    "",
    "\ud800",
    "\x00",
    "a" * 5_000,
)
_CERTAIN = ("id", "event", "voids")


def _station(dice: random.Random) -> Known:
    """The file of a station of the capture page: identifiers, values and lines damaged, and scans
    that were taken back."""
    lines: list[str] = []
    truth: list[Loan] = []
    for minute, loan in enumerate(made_up(dice)):
        scan: dict[str, object] = {
            "id": f"scan-{minute}",
            "sequence": minute,
            "event": "scan",
            "kind": "loan" if loan.patron else "return",
            "item_barcode": _damaged(loan.item, dice),
            "patron_id": _damaged(loan.patron, dice),
            "captured_ms": 1_789_372_800_000 + 60_000 * minute,
        }
        if dice.random() < 0.3:
            scan[dice.choice([name for name in scan if name not in _CERTAIN])] = dice.choice(_ODD)
        line = json.dumps(scan)
        if dice.random() < 0.1:
            line = line[: dice.randrange(len(line))] + dice.choice(["", "}", '"}', "\x00"])
        lines.append(line)
        if dice.random() < 0.2:
            lines.append(json.dumps({"event": "void", "voids": scan["id"]}))
        else:
            truth.append(loan)
    dice.shuffle(lines)
    lines.insert(0, json.dumps({"almareplay_capture": 1, "name": "Front desk"}))
    return Known("file of a station", _bytes(lines), frozenset(truth))


def _bytes(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


KINDS: dict[str, Callable[[random.Random], Known]] = {
    "quoting": _quoting,
    "shifted cells": _shifted,
    "identifiers": _identifiers,
    "identifiers in fixed width": _dat,
    "answers of a self-check": _self_check,
    "file of a station": _station,
}
"""How captures are damaged."""
