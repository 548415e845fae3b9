"""``rehearse`` and ``replay``: what is asked first, and how they end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from almareplay.simulator.faults import Fault
from almareplay.simulator.world import Patron

if TYPE_CHECKING:
    from tests.cli.conftest import AtTerminal, User


def test_a_rehearsal_predicts_and_writes_nothing(loaded: User) -> None:
    done = loaded.types("rehearse", "--report", "predicted.jsonl")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == (
        "Rehearsed on Calder University (01CALDER_INST), sandbox; nothing was posted."
    )
    assert lines[1:3] == ["Plan for 1 row on 1 item:", "  1  would be lent"]
    # The plan is shown once, and the outcomes are the plan.
    assert "To do" not in done.out + done.err
    assert "Calls left" not in done.err
    assert "The API key may read Users, Bibs and Configuration." in done.err
    assert "Run 'main'" not in done.err
    predicted = json.loads((loaded.folder / "predicted.jsonl").read_text("utf-8"))
    assert predicted["outcome"] == "loaned"
    assert (loaded.outcomes(), loaded.effects()) == (["pending"], [])


def test_a_rehearsal_prints_a_plan_that_names_no_patron(user: User) -> None:
    user.captures(12)
    reader = "2188many"
    user.alma.world.add_patron(Patron(reader))
    many = [f"202609141{n // 6}{n % 6}0L{item:<80}{reader}" for n, item in enumerate(user.barcodes)]
    lost = [f"202609141300R{f'gone-{n}'}" for n in range(11)]
    odd = f"202609141400L{user.barcodes[0]:<80}nobody"
    capture = user.writes("more.dat", *many, *lost, odd)
    done = user.types("rehearse", str(capture), DAILY_RESERVE="0")
    assert done.code == 1
    assert "Plan for 24 rows on 23 items:" in done.out
    assert "12  would be lent" in done.out
    assert "Patrons who would have 10 loans or more: 1; the most is 12." in done.out
    assert "11  item_not_found      before the replay: correct the barcode" in done.out
    assert " and 1 more " in " ".join(done.out.split())
    assert "Patrons whom Alma does not know: 1" in done.out
    assert "calls: less than a minute at 1000 a second." in done.out
    assert done.out.rstrip().endswith("enough.")
    assert reader not in done.out + done.err
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("stopped_by", ["Alma", "the daily limit"])
def test_a_rehearsal_that_is_stopped_tells_how_far_it_came(user: User, stopped_by: str) -> None:
    # Each row takes four calls, and 40 are read side by side: the first are whole by then, and the
    # last cannot be.
    rows, calls = 60, 200
    user.types("load", str(user.captures(rows)))
    faults = [Fault("outage", nth=calls, seconds=60)] if stopped_by == "Alma" else []
    reserve = str((user.alma.limits.left() or 0) - calls) if not faults else "0"
    user.alma.faults.set(faults)
    try:
        done = user.types("rehearse", "--give-up-after", "0", DAILY_RESERVE=reserve)
    finally:
        user.alma.faults.set([])
    assert done.code == 75
    assert "the first of the run, which is as far as this came" in done.out
    assert done.problems()[-1] == (
        "Stopped early. The same command starts it anew; a rehearsal keeps no predictions."
    )


def test_what_to_do_next_is_about_the_same_settings_queue_and_run(loaded: User) -> None:
    settings = loaded.writes("other settings.env")
    where = ("--settings", settings.name, "--queue", "sqlite:///almareplay.db")
    done = loaded.types("rehearse", *where)
    assert done.problems()[-2:] == [
        "Next: almareplay replay --report report.html --settings 'other settings.env' "
        "--queue sqlite:///almareplay.db",
        "        posts them, after asking",
    ]


def test_a_rehearsal_names_the_rows_that_are_settled_already(user: User) -> None:
    capture = user.captures(2)
    again = capture.read_text("utf-8").splitlines()[0]
    user.types("load", str(capture))
    user.types("load", str(user.writes("more.dat", again, "not a row")))
    done = user.types("rehearse")
    assert done.code == 1
    assert "2 other rows are settled already: 1 duplicate, 1 invalid." in done.out
    assert done.problems()[-2:] == [
        "Next: almareplay rehearse --report prediction.html  lists the rows for staff",
        "      almareplay replay --report report.html        posts them, after asking",
    ]


def test_all_applied_is_0(loaded: User) -> None:
    done = loaded.types("replay", "--yes", "--report", "a.csv", "--report", "b.jsonl")
    assert (done.code, done.out) == (0, "")
    assert {path.suffix for path in loaded.folder.glob("[ab].*")} == {".csv", ".jsonl"}
    assert (loaded.outcomes(), loaded.effects()) == (["loaned"], ["loan"])
    assert "1  loaned               applied" in done.err
    assert "This run was not rehearsed on this Alma." in done.err
    assert "Run 'main' at Calder University (01CALDER_INST), sandbox; not rehearsed:" in done.err


def test_a_rehearsed_run_is_said_to_be_one(loaded: User) -> None:
    assert loaded.types("rehearse").code == 0
    done = loaded.types("replay", "--yes")
    assert "not rehearsed" not in done.err
    assert "Run 'main' at Calder University (01CALDER_INST), sandbox; rehearsed:" in done.err


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "All 3 rows are in Alma or needed no change."),
        (["no row"], "3 of 4 rows are in Alma or needed no change; 1 is for staff."),
        (["no row", "none"], "3 of 5 rows are in Alma or needed no change; 2 are for staff."),
    ],
)
def test_a_replay_ends_with_a_sentence(user: User, lines: list[str], sentence: str) -> None:
    capture = user.captures(2)
    user.types("load", str(capture))
    again = capture.read_text("utf-8").splitlines()[0]
    user.types("load", str(user.writes("more.dat", again, *lines)))
    done = user.types("replay", "--yes")
    after = done.err.partition("a second\n")[2].splitlines()
    assert sentence in after
    place = after.index(sentence)
    assert after[place + 1].startswith("Run 'main' at ")
    assert done.err.count("loaned") == done.err.count("in Alma or needed") == 1


def test_a_run_with_nothing_left_ends_by_its_outcomes(loaded: User) -> None:
    assert loaded.types("replay", "--yes").code == 0
    asked = len(loaded.alma.record.requests)
    done = loaded.types("replay", "--yes")
    assert (done.code, "has nothing left to do" in done.err) == (0, True)
    loaded.types("load", str(loaded.writes("bad.dat", "not a row", "202609140900R3188")))
    assert loaded.types("replay", "--yes").code == 1
    assert loaded.types("replay").code == 1
    assert len(loaded.alma.record.requests) > asked


def test_a_row_for_staff_is_1_and_the_next_step_is_said(user: User) -> None:
    user.types("load", str(user.writes("desk.dat", f"202609140900L{'no-such-item':<80}p1")))
    done = user.types("replay", "--yes")
    assert done.code == 1
    assert "1  item_not_found       attention" in done.err
    assert "Next: almareplay report report.html" in done.err


def test_named_files_are_loaded_first(user: User) -> None:
    assert user.types("replay", str(user.captures(2)), "--yes").code == 0
    assert user.effects() == ["loan", "loan"]


def test_a_refused_file_keeps_the_others_from_being_posted(user: User) -> None:
    done = user.types("replay", str(user.captures()), "no.dat", "--yes")
    assert done.code == 2
    assert (user.outcomes(), user.effects()) == (["pending"], [])


def test_a_wrong_flag_is_told_before_anything_is_loaded(user: User) -> None:
    capture = str(user.captures())
    for flag in ("--give-up-after=soon", "--report=a.doc", "--requests-per-second=-1"):
        assert user.types("replay", capture, "--yes", flag).code == 2
    assert not (user.folder / "almareplay.db").exists()


def test_a_stop_that_can_go_on_is_75_with_a_report(loaded: User) -> None:
    loaded.alma.faults.set([Fault("outage")])
    try:
        done = loaded.types("replay", "--yes", "--give-up-after", "0", "--report", "a.csv")
    finally:
        loaded.alma.faults.set([])
    assert done.code == 75
    assert "start again" in done.err
    assert loaded.types("replay", "--yes").code == 0
    assert loaded.effects() == ["loan"]


def test_rows_loaded_meanwhile_are_not_taken_for_done(
    loaded: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ended_before_the_load(*_: object) -> None:
        return None

    workflow = "almareplay.cli.workflows.replaying.replaying"
    monkeypatch.setattr(f"{workflow}.replay_run", ended_before_the_load)
    done = loaded.types("replay", "--yes", "--report", "a.csv")
    assert done.code == 75
    assert "Start the same command again" in done.err
    assert (loaded.folder / "a.csv").exists()


@pytest.mark.parametrize(
    ("typed", "code"), [([], 130), (["\n"], 3), (["n\n"], 3), (["what?\n"], 130)]
)
def test_who_does_not_say_yes_posts_nothing(
    loaded: User, at_terminal: AtTerminal, typed: list[str], code: int
) -> None:
    at_terminal(*typed)
    done = loaded.types("replay")
    assert done.code == code
    assert done.problems()[-1].endswith("Nothing was posted.")
    assert (loaded.outcomes(), loaded.effects()) == (["pending"], [])


def test_who_says_yes_has_seen_what_will_be_posted_where(
    loaded: User, at_terminal: AtTerminal
) -> None:
    at_terminal("y\n")
    done = loaded.types("replay")
    assert (done.code, loaded.effects()) == (0, ["loan"])
    plan, _, _ = done.err.partition(
        "Post these rows to Calder University (01CALDER_INST), sandbox?"
    )
    assert "Calder University" in plan
    assert "To do: 1 row" in plan


class TestKeyWithoutConfiguration:
    """The environment cannot be read: told so, and only on demand gone on with."""

    KEY = "circulation-key"

    def test_a_sandbox_needs_yes(self, loaded: User) -> None:
        done = loaded.types("replay", API_KEY=self.KEY)
        assert done.code == 3
        assert "no permission to read Configuration" in done.err
        assert done.problems()[-1].endswith("If you are sure that this is a sandbox, say --yes.")
        assert loaded.effects() == []
        done = loaded.types("replay", "--yes", API_KEY=self.KEY)
        assert (done.code, loaded.effects()) == (0, ["loan"])
        assert "no permission to read Configuration" in done.err

    def test_production_is_refused_without_its_own_flag(self, loaded: User) -> None:
        production = {"API_KEY": self.KEY, "ENVIRONMENT": "production"}
        done = loaded.types("replay", "--yes", **production)
        assert done.code == 3
        assert done.problems()[-1].endswith("say --environment-unverified.")
        # The flag alone is no answer to the question.
        assert loaded.types("replay", "--environment-unverified", **production).code == 2
        assert loaded.effects() == []
        words = ("replay", "--yes", "--environment-unverified", "--quiet")
        done = loaded.types(*words, **production)
        assert (done.code, loaded.effects()) == (0, ["loan"])
        # Production always shows what it is about to do.
        assert "To do: 1 row" in done.err

    def test_the_flag_does_not_open_a_production_that_is_a_sandbox(self, loaded: User) -> None:
        words = ("replay", "--yes", "--environment-unverified")
        assert loaded.types(*words, ENVIRONMENT="production").code == 3
        assert loaded.effects() == []

    def test_a_rehearsal_needs_nothing(self, loaded: User) -> None:
        done = loaded.types("rehearse", API_KEY=self.KEY, ENVIRONMENT="production")
        assert (done.code, "could be checked" in done.err) == (0, True)


def test_a_quiet_replay_says_nothing_when_all_is_well(loaded: User) -> None:
    done = loaded.types("replay", "--yes", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
