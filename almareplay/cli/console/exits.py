"""Exit codes, and what ends a command early."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from almareplay.transactions import AlmaReplayError


class Exit(IntEnum):
    """The exit codes, as scripts may rely on them."""

    DONE = 0
    OPEN = 1
    USAGE = 2
    REFUSED = 3
    RESUMABLE = 75
    INTERRUPTED = 130


_FROM_GOOD_TO_BAD = (
    *(Exit.DONE, Exit.OPEN, Exit.RESUMABLE, Exit.INTERRUPTED),
    *(Exit.REFUSED, Exit.USAGE),
)


def worst(codes: Iterable[Exit]) -> Exit:
    """The worst of several: what waits for time is better than what waits for somebody."""
    return max(codes, key=_FROM_GOOD_TO_BAD.index, default=Exit.DONE)


class Ended(Exception):
    """A command ends here, with this exit code, after these words to the user."""

    def __init__(self, code: Exit, words: str = "") -> None:
        super().__init__(words)
        self.code = code


def exit_code_of(end: BaseException) -> Exit:
    """The exit code of a command that this ends."""
    # Most commands end well, and then need no word about Alma.
    from almareplay.alma.errors import AlmaError, AlmaGone, DailyLimit, Stopped, Unavailable
    from almareplay.queue.errors import (
        HoldLost,
        NotErased,
        PostedByAnotherRun,
        RunHeld,
        RunOfAnotherAlma,
        RunOfAnotherInstitution,
    )

    match end:
        case Ended():
            return end.code
        case Stopped() | KeyboardInterrupt():
            return Exit.INTERRUPTED
        case DailyLimit() | AlmaGone() | Unavailable() | NotErased():
            return Exit.RESUMABLE
        case AlmaError() | RunHeld() | HoldLost():
            return Exit.REFUSED
        case RunOfAnotherAlma() | RunOfAnotherInstitution() | PostedByAnotherRun():
            return Exit.REFUSED
        case AlmaReplayError():
            return Exit.USAGE
        case _:
            return Exit.RESUMABLE
