"""SQLite files for the tests of databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    """Makes a SQLite file of statements."""

    def made(*statements: str) -> Path:
        path = tmp_path / "outage.db"
        with closing(sqlite3.connect(path)) as new, new:
            for statement in statements:
                new.execute(statement)
        return path

    return made
