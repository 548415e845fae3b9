"""No command replaces a file of the user's, and nothing that was captured leaks into an output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from almareplay.cli.workflows.demos import library as demo
from almareplay.cli.workflows.demos.stage import SETTINGS, make_fresh

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import User

PATRON = "24880000100016"
FOREIGN = "notes of the night\n"


@pytest.mark.parametrize(
    "words",
    [
        ("report", "notes.csv"),
        ("report", "other.csv", "notes.csv"),
        ("report", "--pull-list", "notes.csv"),
        ("report", "other.csv", "--fines", "notes.csv"),
        ("replay", "--yes", "--report", "notes.csv"),
        ("rehearse", "--report", "notes.csv"),
    ],
)
def test_a_file_of_the_users_stays_unless_somebody_insists(
    loaded: User, words: tuple[str, ...]
) -> None:
    notes = loaded.writes("notes.csv", FOREIGN.strip())
    done = loaded.types(*words)
    assert (done.code, done.problems()) == (
        2,
        [
            "notes.csv: this file is there already, and almareplay did not write it. Name another "
            "one, or insist with --overwrite."
        ],
    )
    # Neither was anything posted, nor any other output written.
    assert (notes.read_text(), loaded.effects()) == (FOREIGN, [])
    assert not (loaded.folder / "other.csv").exists()
    assert loaded.types(*words, "--overwrite").code == 0
    assert notes.read_text() != FOREIGN
    assert loaded.types(*words).code == 0


def test_one_output_does_not_take_the_place_of_another(loaded: User) -> None:
    done = loaded.types("report", "a.csv", "--fines", "./a.csv")
    assert (done.code, "The same file is named twice" in done.err) == (2, True)
    assert not (loaded.folder / "a.csv").exists()


def test_the_demo_leaves_what_it_did_not_make(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    make_fresh(folder, demo._made())
    made = [SETTINGS, *demo._made()]
    for name in (*made, "notes.txt"):
        (folder / name).write_text(FOREIGN)
    make_fresh(folder, demo._made())
    left = sorted(path.name for path in folder.iterdir())
    assert left == [".almareplay-demo", "notes.txt"]


def test_an_anonymous_report_shows_nothing_that_was_only_captured(user: User) -> None:
    """A patron's id stands in the column of the desk, in that of the item, and in a file's name."""
    table = [
        "Time,Kind,Patron,Item,Library,Desk",
        f"2026-09-14 09:01,return,,31880001,MAIN,{PATRON}1",
        f"2026-09-14 09:02,return,,{PATRON}2,{PATRON}3,FRONT",
        f"2026-09-31 09:03,return,,31880002,MAIN,{PATRON}4",
    ]
    user.types("load", str(user.writes(f"{PATRON}5.csv", *table)))
    assert len(user.rows()) == 3
    outputs = [f"for-the-vendor.{ending}" for ending in ("csv", "html", "xlsx", "jsonl")]
    assert user.types("report", *outputs, "--anonymous").code == 0
    for name in outputs:
        assert PATRON.encode() not in (user.folder / name).read_bytes(), name
    text = (user.folder / "for-the-vendor.csv").read_text()
    assert ",MAIN,desk 1,file 1,2," in text and ",library 1,FRONT,file 1,3," in text
