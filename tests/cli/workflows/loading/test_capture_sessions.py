"""What is said of capture sessions that are not loaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.captured import Outage
    from tests.cli.conftest import User


def test_status_tells_what_is_not_loaded(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    front.takes_back("item1")
    front.voids(front.takes_back("item2"))
    front.lends("item3", "p3", patron_standing="blocked", decision="refused")
    words = (
        "Capture session 'outage' has 1 scan that is not loaded: almareplay load --session outage"
    )
    status = user.types("status")
    assert status.code == 2
    assert words in status.problems()
    assert words in user.types().out.splitlines()
    user.types("load", "--session", "outage")
    assert "Capture session" not in user.types("status").out
    front.takes_back("item4")
    assert words in user.types("status").out.splitlines()
    told = json.loads(user.types("status", "--json").out)
    assert told["capture_sessions"] == [{"name": "outage", "not_loaded": 1, "voided_since": 0}]


def test_what_was_voided_since_the_load_is_never_posted(user: User, session: Outage) -> None:
    user.captures(2)  # makes them known to Alma
    right, wrong = user.barcodes
    front = session.desk("Front desk")
    front.lends(right, f"2{right[1:]}")
    scan = front.lends(wrong, f"2{wrong[1:]}")
    user.types("load", "--session", "outage")
    front.voids(scan)
    front.takes_back("3188late")
    done = user.types("replay", "--yes")
    assert done.code == 0
    assert done.problems()[:2] == [
        "Row 2 was voided at the desk after the load: cancelled, not to be sent.",
        "Capture session 'outage' has 1 scan that is not loaded: almareplay load --session outage",
    ]
    assert user.outcomes() == ["loaned", "cancelled"]
    assert len(user.effects()) == 1
