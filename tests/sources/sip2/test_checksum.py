"""Checksums: a way of its own to sum up is no damage."""

from __future__ import annotations

import pytest

from almareplay.transactions import LeftOut, Transaction
from tests.sources.sip2.messages import (
    ITEM,
    OTHER_PATRON,
    PATRON,
    Read,
    answer,
    checkout,
    fate,
    log,
    with_checksum,
)


@pytest.mark.parametrize("off_by", [13, 0xFFFF, -155])
def test_a_way_of_its_own_to_sum_up_is_no_damage(off_by: int, read: Read) -> None:
    messages = []
    for number, patron in enumerate([PATRON, OTHER_PATRON, PATRON, OTHER_PATRON]):
        item = f"{ITEM[:-1]}{number}"
        messages += [
            with_checksum(checkout(f"09000{number}", item, patron), str(number), off_by),
            with_checksum(answer("12", "1", f"X{item}", patron), str(number)),
        ]
    rows = read(log(*messages))
    assert {type(row) for row in rows} == {LeftOut}
    rows = read(log(*messages, with_checksum(checkout("091000"), "4", off_by + 2)))
    assert "the checksum does not fit" in fate(rows[-1])


def test_the_tail_may_be_left_out_of_the_sum(read: Read) -> None:
    lines = []
    for number, patron in enumerate([PATRON, OTHER_PATRON, PATRON]):
        message = checkout(f"09000{number}", f"{ITEM[:-1]}{number}", patron, no_block="Y")
        lines.append(f"{message}AY{number}AZ{-sum(message.encode()) % 0x10000:04X}")
    assert {type(row) for row in read(log(*lines))} == {Transaction}


def test_one_patron_changed_everywhere_is_no_way_to_sum_up(read: Read) -> None:
    asked = [
        with_checksum(checkout(f"09000{number}", f"{ITEM[:-1]}{number}", no_block="Y"), str(number))
        for number in range(4)
    ]
    changed = [line.replace(PATRON, OTHER_PATRON) for line in asked]
    assert {type(row) for row in read(log(*asked))} == {Transaction}
    assert {fate(row)[:25] for row in read(log(*changed))} == {"the checksum does not fit"}
