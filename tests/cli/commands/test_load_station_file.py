"""A scan is loaded once, whether by the network or by the file of a stranded station."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.captured import START

if TYPE_CHECKING:
    from tests.captured import Outage
    from tests.cli.conftest import User

MILLISECONDS = int(START.timestamp() * 1000)


def station_file(user: User, *events: dict[str, object], named: str = "Front desk") -> Path:
    """Write the file that the page of a station saves."""
    header = {"almareplay_capture": 1, "session": "outage", "name": named}
    plain = {"event": "scan", "kind": "return", "captured_ms": MILLISECONDS}
    said = [json.dumps(header), *(json.dumps(plain | each) for each in events)]
    return user.writes("front.jsonl", *said)


def test_the_file_after_the_session(user: User, session: Outage) -> None:
    sent = session.desk("Front desk").takes_back("item1")
    user.types("load", "--session", "outage")
    path = station_file(
        user, {"id": sent, "item_barcode": "item1"}, {"id": "n2", "item_barcode": "item2"}
    )
    done = user.types("load", str(path))
    assert done.code == 0
    assert "  1 line left out: the run has this scan already" in done.problems()
    assert [row.item_barcode for row in user.rows()] == ["item2", "item1"]


def test_the_session_after_the_file(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    sent = front.takes_back("item1")
    user.types("load", str(station_file(user, {"id": sent, "item_barcode": "item1"})))
    assert "adds nothing" in user.types("load", "--session", "outage").problems()[0]
    front.takes_back("item2")
    user.types("load", "--session", "outage")
    assert [row.item_barcode for row in user.rows()] == ["item1", "item2"]


def test_a_void_in_the_file_cancels_what_was_loaded(user: User, session: Outage) -> None:
    sent = session.desk("Front desk").takes_back("item1")
    user.types("load", "--session", "outage")
    done = user.types("load", str(station_file(user, {"id": "v", "event": "void", "voids": sent})))
    assert "Row 1 was voided at the desk after the load: cancelled, not to be sent." in done.err
    assert user.outcomes() == ["cancelled"]


def test_a_void_that_comes_before_its_scan_holds(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    sent = front.takes_back("item1")
    front.takes_back("item2")
    user.types("load", str(station_file(user, {"id": "v", "event": "void", "voids": sent})))
    done = user.types("load", "--session", "outage")
    assert "  1 line left out: voided at the desk" in done.problems()
    assert [row.item_barcode for row in user.rows()] == ["item2"]


def test_a_scan_twice_in_one_file_is_one(user: User) -> None:
    same: dict[str, object] = {"id": "n1", "item_barcode": "item1"}
    done = user.types("load", str(station_file(user, same, same)))
    assert "  1 line left out: the run has this scan already" in done.problems()
    assert len(user.rows()) == 1


def test_a_scan_that_another_run_has_needs_again(user: User, session: Outage) -> None:
    sent = session.desk("Front desk").takes_back("item1")
    user.types("load", "--session", "outage")
    path = station_file(user, {"id": sent, "item_barcode": "item1"})
    done = user.types("load", "--run", "night", str(path))
    assert "another run has this scan already (--again loads it into this one too)" in done.err
    assert user.rows("night") == []
    user.types("unload", "--run", "night", str(path))
    user.types("load", "--run", "night", "--again", str(path))
    assert len(user.rows("night")) == 1


def test_an_anonymous_report_says_neither_who_scanned_nor_where(
    user: User, session: Outage
) -> None:
    front = session.desk("Zora's laptop")
    front.takes_back("item1", clerk="ZK", patron_standing="unknown")
    user.types("load", "--session", "outage")
    by_file: dict[str, object] = {"id": "n2", "item_barcode": "item2", "clerk": "ZK"}
    user.types("load", str(station_file(user, by_file, named="Zora's laptop")))
    told = ["clerk: ZK", "Zora's laptop"]
    assert user.types("report", "all.csv").code == 0
    assert all(words in (user.folder / "all.csv").read_text("utf-8") for words in told)
    assert user.types("report", "--anonymous", "few.csv").code == 0
    few = (user.folder / "few.csv").read_text("utf-8")
    assert not any(words in few for words in [*told, "clerk:", "captured at:"])
    # What else is noted stays.
    assert few.count("by the offline patron list the patron was unknown") == 1
