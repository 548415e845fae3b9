"""What became of a self-check's requests, as far as the rest of their log tells."""

from __future__ import annotations

from dataclasses import dataclass

from almareplay.sources.identifiers import bare
from almareplay.sources.sip2message import ANSWERS, CHECKIN, Message
from almareplay.transactions import identifier_key

REFUSED = "the self-check asked and the system answered no: it did not happen"
UNDOES_UNKNOWN = "cancelled: it undoes what this log does not have; look at the item in Alma"


@dataclass(slots=True)
class Fate:
    """What became of a request. ``agreed`` is the system's answer, None where there is none."""

    agreed: bool | None = None
    sent_again: bool = False
    problem: str = ""


class Exchange:
    """Follows requests and answers through a log; ``fates`` are by the line of the request.

    An answer belongs to the last open request of its kind for its item, where both have no other
    sequence number. A no is one to all open requests of its kind for the item that only asked: the
    self-check had asked in vain before. A request word for word like the one before it, which has
    no answer yet, was sent again. A request with the cancel field undoes the one of the other kind
    before it: the self-check could not finish that.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.fates: dict[int, Fate] = {}
        self._open: dict[tuple[str, str], list[tuple[int, Message]]] = {}
        self._latest_of_item: dict[str, tuple[int, bool]] = {}
        self._last: tuple[int, Message] | None = None

    def look_at(self, line: int, message: Message) -> None:
        """Takes in the next message of the log."""
        is_whole = message.checksum is not False and not message.problem
        if message.code in ANSWERS:
            if is_whole:
                self._answer(message)
            return
        self.requests += 1
        if not is_whole:
            return
        if self._last and self._last[1].text == message.text and self._is_open(self._last[0]):
            self.fates[line] = Fate(sent_again=True)
            return
        self._last = line, message
        item = _item(message)
        if item:
            self._open.setdefault((message.code, item), []).append((line, message))
            self._follow(line, message, item)

    def _is_open(self, line: int) -> bool:
        return self.fates.get(line, Fate()).agreed is None

    def _answer(self, message: Message) -> None:
        code = ANSWERS[message.code]
        item = _item(message)
        if not item and self._last and self._last[1].code == code:
            item = _item(self._last[1])
        asked = self._open.get((code, item), [])
        if not asked:
            return
        sequence = asked[-1][1].sequence
        if sequence and message.sequence and sequence != message.sequence:
            return
        for line, request in asked if not message.agreed else asked[-1:]:
            fate = self.fates.setdefault(line, Fate())
            fate.agreed = message.agreed
            if not message.agreed and not request.no_block:
                fate.problem = fate.problem or REFUSED
        asked.clear()

    def _follow(self, line: int, message: Message, item: str) -> None:
        is_return = message.code == CHECKIN
        if message.fields.get("BI", "").strip() != "Y":
            self._latest_of_item[item] = line, is_return
            return
        undone, was_return = self._latest_of_item.pop(item, (0, is_return))
        if was_return is is_return:
            self.fates[line] = Fate(problem=UNDOES_UNKNOWN)
            return
        self.fates[line] = Fate(problem=f"cancelled: it undoes line {undone}")
        fate = self.fates.setdefault(undone, Fate())
        fate.problem = fate.problem or f"cancelled: the self-check undid it in line {line}"


def _item(message: Message) -> str:
    return identifier_key(bare(message.fields.get("AB", "")))
