"""A SQLite file that a capture tool still writes to; and what is no file at all."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import User


def test_rows_that_came_in_since_the_last_load(user: User) -> None:
    """SQLite writes them into a file beside it, so that its own bytes stay the same."""
    path = user.folder / "outage.db"
    with closing(sqlite3.connect(path)) as tool:
        tool.execute("pragma journal_mode=wal")
        tool.execute(
            "create table transactions "
            "(library, timestamp, return_or_loan, item_barcode, patron_barcode, saved)"
        )
        for minute in (1, 2):
            moment = f"2026-09-14 09:0{minute}:00"
            tool.execute(
                "insert into transactions values ('MAIN', ?, 'R', ?, '', 0)", (moment, str(minute))
            )
            tool.commit()
            done = user.types("load", str(path))
            assert done.code == 0, done.err
            assert len(user.outcomes()) - user.outcomes().count("duplicate") == minute
    assert user.types("load", str(path)).code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_has_no_end(user: User) -> None:
    pipe = user.folder / "pipe"
    os.mkfifo(pipe)
    done = user.types("load", str(pipe), str(user.captures()))
    assert (done.code, done.problems()[0]) == (1, "pipe: is a pipe or a device: load a file.")
    assert user.outcomes() == ["pending"]
