"""Capture sessions of the queue into a run, station by station, and what is said of them."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import Tell, count, messages, say
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.loading.captures import NamedCapture, flags_of
from almareplay.cli.workflows.loading.loading import (
    Loading,
    load_capture,
    tell_finished,
    tell_taken_back,
)
from almareplay.cli.workflows.loading.preview import preview_captures
from almareplay.queue.captures.captured import (
    CapturedSession,
    StationPart,
    not_loaded,
    take_back_voided,
    voided_since,
)
from almareplay.queue.errors import RunMissing
from almareplay.queue.loading.loaded_scans import KnownScans, known_scans, take_back_scans
from almareplay.queue.purging.runs import standing
from almareplay.queue.store import Queue, Run
from almareplay.sources import Capture, FileRefused, GuardedCapture, ReadingOptions
from almareplay.sources.capturepage import SessionCapture
from almareplay.transactions import Reason, StationEvent, in_zone


def load_session(
    queue: Queue,
    run: Run,
    held: CapturedSession,
    reading: ReadingOptions,
    common: CommonOptions,
    *,
    phase: int = 1,
    again: bool = False,
) -> Loading:
    """Load what a session has and the run has not yet, and say what came of it. Raises QueueError.

    Rows of scans that were voided after they were loaded are cancelled.
    """
    loading = Loading()
    flags = flags_of(reading) | ({"phase": str(phase)} if phase > 1 else {})
    before = standing(queue, run)
    taken_back = take_back_scans(queue, run, sorted(held.voided))
    tell_taken_back(taken_back)
    for part in held.stations:
        known = _known(queue, run, again=again)
        new = _new(held, part, known)
        if not new:
            continue
        elsewhere = _known(queue, run, again=False).elsewhere
        insisted = any(event.id in elsewhere for event in new)
        named = _named(held, part, reading, new)
        try:
            loading.add(
                load_capture(queue, run, named, flags, phase=phase, again=again, insisted=insisted)
            )
        except FileRefused as refused:
            loading.refused += 1
            say(str(refused))
    if loading.files:
        tell_finished(before, common)
    elif not loading.refused:
        _tell_nothing_new(queue, run, held, loading)
    tell_what_may_come(held)
    return loading


def preview_session(
    queue: Queue, held: CapturedSession, reading: ReadingOptions, common: CommonOptions
) -> Exit:
    """Show how what a load would take of a session is understood, station by station."""
    try:
        known = _known(queue, queue.run(common.run, common.institution), again=False)
    except RunMissing:
        known = _known(queue, None, again=False)
    parts = [(part, _new(held, part, known)) for part in held.stations]
    captures = {
        _name(held, part): partial(_named, held, part, new=new, why_not=known.why_not)
        for part, new in parts
        if new
    }
    tell_what_may_come(held)
    if not captures:
        messages.print(f"Capture session {held.session} has nothing that is not loaded.")
        return Exit.DONE
    return preview_captures(captures, reading)


def station_capture(
    held: CapturedSession,
    part: StationPart,
    reading: ReadingOptions,
    why_not: Callable[[str], Reason | None] = lambda _: None,
) -> Capture:
    """What a station captured. Raises FileRefused, as its ``rows`` do."""
    name = _name(held, part)
    capture = SessionCapture(name, part.station, part.events, held.voided, reading, why_not)
    return GuardedCapture(name, capture)


def _known(queue: Queue, run: Run | None, *, again: bool) -> KnownScans:
    with queue.reading() as connection:
        return known_scans(connection, run, again=again)


def _new(held: CapturedSession, part: StationPart, known: KnownScans) -> list[StationEvent]:
    return [event for event in held.loadable(part) if known.why_not(event.id) is None]


def _name(held: CapturedSession, part: StationPart) -> str:
    return f"{held.session.name}#{part.station.name}"


def _named(
    held: CapturedSession,
    part: StationPart,
    reading: ReadingOptions,
    new: Iterable[StationEvent],
    why_not: Callable[[str], Reason | None] = lambda _: None,
) -> NamedCapture:
    """A station's part as a capture, known by its scans that are new."""
    known_by = hashlib.sha256()
    for event in new:
        known_by.update(json.dumps(event, default=str).encode())
    opened = partial(station_capture, held, part, reading, why_not)
    return NamedCapture(_name(held, part), known_by.hexdigest(), None, opened)


def _tell_nothing_new(queue: Queue, run: Run, held: CapturedSession, loading: Loading) -> None:
    scans = [event for part in held.stations for event in held.loadable(part)]
    if not scans:
        say(f"Capture session {held.session} has no scans to load.")
        return
    loading.known += 1
    known = _known(queue, run, again=False)
    elsewhere = sum(event.id in known.elsewhere - known.here for event in scans)
    words = f"Capture session {held.session} is loaded already"
    if elsewhere:
        words += f", {count(elsewhere, 'scan')} of it into another run"
    words += "; it adds nothing."
    say(words + (" --again loads these into this run as well." if elsewhere else ""))


def tell_what_may_come(held: CapturedSession) -> None:
    """Say which scans may not be here yet."""
    session = held.session
    zone = ZoneInfo(session.timezone)
    if session.closed_at is None:
        say(
            f"Capture session {session} is still open: what its desks scan from now on is not "
            "loaded. Close it on its overview and load it once more; that adds only what is new."
        )
    for part in held.stations:
        if part.unsent:
            seen = in_zone(part.last_seen_at, zone)
            say(
                f"Station {part.station.name!r} had {count(part.unsent, 'scan')} not sent yet when "
                f"it was last heard of, on {seen:%d %B at %H:%M}. Let it reach the server, or "
                "save its file there and load that."
            )


def tell_sessions(queue: Queue, run: Run | None, common: CommonOptions, tell: Tell) -> None:
    """Say which sessions have scans that no run has, and which have voided rows of this one."""
    for session in sessions_to_load(queue, run, common):
        load = common.command(f"load --session {shlex.quote(session['name'])}")
        if scans := session["not_loaded"]:
            has = f"{count(scans, 'scan')} that {'is' if scans == 1 else 'are'} not loaded"
            tell(f"Capture session {session['name']!r} has {has}: {load}")
        if rows := session["voided_since"]:
            one = rows == 1
            tell(
                f"Capture session {session['name']!r}: desks have voided {count(rows, 'row')} of "
                f"this run since {'it was' if one else 'they were'} loaded. Cancel "
                f"{'it' if one else 'them'}: {load}"
            )


def settle_sessions(queue: Queue, run: Run, common: CommonOptions) -> None:
    """Before the rows of a run are looked at or posted: cancel what desks have voided since it was
    loaded, and say what of their sessions no run has. Raises QueueError."""
    for taken_back in take_back_voided(queue, run):
        tell_taken_back(taken_back)
    tell_sessions(queue, run, common, say)


def sessions_to_load(queue: Queue, run: Run | None, common: CommonOptions) -> list[dict[str, Any]]:
    """The sessions of the institution that a load would take something of, ready for JSON."""
    scans = {each.name: number for each, number in not_loaded(queue, common.institution)}
    voided = {}
    if run is not None:
        voided = {each.name: number for each, number in voided_since(queue, run)}
    return [
        {
            "name": name,
            "not_loaded": scans.get(name, 0),
            "voided_since": voided.get(name, 0),
        }
        for name in dict.fromkeys([*scans, *voided])
    ]
