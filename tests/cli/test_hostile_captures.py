"""Captures that are not meant well: each ends in one sentence, the good one beside is loaded."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import User

COLUMNS = "library, timestamp, return_or_loan, item_barcode, patron_barcode, saved"
LOAN = "'MAIN', '2026-09-14 09:03:10', 'L'"
INSERT = "INSERT INTO transactions VALUES"
SECONDS = 20


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as new, new:
        for statement in statements:
            new.execute(statement)


def hostile_files(folder: Path) -> list[Path]:
    """Small files; each would take all time or memory of a reader that trusts it."""
    numbers = "create table t (a)", "insert into t values " + ",".join(["(1)"] * 500)
    database(
        folder / "endless.db",
        *numbers,
        f"create view transactions ({COLUMNS}) as select {LOAN}, a.a, b.a, 0 from t a, t b, t c, "
        "t d, t e where a.a + b.a + c.a + d.a + e.a < 0",
    )
    database(
        folder / "growing.db",
        "create view v0 as select 1 as a",
        *(f"create view v{n} as select x.a from v{n - 1} x, v{n - 1} y" for n in range(1, 50)),
        f"create view transactions ({COLUMNS}) as select {LOAN}, a, a, 0 from v49",
    )
    database(
        folder / "blob.db",
        f"create view transactions ({COLUMNS}) as select {LOAN}, zeroblob(2000000000), 1, 0",
    )
    wide = ", ".join(f"c{number}" for number in range(60_000))
    (folder / "wide.sql").write_text(f"INSERT INTO transactions ({COLUMNS}, {wide}) VALUES (1);\n")
    (folder / "deep.sql").write_text(f"CREATE TABLE t ({'(' * 900_000}\n")
    (folder / "deep.json").write_text("[" * 900_000)
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("desk.dat", "0" * 50_000_000)
    (folder / "~$desk.xlsx").write_bytes(b"\x05Marta")
    return sorted(folder.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory so")
def test_a_good_capture_beside_them_is_loaded(user: User, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    bad = hostile_files(folder)
    limited = 'ulimit -v 2000000; exec "$0" -m almareplay load "$@"'
    good = user.captures()
    done = subprocess.run(
        ["sh", "-c", limited, sys.executable, *map(str, bad), str(good)],
        env=os.environ | user.environment(),
        cwd=user.folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    for path in bad:
        (said,) = [line for line in done.stderr.splitlines() if line.startswith(path.name)]
        assert said.endswith((".", "?"))
    assert user.outcomes() == ["pending"]
