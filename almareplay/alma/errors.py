"""How a call to Alma can fail, told apart by what the failure says and by its effect in Alma."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import httpx

from almareplay.alma import codes
from almareplay.alma.faults import Fault, read_fault
from almareplay.outcomes import Outcome
from almareplay.transactions import AlmaReplayError


class Effect(StrEnum):
    """What a failed call can have done in Alma."""

    NOT_SENT = "not_sent"
    """Nothing: it never left."""
    REFUSED = "refused"
    """Nothing: Alma said so."""
    UNKNOWN = "unknown"
    """Nobody knows: only reading the item's loans tells."""


class AlmaError(AlmaReplayError):
    """A call that failed.

    ``code``, ``message`` and ``tracking_id`` are Alma's own, empty where it gave none; ``status``
    is the HTTP status, ``None`` where no answer came. ``message`` may name a patron and is for the
    report only: ``str()`` never shows it, nor the address of a call.
    """

    usual_effect: ClassVar[Effect] = Effect.REFUSED

    def __init__(
        self,
        words: str,
        *,
        code: str = "",
        message: str = "",
        tracking_id: str = "",
        status: int | None = None,
        effect: Effect | None = None,
    ) -> None:
        super().__init__(words)
        self.code = code
        self.message = message
        self.tracking_id = tracking_id
        self.status = status
        self.effect = effect or self.usual_effect


class Refusal(AlmaError):
    """Alma said no to this request, which therefore did nothing."""

    @property
    def outcome(self) -> Outcome:
        """What the refusal makes of a row."""
        return codes.outcome_of(self.code)


class Unaddressable(Refusal):
    """An identifier that cannot be put into an address of Alma's API; nothing was sent."""

    usual_effect = Effect.NOT_SENT


class KeyRefused(AlmaError):
    """The API key is unknown to Alma or may not do this. Every call would meet the same."""


class PerSecondLimit(AlmaError):
    """More calls a second reach Alma than the institution may make. The call did nothing."""


class DailyLimit(AlmaError):
    """No more calls today: Alma says so, or the reserve is reached (then nothing was sent)."""


class Unavailable(AlmaError):
    """Alma, or the way to it, is down or broken.

    The effect is ``not_sent`` where no connection was made, and ``unknown`` for everything else.
    """

    usual_effect = Effect.UNKNOWN

    @property
    def why(self) -> str:
        """What was seen of it, in a few words."""
        if self.status is None:
            return "no answer"
        return f"HTTP {self.status}" + (f", code {self.code}" if self.code else "")


class Unreachable(Unavailable):
    """No connection to Alma could be made at ``address`` (scheme and host), so nothing was sent.

    ``why`` is a cause in words that follow a colon.
    """

    usual_effect = Effect.NOT_SENT

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            f"Alma cannot be reached at {address}: {why}. See that the address is right and that "
            "this machine is on the network."
        )
        self.address = address
        self._why = why

    @property
    def why(self) -> str:
        """Why no connection could be made."""
        return self._why


class AlmaGone(AlmaError):
    """Alma stayed away for longer than one is willing to wait. The call waited, was never sent."""

    usual_effect = Effect.NOT_SENT


class Stopped(AlmaError):
    """A stop was asked for before the call was sent."""

    usual_effect = Effect.NOT_SENT


def parse_error(response: httpx.Response, *, method: str) -> AlmaError:
    """The error that a read HTTP answer amounts to, for an answer that is not what was asked for.

    The code decides where Alma gave one that is known, else the HTTP status. Never raises, whatever
    the bytes of the body.
    """
    fault = read_fault(response.content)
    if response.status_code == 429 and not fault.code and codes.DAILY.encode() in response.content:
        fault = Fault(codes.DAILY)  # a gateway's text; taken for the other limit it never ends
    kind, words = _meaning(fault, response.status_code, method.upper() != "GET")
    said = f"HTTP {response.status_code}" + (f", code {fault.code}" if fault.code else "")
    return kind(
        words.format(said=said),
        code=fault.code,
        message=fault.message,
        tracking_id=fault.tracking_id,
        status=response.status_code,
    )


def _meaning(fault: Fault, status: int, writes: bool) -> tuple[type[AlmaError], str]:
    """The type of an error, and its words with a gap for ``{said}``."""
    code = fault.code
    if code == codes.DAILY:
        return DailyLimit, _DAILY_WORDS
    if code == codes.PER_SECOND or status == 429:
        return PerSecondLimit, _PER_SECOND_WORDS
    if code in codes.REFUSALS:
        return Refusal, _REFUSAL_WORDS
    if code in codes.GENERAL or code in codes.GATEWAY or (writes and code == codes.SCAN_UNCLEAR):
        return Unavailable, _FAILED_WORDS
    # A number is Alma's own word on the request; the gateway speaks of the key in capitals.
    if code in codes.KEY or (status in (401, 403) and not code.isdigit()):
        return KeyRefused, _KEY_WORDS
    if status == 408 or (status == 404 and not code):  # a gateway's, Alma itself gives a code
        return Unavailable, _FAILED_WORDS
    if 400 <= status < 500:
        return Refusal, _REFUSAL_WORDS
    # Errors in an answer that says success: of a read they are a refusal, of a write nobody knows.
    if 200 <= status < 300 and code and not writes:
        return Refusal, _REFUSAL_WORDS
    if status >= 500 or code:
        return Unavailable, _FAILED_WORDS
    return Unavailable, _NOT_ALMA_WORDS


_DAILY_WORDS = (
    "The institution's calls to Alma for today are used up ({said}): go on after midnight GMT."
)
_PER_SECOND_WORDS = (
    "More calls a second reach Alma than the institution may make ({said}): use a slower pace."
)
_REFUSAL_WORDS = "Alma refused this ({said})."
_FAILED_WORDS = "Alma is not working ({said}): try again when it is back."
_KEY_WORDS = (
    "Alma does not accept the API key for this ({said}): check the key, its region, and that it "
    "may read and write Users and Bibs and read Configuration."
)
_NOT_ALMA_WORDS = "What answered in Alma's place is not Alma ({said}): try again when it is back."
