"""Serving the page for the desks: its session, its addresses and its certificate."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url

from almareplay import __version__
from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import messages, results, say
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.capture_page import capture_words
from almareplay.cli.workflows.opening import open_queue
from almareplay.queue.captures.capturing import recent_session, session_now, start_session
from almareplay.queue.captures.overview import overview
from almareplay.queue.captures.sessions import CaptureSession
from almareplay.queue.store import Queue
from almareplay.settings import Settings

if TYPE_CHECKING:
    from almareplay.capture.addresses import Listening
    from almareplay.capture.server import CertificateFiles

_SHORTEST, _LONGEST = 3, 40  # signs of a scan
_PATRON_SECONDS = 120
_RECENT = timedelta(days=2)
_FOLDER = "almareplay-certificate"


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """What was said with the command, by its flags; those of scanning by their names."""

    session: str | None
    libraries: Sequence[str]
    host: str
    port: int
    patrons: Path | None
    certificate: Path | None
    key: Path | None
    insecure: bool
    reopen: bool
    scanning: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Reached:
    """How the server is reached: scheme, names and addresses as they stand in ``Host``, the first
    for the desks, and the files of its certificate."""

    scheme: str
    hosts: Sequence[str]
    certificate: CertificateFiles | None

    @property
    def urls(self) -> list[str]:
        return [f"{self.scheme}://{host}" for host in self.hosts]


def serve_capture(options: CaptureOptions, settings: Settings, common: CommonOptions) -> None:
    """Serve the page until Ctrl-C. Raises Ended and AlmaReplayError where it cannot start."""
    try:
        from almareplay.capture.addresses import listen
        from almareplay.capture.app import Capture
        from almareplay.capture.patrons import read_patrons
        from almareplay.capture.server import CaptureServer
    except ImportError as error:
        raise Ended(
            Exit.USAGE, "The page for the desks is an extra: pip install 'almareplay[capture]'"
        ) from error
    settings.require_zone()
    reading = _reading(options.scanning)
    patrons = None if options.patrons is None else read_patrons(options.patrons)
    with open_queue(settings.queue, create=True) as queue:
        listening = listen(options.host, options.port)
        try:
            reached = _reached(options, listening, settings.queue)
            session = _start(queue, options, settings, common, reading)
            capture = Capture(
                queue,
                session,
                __version__,
                libraries=options.libraries or [each for each in [session.library] if each],
                patrons=patrons,
                next_steps=_next_steps(session, common),
                tell=messages.print,
                warn=say,
            )
            server = CaptureServer(
                capture.app(reached.scheme, reached.hosts), listening.sockets, reached.certificate
            )
            capture_words.tell_where(reached.urls, capture.code, quiet=common.quiet)
            server.serve(
                on_ready=lambda: messages.print("Ctrl-C ends it; what was scanned is kept."),
                on_hangup=_fall_silent,
            )
        finally:
            for each in listening.sockets:
                each.close()
        session = session_now(queue, session)
        capture_words.tell_end(session, overview(queue, session), _next_steps(session, common))


def _fall_silent() -> None:
    messages.fall_silent()
    results.fall_silent()


def _reading(scanning: Mapping[str, str]) -> dict[str, Any]:
    """How the page reads scans. Raises Ended for a pattern that is none."""
    for name in "card_pattern", "item_pattern":
        try:
            re.compile(scanning[name])
        except re.error as error:
            flag = f"--{name.replace('_', '-')}"
            raise Ended(Exit.USAGE, f"{flag} is no regular expression: {error}.") from error
    return {
        **scanning,
        "min_length": _SHORTEST,
        "max_length": _LONGEST,
        "patron_timeout_seconds": _PATRON_SECONDS,
    }


def _start(
    queue: Queue,
    options: CaptureOptions,
    settings: Settings,
    common: CommonOptions,
    reading: Mapping[str, Any],
) -> CaptureSession:
    """Start the session or go on with it, and say so."""
    now = datetime.now(UTC)
    name = options.session
    if name is None:
        name = recent_session(queue, common.institution, now - _RECENT)
        name = name or f"{now.astimezone(settings.require_zone()):%Y-%m-%d}"
    session, before = start_session(
        queue,
        name,
        common.institution,
        library=settings.library or "",
        circ_desk=settings.circ_desk or "",
        timezone=settings.timezone or "",
        options=reading,
        now=now,
        reopen=options.reopen,
    )
    capture_words.tell_session(session, before, overview(queue, session))
    return session


def _next_steps(session: CaptureSession, common: CommonOptions) -> list[str]:
    named = shlex.quote(session.name)
    return [
        common.command(words)
        for words in (f"load --session {named}", "rehearse", "replay --report report.html")
    ]


def _reached(options: CaptureOptions, listening: Listening, queue: str) -> _Reached:
    """How the server is reached; its certificate is made where it needs one and none is given."""
    from almareplay.capture.addresses import host_of, is_name, own_name
    from almareplay.capture.certificates import given_names, own_certificate
    from almareplay.capture.server import CertificateFiles

    files: CertificateFiles | None = None
    names = [options.host.lower()] if is_name(options.host) else []
    if not listening.is_private and own_name():
        names.append(own_name())
    if listening.has_loopback:
        names.append("localhost")
    names = list(dict.fromkeys(names))
    if options.certificate is not None and options.key is not None:
        files = CertificateFiles(options.certificate, options.key)
        names = [*dict.fromkeys([*given_names(files), *names])]
    elif options.insecure and not listening.is_private:
        capture_words.tell_insecure()
    elif not listening.is_private:
        made = own_certificate(_folder(queue), names, listening.addresses, datetime.now(UTC))
        files = made.files
        capture_words.tell_root(made.root, made.fingerprint, made.valid_until, is_new=made.is_new)
    scheme = "http" if files is None else "https"
    first = names if options.certificate or is_name(options.host) else []
    reached = dict.fromkeys([*first, *listening.addresses, *names])
    if own_name() in names:
        capture_words.tell_hosts_line(listening.addresses[0], own_name())
    return _Reached(scheme, [host_of(each, listening.port, scheme) for each in reached], files)


def _folder(queue: str) -> Path:
    """Where the certificate is kept: beside the queue's file, else in this folder."""
    url = make_url(queue)
    beside = Path(url.database or "").absolute().parent
    return (beside if url.get_backend_name() == "sqlite" else Path.cwd()) / _FOLDER
