"""How a call to Alma can fail, told apart by what the failure says and by its effect in Alma."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

import httpx

from almareplay.alma.answers import codes
from almareplay.alma.answers.faults import Fault, read_fault
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
    """Alma said no to this request, which therefore did nothing. ``outcome`` is what that makes of
    a row."""

    def __init__(self, words: str, **said: Any) -> None:
        super().__init__(words, **said)
        self.outcome: Outcome = codes.outcome_of(self.code)


class Unaddressable(Refusal):
    """An identifier that cannot be put into an address of Alma's API; nothing was sent."""

    usual_effect = Effect.NOT_SENT


class KeyProblem(StrEnum):
    """Why a key is refused, as far as Alma's gateway shows it."""

    MALFORMED = "malformed"
    """It has characters of no key (client code: 400 and a text)."""
    UNKNOWN = "unknown"
    """Unknown, or not allowed from this machine's network address: one answer for both
    (documented: 403)."""
    PERMISSION = "permission"
    """Without permission for the area, or a key of the other environment (documented: 400)."""
    WRONG_ADDRESS = "wrong address"
    """Sent to another region, or to the institution's own Alma (client code: 401 and a page)."""


class KeyRefused(AlmaError):
    """The API key is unknown to Alma or may not do this. Every call would meet the same."""

    @property
    def problem(self) -> KeyProblem:
        """Why, as far as the answer tells."""
        return _key_problem(self.code, self.status)


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
    writes = method.upper() != "GET"
    kind, words = _meaning(fault, response.status_code, writes)
    if kind is Unavailable and response.status_code == 400 and _MALFORMED_KEY in response.content:
        kind, words = KeyRefused, _KEY_WORDS[KeyProblem.MALFORMED]
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
        return KeyRefused, _KEY_WORDS[_key_problem(code, status)]
    if 400 <= status < 500 and status != 408:
        # Without a code the gateway has said it, or something before it, of no row.
        return (Refusal, _REFUSAL_WORDS) if code else (Unavailable, _FAILED_WORDS)
    # Errors in an answer that says success: of a read they are a refusal, of a write nobody knows.
    if 200 <= status < 300 and code and not writes:
        return Refusal, _REFUSAL_WORDS
    if status >= 400 or code:
        return Unavailable, _FAILED_WORDS
    return Unavailable, _NOT_ALMA_WORDS


def _key_problem(code: str, status: int | None) -> KeyProblem:
    if code == "UNAUTHORIZED":
        return KeyProblem.PERMISSION
    if status == 401 and not code:
        return KeyProblem.WRONG_ADDRESS
    return KeyProblem.UNKNOWN if code or status == 403 else KeyProblem.MALFORMED


_MALFORMED_KEY = b"Invalid API Key"
_DAILY_WORDS = (
    "The institution's calls to Alma for today are used up ({said}): go on after midnight GMT."
)
_PER_SECOND_WORDS = (
    "More calls a second reach Alma than the institution may make ({said}): use a slower pace."
)
_REFUSAL_WORDS = "Alma refused this ({said})."
_FAILED_WORDS = "Alma is not working ({said}): try again when it is back."
_KEY_WORDS = {
    KeyProblem.MALFORMED: "The API key has characters that no key has ({said}): copy it again.",
    KeyProblem.UNKNOWN: (
        "Alma does not know the API key, or the key may not be used from this machine's network "
        "address ({said}): copy the key again, whole, and see in the Developer Network whether it "
        "is limited to other addresses."
    ),
    KeyProblem.PERMISSION: (
        "The API key has no permission for this, or is one of the other environment ({said}): see "
        "in the Developer Network that it is a key of this environment, production or sandbox, "
        "with read/write permission for Users and Bibs and read permission for Configuration."
    ),
    KeyProblem.WRONG_ADDRESS: (
        "What answered is not the Alma API of this key ({said}): check ALMAREPLAY_REGION, or "
        "ALMAREPLAY_BASE_URL, which must be the address of the region's API and not that of the "
        "institution's own Alma."
    ),
}
_NOT_ALMA_WORDS = "What answered in Alma's place is not Alma ({said}): try again when it is back."
