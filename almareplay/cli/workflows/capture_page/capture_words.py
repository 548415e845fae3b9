"""What whoever starts the page for the desks reads."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.text import Text

from almareplay.cli.console.output import count, messages, results, say, show
from almareplay.queue.captures.overview import StationOverview
from almareplay.queue.captures.sessions import CaptureSession


def tell_session(
    session: CaptureSession, before: CaptureSession | None, stations: Sequence[StationOverview]
) -> None:
    """Say which session it is, what it has already, and what of it was changed."""
    if before is None:
        messages.print(f"Session {session.name!r} begins.")
    else:
        messages.print(f"Session {session.name!r} goes on: it has {_scans(stations)}.")
        for what, was, now in _changed(before, session):
            say(f"The {what} of the session was {was or 'not set'} and is now {now or 'not set'}.")
    if session.closed_at is not None:
        say(
            f"Session {session.name!r} is closed: stations can still send what they have scanned, "
            "but none is paired. To capture more, start it with --reopen."
        )
    if not (session.library and session.circ_desk):
        say(
            "No library or no circulation desk is set. Give --library and --circ-desk, or each "
            "desk has to type its own."
        )


def _changed(before: CaptureSession, now: CaptureSession) -> list[tuple[str, str, str]]:
    fields = {"library": "library", "circ_desk": "circulation desk", "timezone": "time zone"}
    return [
        (words, getattr(before, name), getattr(now, name))
        for name, words in fields.items()
        if getattr(before, name) != getattr(now, name)
    ]


def _scans(stations: Sequence[StationOverview]) -> str:
    if not any(each.last_scan for each in stations):
        return f"no scans yet, of {count(len(stations), 'station')}" if stations else "no scans yet"
    loans = count(sum(each.loans for each in stations), "loan")
    returns = count(sum(each.returns for each in stations), "return")
    return f"{loans} and {returns} of {count(len(stations), 'station')}"


def tell_root(root: Path, fingerprint: str, valid_until: datetime, *, is_new: bool) -> None:
    """Say where the root certificate is and what to do with it."""
    if is_new:
        say(
            "A new root certificate was made. Browsers warn of the page until they know it: take "
            "it to each desk on a USB stick, and compare the fingerprint there."
        )
    messages.print(f"Root certificate: {root} (valid until {valid_until:%d %B %Y})")
    messages.print(f"Its fingerprint (SHA-256): {fingerprint}")


def tell_insecure() -> None:
    """Say what it means that nothing is encrypted."""
    say(
        "Nothing is encrypted: whoever is on this network can read card numbers and loans, and "
        "could change the page. Browsers do without a part of it: a desk cannot open the page "
        "while the server is away, and the offline patron list is not used."
    )


def tell_hosts_line(address: str, name: str) -> None:
    """Say how a desk finds the name while DNS is down."""
    messages.print(f"For the hosts file of a desk, should names not be found: {address}  {name}")


def tell_where(urls: Sequence[str], code: str, *, quiet: bool) -> None:
    """Say where the page is, and the pairing code; on a terminal also as a QR code."""
    results.print("\nThe page for the desks:")
    for url in urls:
        results.print(f"  {url}")
    if results.is_terminal and not quiet:
        results.print(Text(_qr_code(f"{urls[0]}/#code={code}"), style="bright_white on black"))
    results.print(f"Pairing code: {code}\n")


def _qr_code(words: str) -> str:
    import segno

    drawn = io.StringIO()
    segno.make(words, micro=False).terminal(out=drawn, border=2, compact=True)
    return drawn.getvalue().rstrip("\n")


def tell_end(
    session: CaptureSession, stations: Sequence[StationOverview], next_steps: Sequence[str]
) -> None:
    """Say what is in the session, which stations have more, and what to do next."""
    messages.print(f"\nThe server has stopped. Session {session.name!r} has {_scans(stations)}.")
    zone = ZoneInfo(session.timezone)
    for each in stations:
        if each.unsent:
            seen = each.last_seen.astimezone(zone)
            show(
                f"{each.name} had {count(each.unsent, 'event')} still to send at {seen:%H:%M}: "
                "start the server again, or take them from there on a USB stick."
            )
    messages.print("The same command goes on with it. Afterwards:")
    for step in next_steps:
        messages.print(f"  {step}")
