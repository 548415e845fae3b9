"""What can be wrong with a queue, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from almareplay.transactions import AlmaInstance, AlmaReplayError, nearest


class QueueError(AlmaReplayError):
    """The queue cannot be used, or could not store something: nothing goes on without it."""


class QueueAway(QueueError):
    """The server of the queue cannot be reached for now, or has no room: it may be back soon."""


class QueueMissing(QueueError):
    """There is no queue at this address yet."""


class QueueTooNew(QueueError):
    """The queue was written by a later version of almareplay."""


class QueueTooOld(QueueError):
    """The queue was written by so early a version of almareplay that it cannot be upgraded."""


class NotUpgraded(QueueError):
    """The queue has to be upgraded first, which could not be done, for the reason in ``why``."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "The queue was written by an older almareplay and could not be upgraded for this one; "
            f"it is as it was. {why}"
        )


class RunMissing(QueueError):
    """The queue has no run of this name for this institution; ``known`` are those that it has, by
    their institutions (empty where none was named) and names."""

    def __init__(self, name: str, institution: str, known: Iterable[tuple[str, str]]) -> None:
        pairs = sorted(known)
        names = [run for loaded_for, run in pairs if loaded_for == institution]
        elsewhere = [loaded_for for loaded_for, run in pairs if run == name]
        whose = f" of {institution}" if institution else ""
        words = f"The queue has no run {name!r}{whose} (it has: {', '.join(names) or 'none yet'})."
        meant = nearest(name, names)
        if meant or not elsewhere:
            words += meant or " Load a capture first."
        elif institution:
            others = ", ".join(each or "no institution" for each in elsewhere)
            words += (
                f" There is a run {name!r} that was loaded for {others}, and none is replayed for "
                f"another. Captures of {institution} are loaded with --institution {institution}."
            )
        else:
            words = (
                f"The queue has a run {name!r} of {', '.join(elsewhere)}, and none without an "
                "institution: say whose with --institution CODE."
            )
        super().__init__(words)


class RunOfAnotherInstitution(QueueError):
    """The run was loaded for another institution than the one that Alma says it is."""

    def __init__(self, run: str, loaded_for: str, here: AlmaInstance) -> None:
        super().__init__(
            f"Run {run!r} was loaded for {loaded_for}, and this is {here}: nothing of it is posted "
            f"here. See which key the file of institutions names for {loaded_for}."
        )


class RunPurged(QueueError):
    """The rows of this run were deleted for good at ``at`` (aware UTC)."""

    def __init__(self, run: str, at: datetime) -> None:
        super().__init__(
            f"Run {run!r} was purged on {at:%d %B %Y}: its rows are gone. Nothing of it is left to "
            "report or to replay, and what another capture repeats of it would not be recognised. "
            "Name another run with --run."
        )
        self.at = at


class AnotherRunSubmitted(QueueError):
    """Another run of the institution was submitted and is not finished."""

    def __init__(self, run: str, institution: str, other: str) -> None:
        super().__init__(
            f"Run {run!r} of {institution} was not submitted: its run {other!r} was, and is not "
            "finished. Runs of one institution go one after another, to keep its pace. Submit this "
            "one when that is finished."
        )


class NotFinished(QueueError):
    """The run cannot be purged, since a replay has something ``left`` to do."""

    def __init__(self, run: str, left: str) -> None:
        super().__init__(
            f"Run {run!r} is not finished: it has {left}. Replay it first; a file of which nothing "
            "was sent can be taken out with 'almareplay unload FILE'."
        )


class NotErased(QueueError):
    """Rows were deleted, but their bytes may still stand in the queue's files."""


class RowMissing(QueueError):
    """The run has no row of this number; its rows are ``first`` to ``last``, None without rows."""

    def __init__(self, row: int, first: int | None, last: int | None) -> None:
        has = "it has none yet" if first is None else f"it has rows {first} to {last}"
        gone = ""
        if first is not None and last is not None and first < row < last:
            gone = ", without those of a file that was taken out"
        super().__init__(f"The run has no row {row}; {has}{gone}.")


class NotRetryable(QueueError):
    """A row was named for a retry that has nothing left to retry."""


class NotCorrectable(QueueError):
    """The row cannot be corrected as it stands, or not to this."""


class NotDismissible(QueueError):
    """A row that leaves staff nothing to do cannot be dismissed."""


class NotUnloadable(QueueError):
    """A file that is not in the run, or of which rows were sent, cannot be taken out of it."""

    in_logs = False


class RunHeld(QueueError):
    """Another process is replaying this run.

    ``host``, ``pid`` and ``since`` (aware UTC) say which. ``until`` (aware UTC) is when the run
    is free should that process be gone, which cannot be seen from here; None where it was seen.
    """

    def __init__(
        self, run: str, host: str, pid: int, since: datetime, until: datetime | None = None
    ) -> None:
        gone = f" If it is gone, the run is free at {until:%H:%M:%S} UTC." if until else ""
        super().__init__(
            f"Run {run!r} is being replayed by process {pid} on {host}, since "
            f"{since:%Y-%m-%d %H:%M:%S} UTC. Wait for it, or stop it there with Ctrl-C.{gone}"
        )
        self.host, self.pid, self.since = host, pid, since


class QueueInUse(RunHeld):
    """The queue has to be upgraded first, and another process is replaying a run of it."""

    def __init__(
        self, run: str, host: str, pid: int, since: datetime, until: datetime | None = None
    ) -> None:
        super().__init__(run, host, pid, since, until)
        self.args = (
            "The queue was written by an older almareplay; this one upgrades it as soon as nobody "
            f"replays a run of it. {self}",
        )


class RunOfAnotherAlma(QueueError):
    """The run was posted to another Alma than this one."""

    def __init__(
        self, run: str, bound: AlmaInstance, here: AlmaInstance, institution: str = ""
    ) -> None:
        new = "production" if here.environment == "production" and run != "production" else "NAME"
        of = f" --institution {institution}" if institution else ""
        super().__init__(
            f"Run {run!r} belongs to {bound}: rows of it were posted there. This is {here}. To "
            "post its captures here, copy them into a run of their own: "
            f"almareplay copy --run {run} --to {new}{of}"
        )


class PostedByAnotherRun(QueueError):
    """Another run has posted rows of one of this run's files to the same Alma, ``there``, or to one
    that may be the same."""

    in_logs = False

    def __init__(self, run: str, file: str, other: str, there: AlmaInstance) -> None:
        if there.is_known:
            twice, unless = f"rows to {there} already: they would be posted twice", ""
        else:
            twice = f"rows to {there}: should it be this one, they would be posted twice"
            unless = (
                " If it was another Alma, give the file a run of its own with 'almareplay load "
                "--run NAME --again FILE'."
            )
        super().__init__(
            f"Run {run!r} has the file {file}, of which run {other} has posted {twice}. Go on "
            f"with run {other}, or take the file out with 'almareplay unload'.{unless}"
        )


class RunNotEmpty(QueueError):
    """A run that has rows already cannot be copied into."""


class HoldLost(QueueError):
    """Another process has taken the run over, because this one was silent for too long."""

    def __init__(self, run: str) -> None:
        super().__init__(
            f"Run {run!r} was taken over by another process while this one was asleep, so this one "
            "has stopped. See 'almareplay status'."
        )


class NoSuchSession(QueueError):
    """The queue has no capture session of this name for this institution; ``known`` are those that
    it has, by their institutions (empty where none was named) and names. ``was_there``: it had it
    when it was served."""

    def __init__(
        self,
        name: str,
        institution: str,
        known: Iterable[tuple[str, str]],
        *,
        was_there: bool = False,
    ) -> None:
        pairs = sorted(known)
        names = [each for captured_for, each in pairs if captured_for == institution]
        elsewhere = [captured_for for captured_for, each in pairs if each == name]
        whose = f" of {institution}" if institution else ""
        words = (
            f"The queue has no capture session {name!r}{whose} "
            f"(it has: {', '.join(names) or 'none'}).{nearest(name, names)}"
        )
        if elsewhere:
            others = ", ".join(each or "no institution" for each in elsewhere)
            words += f" There is one of that name that was captured for {others}."
        if was_there:
            words += " It was purged meanwhile: start 'almareplay capture' again to begin it anew."
        super().__init__(words)


class SessionNotLoaded(QueueError):
    """A capture session cannot be purged, since no run has ``left`` of its scans."""

    def __init__(self, session: str, left: int) -> None:
        scans = "1 scan" if left == 1 else f"{left:,} scans"
        super().__init__(
            f"Capture session {session!r} has {scans} that no run has: purged, nothing would tell "
            f"of {'it' if left == 1 else 'them'}. Load the session first."
        )
