"""A replay that is under way: it has posted some rows and has others before it."""

from __future__ import annotations

from tests.chaos.evidence import Json
from tests.chaos.outage import Outage
from tests.chaos.processes import Command

CAPTURE = (2, 40)
CHECK = 10
"""Calls that a replay makes before its first row."""


def half_way(outage: Outage, *flags: str, saying: str = "--debug") -> Command:
    """A replay that has posted some rows and has others before it."""
    # So slowly that it is still under way when it is seen to be.
    replay = outage.work.starts_replay("--requests-per-second", "80", *flags, saying=saying)
    outage.alma.waits_for(CHECK + 60, since=0, while_=replay.runs)
    assert replay.runs()
    return replay


def posts(outage: Outage) -> list[Json]:
    """The calls that have left to write something."""
    calls = outage.alma.requests()
    return [call for call in calls if call["method"] == "POST" and call["operation"] != "test"]
