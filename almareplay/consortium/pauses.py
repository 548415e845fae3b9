"""What a look that failed has come to, and when the run is looked at again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from almareplay.alma.errors import AlmaGone, DailyLimit, Unavailable
from almareplay.queue.consortium.submissions import Blocked, End, Later
from almareplay.queue.errors import (
    PostedByAnotherRun,
    QueueError,
    RunOfAnotherAlma,
    RunOfAnotherInstitution,
    RunPurged,
)
from almareplay.transactions import AlmaReplayError

_log = logging.getLogger("almareplay.consortium")

_BLOCKING = (RunOfAnotherAlma, RunOfAnotherInstitution, PostedByAnotherRun, RunPurged)

Due = Callable[[datetime], datetime]
"""When a run is due, by the time (aware UTC) at which that is asked."""

_MINUTES = (1, 2, 5, 10, 15)
_QUEUE_SECONDS = (2, 5, 10, 30)
# Alma's clock and the database's need not be the same to the second.
_MARGIN = timedelta(minutes=1)
_EARLY = timedelta(hours=1)
_SOON = timedelta(minutes=10)


def growing(tries: int) -> Due:
    """After the ``tries``-th look in a row (from 1) that came to nothing: 1 minute to 15."""
    pause = timedelta(minutes=_nth(_MINUTES, tries))
    return lambda now: now + pause


def of_queue(tries: int) -> Due:
    """After the ``tries``-th look in a row that the queue has ended."""
    pause = timedelta(seconds=seconds_without_queue(tries))
    return lambda now: now + pause


def seconds_without_queue(tries: int) -> int:
    """How long to wait for a queue that was away ``tries`` times in a row: 2 seconds to 30."""
    return _nth(_QUEUE_SECONDS, tries)


def next_day(now: datetime) -> datetime:
    """After the next midnight GMT, when Alma counts the calls of the day anew (documented). Early
    in a day, when it may not have done so yet or others use what they had waited for, it is soon
    asked again."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if now - midnight < _EARLY:
        return now + _SOON
    return midnight + timedelta(days=1) + _MARGIN


def _nth(pauses: tuple[int, ...], tries: int) -> int:
    return pauses[min(max(tries, 1), len(pauses)) - 1]


def end_of(error: Exception, tries: int) -> End:
    """What a look has come to that ended in an error, the ``tries``-th in a row."""
    match error:
        case DailyLimit():
            return Later(str(error), next_day)
        case AlmaGone() | Unavailable():
            return Later(str(error), growing(tries), tries)
        case QueueError() if not isinstance(error, _BLOCKING):
            return Later(str(error), of_queue(tries), tries)
        case AlmaReplayError():  # the key, the settings, another Alma than the run's
            return Blocked(str(error))
    _log.error("a look failed: %s", type(error).__name__, exc_info=error)
    words = f"This should not have happened ({type(error).__name__}); it is tried again."
    return Later(words, growing(tries), tries)
