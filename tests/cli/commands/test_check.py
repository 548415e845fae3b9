"""``check``: what it saw, what it warns of, what forbids a replay."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import User


@pytest.fixture(autouse=True)
def slow(user: User) -> None:
    """The pace is the default, so that nothing is said about it."""
    del user.env["ALMAREPLAY_REQUESTS_PER_SECOND"]


def test_it_says_what_it_saw_and_changes_nothing(loaded: User) -> None:
    done = loaded.types("check")
    assert (done.code, done.err) == (0, "")
    alma, key, places, to_do, calls, following = done.out.splitlines()
    assert alma == "Alma: Calder University (01CALDER_INST), sandbox"
    assert key == "The API key may read and write Users and Bibs, and read Configuration."
    assert places == "Alma has the 1 library and 1 circulation desk of the run's rows."
    assert to_do == ("To do: 1 row (1 loan, 0 returns) on 1 item; about 3 calls, 1 s at 8 a second")
    assert re.fullmatch(
        r"Calls left today: [\d,]+ of 500,000; 10,000 are left to others: enough\.", calls
    )
    assert following == "Next: almareplay rehearse  what each row would come to; posts nothing"
    assert (loaded.outcomes(), loaded.effects()) == (["pending"], [])


def test_it_works_before_anything_is_loaded(user: User) -> None:
    done = user.types("check")
    assert (done.code, done.err) == (0, "")
    assert "Alma has the 1 library and 1 circulation desk of the settings." in done.out
    assert done.out.splitlines()[-1] == "Next: almareplay load FILE  for the files of all desks"
    assert list(user.folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "said"),
    [
        (
            {"LIBRARY": "MIAN"},
            "Alma has no library with the code 'MIAN', which ALMAREPLAY_LIBRARY sets. "
            "It has: LAW, MAIN. Did you mean MAIN?",
        ),
        (
            {"CIRC_DESK": "FORNT"},
            "Library MAIN of Alma has no circulation desk with the code 'FORNT', which "
            "ALMAREPLAY_CIRC_DESK sets. It has: BACK, FRONT. Did you mean FRONT?",
        ),
    ],
)
def test_it_warns_of_a_library_or_desk_of_the_settings(
    user: User, env: dict[str, str], said: str
) -> None:
    before = user.types("check", **env)
    assert (before.code, before.problems()) == (0, [said])
    # Rows that are elsewhere can be replayed all the same.
    user.types("load", str(user.captures()))
    after = user.types("check", **env)
    assert (after.code, after.problems()) == (0, [said])
    assert user.types("replay", "--yes", **env).code == 0


def test_it_warns_of_captures_in_the_future(user: User) -> None:
    soon = f"{datetime.now(UTC) + timedelta(hours=20):%Y%m%d%H%M}"
    past = "202609140900"
    lines = [f"{at}R3188{n}" for n, at in enumerate((past, soon, soon, past, soon))]
    user.types("load", str(user.writes("fast clock.dat", *lines)), TIMEZONE="UTC")
    done = user.types("check")
    assert done.code == 0
    said, where = done.problems()
    assert said.startswith("3 rows were captured after now.")
    assert "--clock-offset" in said
    assert where == "  fast clock.dat: rows 2 to 3 and 5 of the run"


def test_it_warns_of_its_settings_file(user: User) -> None:
    file = user.writes("settings.env", "ALMAREPLAY_DAILY_RESERVE=1", "ALMAREPLAY_REGION na")
    file.chmod(0o644)
    done = user.types("check")
    assert done.code == 0
    assert done.out.splitlines()[:2] == [
        "settings.env, line 2: this cannot be read, and is passed over. "
        "A setting is a line NAME=value.",
        "Other users of this machine can read settings.env: chmod 600 settings.env",
    ]
    file.chmod(0o622)
    refused = user.types("check")
    assert (refused.code, refused.out) == (2, "")
    assert "Other users of this machine can write settings.env" in refused.err


@pytest.mark.parametrize(("pace", "warned"), [("10", False), ("11", True)])
def test_too_fast_a_pace_is_warned_of(loaded: User, pace: str, warned: bool) -> None:
    done = loaded.types("check", "--requests-per-second", pace)
    assert (done.code, f"{pace} calls a second is fast for a sandbox" in done.out) == (0, warned)


def test_calls_that_will_not_do_are_told(loaded: User) -> None:
    left = loaded.alma.limits.left() or 0
    # The check itself takes five, and the row three.
    done = loaded.types("check", DAILY_RESERVE=str(left - 7))
    assert (done.code, "left to others: too few, it goes on after midnight GMT." in done.out) == (
        0,
        True,
    )


def test_a_key_without_configuration_leaves_it_open(loaded: User) -> None:
    done = loaded.types("check", API_KEY="circulation-key")
    assert done.code == 3
    assert "no permission to read Configuration" in done.problems()[0]
    assert "Next: " not in done.out


@pytest.fixture
def nothing_there() -> Iterator[str]:
    """An address of this machine at which nothing listens."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unheard.getsockname()[1]}"


@pytest.mark.parametrize(
    ("address", "why"),
    [("", "it refuses the connection"), ("https://no-alma.invalid", "no host has this name")],
)
def test_an_alma_that_cannot_be_reached_ends_it_at_once(
    user: User, nothing_there: str, address: str, why: str
) -> None:
    at = address or nothing_there
    began = datetime.now(UTC)
    done = user.types("check", BASE_URL=at)
    assert datetime.now(UTC) - began < timedelta(seconds=5)
    assert (done.code, done.out) == (75, "")
    (said,) = done.problems()
    assert said.startswith(f"Alma cannot be reached at {at}: {why}.")


PATRON = "w4yfarer0042"


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("library", "Alma has no library with the code that these rows have. It has: LAW, MAIN."),
        (
            "circ_desk",
            "Library MAIN of Alma has no circulation desk with the code that these rows have. "
            "It has: BACK, FRONT.",
        ),
    ],
)
def test_a_patron_id_in_the_column_of_places_is_not_shown(
    user: User, column: str, said: str
) -> None:
    lines = [f"loan,2026-09-14 09:0{n},3188{n},p{n},{'MAIN' if n else PATRON}" for n in range(3)]
    columns = "kind,captured_at,item_barcode,patron_id,library"
    if column == "circ_desk":
        lines = [line.replace(",MAIN", ",BACK") for line in lines]
        columns = columns.replace("library", "circ_desk")
    user.types("load", str(user.writes("desk.csv", columns, *lines)))
    for command in ("check", "rehearse", "replay"):
        done = user.types(command, "--log", "all.log", "--debug")
        assert done.code == 3
        assert f"{said}\n  desk.csv: row 1 of the run\n" in done.err
        assert (
            "load it corrected, or with --desk-map FILE:\n  almareplay unload desk.csv\n"
            in done.err
        )
        assert PATRON not in done.out + done.err
    logged = (user.folder / "all.log").read_text("utf-8")
    assert PATRON not in logged
    assert "desk.csv" not in logged
    assert set(user.outcomes()) == {"pending"}
