"""A run belongs to the Alma that it was first posted to; ``copy`` takes its captures to another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Desk, Library, World

if TYPE_CHECKING:
    from tests.cli.conftest import User

PRODUCTION = "01CALDER_INST"


@pytest.fixture
def production() -> Iterator[Simulator]:
    """The institution's own Alma, which knows nothing of the sandbox's items yet."""
    libraries = [Library("MAIN", "Main Library", [Desk("FRONT")])]
    world = World(institution_name="Calder University", environment="production")
    world.libraries[:] = libraries
    with Simulator(world, key="live-key", per_second=0) as running:
        yield running


@pytest.fixture
def live(production: Simulator) -> dict[str, str | None]:
    """The settings of production."""
    return {
        "BASE_URL": production.url,
        "API_KEY": "live-key",
        "ENVIRONMENT": "production",
    }


@pytest.fixture
def rehearsed(user: User, production: Simulator) -> User:
    """A user who has replayed three loans in the sandbox; the second has a mistyped card."""
    capture = user.captures(3)
    lines = capture.read_text().splitlines()
    user.writes("desk.dat", lines[0], lines[1][:93] + "21990000", lines[2], "not a row")
    user.types("load", "desk.dat")
    user.types("rehearse")
    assert user.types("replay", "--yes").code == 1
    assert user.outcomes() == ["loaned", "patron_not_found", "loaned", "invalid"]
    for barcode in user.barcodes:
        item = user.alma.world.item(barcode)
        assert item is not None
        production.world.add_item(type(item)(barcode, "MAIN"))
    for patron in user.alma.world.patrons:
        if production.world.patron(patron.primary_id) is None:
            production.world.add_patron(type(patron)(patron.primary_id))
    return user


def writes(alma: Simulator) -> list[str]:
    """What was posted to an Alma; key tests change nothing."""
    return [
        each.operation
        for each in alma.record.requests
        if each.method != "GET" and each.operation != "test"
    ]


@pytest.mark.parametrize("command", ["check", "rehearse", "replay"])
def test_a_run_of_the_sandbox_is_refused_by_production(
    rehearsed: User, production: Simulator, live: dict[str, str | None], command: str
) -> None:
    rehearsed.types("retry", "--outcome", "patron_not_found")
    flags = ["--confirm", PRODUCTION] if command == "replay" else []
    done = rehearsed.types(command, *flags, **live)
    assert done.code == 3
    assert "belongs to Calder University (01CALDER_INST), sandbox" in done.err
    assert "This is Calder University (01CALDER_INST), production" in done.err
    assert "almareplay copy --run main --to production" in done.err
    assert writes(production) == []
    assert rehearsed.outcomes().count("pending") == 1


def test_its_captures_go_to_production_as_a_run_of_their_own(
    rehearsed: User, production: Simulator, live: dict[str, str | None]
) -> None:
    right = rehearsed.alma.world.patrons[-2].primary_id
    rehearsed.types("correct", "--row", "2", "--patron-id", right)
    rehearsed.types("dismiss", "--row", "4", "--note", "seen at the desk")
    done = rehearsed.types("copy", "--run", "main", "--to", "production")
    assert done.code == 0
    assert done.problems() == [
        "Run 'production': 4 rows copied from run 'main', 3 of them pending, 1 correction kept, "
        "1 dismissal kept.",
        "Next: almareplay rehearse --run production",
    ]
    copied = rehearsed.rows("production")
    assert [row.outcome for row in copied] == ["pending", "pending", "pending", "invalid"]
    assert [row.row for row in copied] == [row.row for row in rehearsed.rows()]
    assert (copied[1].patron_id, copied[3].dismissed) == (right, True)
    assert {(row.loan_id, row.institution, row.completed_at) for row in copied} == {("", "", None)}
    done = rehearsed.types("replay", "--run", "production", "--confirm", PRODUCTION, **live)
    assert done.code == 0, done.err
    assert writes(production) == ["loan"] * 3
    where = {(row.institution, row.environment) for row in rehearsed.rows("production")}
    assert where == {(PRODUCTION, "production")}
    assert {row.environment for row in rehearsed.rows()} == {"sandbox"}


def test_a_second_copy_is_not_posted_to_the_same_alma_again(
    rehearsed: User, production: Simulator, live: dict[str, str | None]
) -> None:
    """The disaster: everything lent and returned twice, because a run was copied twice."""
    rehearsed.types("copy", "--to", "production")
    code = ["--confirm", PRODUCTION]
    assert rehearsed.types("replay", "--run", "production", *code, **live).code == 1
    posted = writes(production)
    rehearsed.types("copy", "--to", "again")
    for command in (["check"], ["rehearse"], ["replay", *code]):
        done = rehearsed.types(*command, "--run", "again", **live)
        assert done.code == 3
        assert "of which run 'production' has posted rows" in done.err
    assert writes(production) == posted
    # Into the sandbox, too, they went before.
    assert rehearsed.types("replay", "--run", "again", "--yes").code == 3


def test_a_file_that_was_insisted_on_is_posted(rehearsed: User) -> None:
    assert rehearsed.types("load", "desk.dat", "--run", "more", "--again").code == 1
    assert rehearsed.types("replay", "--run", "more", "--yes").code == 1
    assert rehearsed.rows("more")[0].outcome == "already_loaned"


def test_a_key_that_cannot_say_which_alma_it_is_binds_by_host(loaded: User) -> None:
    assert loaded.types("replay", "--yes", API_KEY="circulation-key").code == 0
    (row,) = loaded.rows()
    assert (row.institution, row.environment) == ("", "sandbox")
    done = loaded.types("check", BASE_URL=loaded.alma.url.replace("127.0.0.1", "localhost"))
    assert done.code == 3
    assert "belongs to the Alma at 127.0.0.1, sandbox" in done.err


def test_status_says_where_a_run_belongs_and_whether_it_was_rehearsed_there(user: User) -> None:
    user.types("load", str(user.captures()))
    told = user.types("status").out.splitlines()
    assert told[1] == "Nothing was sent to Alma yet; not rehearsed"
    assert user.types("rehearse").code == 0
    told = user.types("status").out.splitlines()
    assert told[1].startswith(
        "Nothing was sent to Alma yet; rehearsed on Calder University (01CALDER_INST), sandbox, "
    )
    state = json.loads(user.types("status", "--json").out)
    assert (state["institution"], state["posted"]) == (PRODUCTION, False)
    assert user.types("replay", "--yes").code == 0
    told = user.types("status").out.splitlines()
    assert told[1].startswith(
        "Alma: Calder University (01CALDER_INST), sandbox; rehearsed there on "
    )
    state = json.loads(user.types("status", "--json").out)
    assert (state["environment"], state["posted"]) == ("sandbox", True)


def test_a_copy_needs_a_new_run_and_a_run_to_copy(loaded: User) -> None:
    assert loaded.types("copy", "--to", "main").code == 2
    assert loaded.types("copy", "--run", "no such", "--to", "new").code == 2
    done = loaded.types("copy", "--to", "main")
    assert done.problems() == [
        "Run 'main' has files already: name a run that is new, with --to NAME."
    ]


def test_a_copied_row_is_still_the_same_as_its_double(user: User) -> None:
    capture = user.captures()
    line = capture.read_text().splitlines()[0]
    user.writes("desk.dat", line)
    user.writes("more.dat", line, line.replace("L", "R", 1)[:93])
    assert user.types("load", "desk.dat", "more.dat").code == 0
    before = [(row.row, row.outcome, row.note) for row in user.rows()]
    assert "duplicate" in [outcome for _, outcome, _ in before]
    assert user.types("copy", "--to", "new").code == 0
    assert [(row.row, row.outcome, row.note) for row in user.rows("new")] == before
    # Loaded again into the new run, too, the file adds nothing.
    assert "adds nothing" in user.types("load", "desk.dat", "--run", "new").err
    assert len(user.rows("new")) == len(before)


def test_new_captures_for_a_finished_run_are_suspect(loaded: User) -> None:
    assert loaded.types("replay", "--yes").code == 0
    done = loaded.types("load", str(loaded.captures(name="next.dat")))
    assert done.code == 0
    assert "Run 'main' was finished before this: its only row had its outcome." in done.err
    assert "'almareplay load --run NAME FILE'" in done.err


def test_a_file_loaded_again_with_other_flags_says_how_it_was_read(user: User) -> None:
    capture = str(user.captures())
    assert user.types("load", capture).code == 0
    done = user.types("load", capture, "--library", "LAW", "--clock-offset", "+00:04")
    assert done.code == 0
    (_, said) = done.problems()
    assert said == (
        "  It was read with --library MAIN, no --clock-offset, and now --library LAW, "
        "--clock-offset 0:04:00 is said. To read it anew, take it out first: "
        "almareplay unload desk.dat"
    )
    (_,) = user.types("load", capture).problems()
