"""The demo prints what the pages show, and a purge of its queue keeps what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from almareplay.cli import app
from almareplay.queue.store import Queue
from almareplay.queue.tables.schema import metadata
from tests.docs.demo import quick_demo, without_what_varies, written
from tests.docs.pages import DOCS, README, blocks_of, table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def said(folder: Path) -> str:
    return quick_demo(folder)


@pytest.mark.parametrize(
    ("page", "name"),
    [(DOCS / "demo.md", "the whole demo"), (README, "the demo in short")],
    ids=["demo.md", "README.md"],
)
def test_the_demo_prints_what_a_page_shows(said: str, page: Path, name: str) -> None:
    shown = without_what_varies(blocks_of(page)[name])
    assert shown == without_what_varies(written(said)[name]()), (
        "show it anew: python -m tests.docs --demo"
    )


def test_the_plan_in_the_guide_is_that_of_the_demo(said: str) -> None:
    _, _, after = (DOCS / "outage.md").read_text("utf-8").partition("    Plan for ")
    shown = [line.removeprefix("    ") for line in after.partition("\n\n")[0].splitlines()]
    assert "\n".join(shown) in said
    assert len(shown) > 5


def test_a_purge_keeps_what_the_page_says(said: str, folder: Path) -> None:
    assert said
    settings = str(folder / "almareplay-demo" / "settings.env")
    app(["purge", "--yes", "--settings", settings], standalone_mode=False)
    with (
        Queue.open(f"sqlite:///{folder}/almareplay-demo/almareplay.db") as queue,
        queue.reading() as connection,
    ):
        kept = {
            name
            for name, each in metadata.tables.items()
            if connection.scalar(select(func.count()).select_from(each))
        }
    rows = table(DOCS / "reference" / "stored-data.md", "table")
    told = {row[0].strip("`") for row in rows if row[-1] == "kept"}
    # The demo has no capture sessions and no pool.
    assert kept == told - {"loaded_scans", "pools", "pool_blocks"}
