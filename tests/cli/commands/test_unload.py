"""``unload``: by the file or by its name, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import User


def test_a_file_is_taken_out_and_can_be_loaded_again(user: User) -> None:
    capture = user.captures(3)
    user.types("load", str(capture))
    user.types("load", str(user.writes("annex.dat", capture.read_text().splitlines()[0])))
    moved = capture.rename(user.folder / "moved.dat")
    done = user.types("unload", str(moved))
    assert (done.code, done.out) == (0, "")
    assert done.problems() == [
        "desk.dat: 3 rows taken out of the run. 1 row that repeated them: pending again."
    ]
    assert user.outcomes() == ["pending"]
    assert user.types("load", str(moved)).code == 0
    assert len(user.outcomes()) == 4


def test_a_file_that_is_gone_is_taken_out_by_its_name(user: User) -> None:
    capture = user.captures()
    user.types("load", str(capture))
    capture.unlink()
    done = user.types("unload", "dsk.dat")
    assert (done.code, done.problems()) == (
        2,
        ["Run 'main' has no such file; its files are: desk.dat. Did you mean desk.dat?"],
    )
    assert user.types("unload", "desk.dat").code == 0
    assert user.outcomes() == []


def test_what_was_sent_stays(loaded: User) -> None:
    assert loaded.types("replay", "--yes").code == 0
    done = loaded.types("unload", "desk.dat")
    assert done.code == 2
    assert "1 row of it was sent to Alma already" in done.err
    assert loaded.outcomes() == ["loaned"]
