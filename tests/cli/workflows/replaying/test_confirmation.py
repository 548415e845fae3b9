"""Production: what is about to be posted is shown, and the institution's code is wanted."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import AtTerminal, User

CODE = "01CALDER_INST"
QUESTION = f"Type the institution's code ({CODE}) to post these rows:"
NO_CONFIGURATION = "circulation-key"


@pytest.fixture
def production(loaded: User) -> Iterator[User]:
    """A user who has loaded one loan, and an Alma that is in production."""
    loaded.env["ALMAREPLAY_ENVIRONMENT"] = "production"
    loaded.alma.world.environment = "production"
    yield loaded
    loaded.alma.world.environment = "sandbox"


def untouched(user: User) -> bool:
    """Whether nothing was posted."""
    return (set(user.outcomes()), user.effects()) == ({"pending"}, [])


def test_the_code_posts_what_was_shown(production: User, at_terminal: AtTerminal) -> None:
    barcodes = production.barcodes
    production.types("load", str(production.captures(7, "more.dat")), "--circ-desk", "BACK")
    row = production.rows()[0]
    at_terminal(f" {CODE} \n")
    done = production.types("replay", "--quiet", "--due-dates", "as-captured", "--guard", "full")
    assert (done.code, len(production.effects())) == (0, 16)
    shown, asked, _ = done.err.partition(QUESTION)
    assert asked
    assert f"Alma: Calder University ({CODE}), production" in shown
    assert "To do: 8 rows (8 loans, 0 returns) on 8 items; about " in shown
    assert "  at MAIN, desk BACK: 7 rows\n  at MAIN, desk FRONT: 1 row\n" in shown
    assert (
        "Other than by default: completed loans and the states of items are looked at as well; "
        "due dates are set back as captured.\n"
    ) in shown
    assert f"First: 2026-09-14 09:00  loan    {barcodes[0]}  MAIN, desk FRONT\n" in shown
    assert [line.split()[2] for line in shown.splitlines() if line.startswith("First: ")] == (
        ["09:00", "09:00", "09:01"]
    )
    assert [line.split()[4] for line in shown.splitlines() if line.startswith("Last: ")] == (
        barcodes[-3:]
    )
    assert row.patron_id not in done.err


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ([f"{CODE[:-1]}\n", f"{CODE}\n"], 0),
        ([f"{CODE.lower()}\n", "yes\n"], 3),
        (["\n", "y\n", f"{CODE}\n"], 3),
        ([], 130),
    ],
)
def test_a_wrong_code_is_asked_for_once_more(
    production: User, at_terminal: AtTerminal, typed: list[str], code: int
) -> None:
    at_terminal(*typed)
    done = production.types("replay")
    assert done.code == code
    assert done.err.count(QUESTION) == min(2, max(1, len(typed)))
    if code:
        assert done.problems()[-1].endswith("Nothing was posted.")
    assert untouched(production) is bool(code)


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        ([], 2, "there is nobody to ask. Say --confirm CODE"),
        (["--yes"], 2, "for production --yes is not enough. Say --confirm CODE"),
        (["--yes", "--environment-unverified"], 2, "--yes is not enough"),
        (["--confirm", "01OTHER_INST"], 3, "--confirm has another code than this institution"),
        (["--confirm", "", "--yes"], 3, "--confirm has another code than this institution"),
    ],
)
def test_a_script_needs_the_code(production: User, flags: list[str], code: int, words: str) -> None:
    done = production.types("replay", "--quiet", *flags)
    assert done.code == code
    assert words in done.problems()[-1]
    assert done.problems()[-1].startswith("Nothing was posted")
    assert CODE not in done.problems()[-1]
    assert untouched(production)


def test_a_script_with_the_code_still_shows_what_it_posts(production: User) -> None:
    done = production.types("replay", "--quiet", "--confirm", CODE)
    assert (done.code, production.effects()) == (0, ["loan"])
    assert (done.err.count("First: "), done.err.count("Last: ")) == (1, 0)
    assert "Other than by default" not in done.err


@pytest.mark.slow
def test_a_question_at_a_real_terminal(production: User) -> None:
    ours, theirs = pty.openpty()
    others = {k: v for k, v in os.environ.items() if not k.startswith("ALMAREPLAY_")}
    os.write(ours, f"{CODE}\n".encode())
    try:
        done = subprocess.run(
            [sys.executable, "-m", "almareplay", "replay"],
            env=others | production.settings(),
            cwd=production.folder,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert (done.returncode, production.effects()) == (0, ["loan"])
    assert QUESTION in done.stderr


class TestKeyWithoutConfiguration:
    """There is no code to compare: two flags, or a flag and a word typed."""

    FLAG = "--environment-unverified"

    def test_the_word_is_typed(self, production: User, at_terminal: AtTerminal) -> None:
        at_terminal(f"{CODE}\n", "PRODUCTION\n")
        done = production.types("replay", self.FLAG, API_KEY=NO_CONFIGURATION)
        assert (done.code, production.effects()) == (0, ["loan"])
        assert "Type PRODUCTION to post these rows:" in done.err

    def test_a_code_cannot_be_compared(self, production: User) -> None:
        words = ("replay", self.FLAG, "--yes", "--confirm", CODE)
        done = production.types(*words, API_KEY=NO_CONFIGURATION)
        assert done.code == 3
        assert "--confirm cannot be compared" in done.problems()[-1]
        assert untouched(production)


def test_in_a_sandbox_a_code_that_is_given_is_compared(loaded: User) -> None:
    assert loaded.types("replay", "--yes", "--confirm", "01OTHER_INST").code == 3
    assert untouched(loaded)
    done = loaded.types("replay", "--confirm", CODE)
    assert (done.code, loaded.effects()) == (0, ["loan"])
    assert "First: " not in done.err
