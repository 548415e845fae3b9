"""What became of a self-check's requests, as far as the rest of their log tells.

A system may name the item otherwise than the self-check did (without its prefix, by barcode for
tag), so an answer is told by kind, sequence number and where it stands, too.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from almareplay.sources.identifiers import bare
from almareplay.sources.sip2.dates import transaction_date
from almareplay.sources.sip2.message import ANSWERS, CHECKIN, Message
from almareplay.transactions import Reason, identifier_key

REFUSED = Reason("refused_by_system")
DOUBTFUL = Reason("answer_damaged")
WHICH_ANSWER = Reason("which_answer")
UNDOES_UNKNOWN = Reason("undoes_unknown")

NEIGHBOURHOOD = 100
"""So many requests later an answer is none to a request any more."""

LONGEST_WAIT = timedelta(minutes=2)
"""A self-check waits some seconds for an answer, half a minute at most: with a margin."""


@dataclass(slots=True)
class Exchanged:
    """What became of a request. ``agreed`` is the system's answer, None where there is none;
    ``asked_again``: to the same wish at a later time.

    ``doubtful``: an answer to it is damaged. ``perhaps``: answers that may be one to it, yes or no.
    ``undone`` says by which line, or which line it undoes itself.
    """

    agreed: bool | None = None
    same_as_before: bool = False
    asked_again: bool = False
    doubtful: bool = False
    perhaps: frozenset[bool] = frozenset()
    undone: Reason | None = None
    undoes_unknown: bool = False

    @property
    def is_open(self) -> bool:
        """Whether no answer was surely to it."""
        return self.agreed is None and not self.doubtful

    def problem(self, *, no_block: bool) -> Reason | None:
        """Why the request is no loan or return to be done; ``no_block``: it had happened already,
        and only told of it."""
        if self.undone:
            return self.undone
        if self.undoes_unknown:
            return UNDOES_UNKNOWN
        if self.agreed is False and not no_block:
            return REFUSED
        if self.doubtful:
            return DOUBTFUL
        if self.is_open and (True in self.perhaps or (self.perhaps and not no_block)):
            return WHICH_ANSWER
        return None


@dataclass(slots=True, eq=False)
class _Request:
    line: int
    code: str
    item: str
    patron: str
    sequence: str
    dates: str
    fate: Exchanged

    def waits_with(self, other: _Request) -> bool:
        """Whether both may have waited for an answer at the same time."""
        one, two = transaction_date(self.dates), transaction_date(other.dates)
        return one is None or two is None or abs(one - two) < LONGEST_WAIT

    def contradicts(self, answer: Message) -> bool:
        """Whether the sequence numbers say that the answer belongs to another request."""
        return bool(self.sequence and answer.sequence and self.sequence != answer.sequence)


class Exchange:
    """Follows requests and answers through a log; ``fates`` are by the line of the request.

    A request that is word for word one from before (its date counts seconds) is that one once more,
    wherever it stands: sent again, or written by a server before and behind its answer. A no is one
    to all requests of its kind for the item that still wait and only asked: the self-check had
    asked in vain before; a yes likewise, for the same patron. A request with the cancel field
    undoes the one of the other kind before it: the self-check could not finish that.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.fates: dict[int, Exchanged] = {}
        self._lines: dict[bytes, int] = {}
        self._waiting: deque[_Request] = deque(maxlen=NEIGHBOURHOOD)
        self._asked: dict[str, list[_Request]] = {}
        self._latest_of_item: dict[str, tuple[int, bool]] = {}
        self._last: _Request | None = None
        self._answers: dict[str, _Request] = {}

    def look_at(self, line: int, message: Message, *, damaged: bool) -> bool:
        """Takes in the next message of the log; whether it is not one from before once more."""
        damaged = damaged or bool(message.problem)
        if message.is_answer:
            return self._answer(message, damaged=damaged)
        self.requests += 1
        before = self._line_before(line, message)
        fate = self.fates.setdefault(before or line, Exchanged())
        request = _Request(
            before or line, message.code, _identifier(message, "AB"), _identifier(message, "AA"),
            message.sequence, message.dates, fate,
        )  # fmt: skip
        self._last = request
        if before:
            self.fates[line] = Exchanged(same_as_before=True)
            return False
        self._waiting.append(request)
        if request.item and not damaged:
            self._follow(request, undoes=message.fields.get("BI", "").strip() == "Y")
        return True

    def _line_before(self, line: int, message: Message) -> int:
        """In which line the same request stood before; 0 where it is a new one."""
        text = blake2b(message.text.encode(errors="surrogatepass"), digest_size=16).digest()
        before = self._lines.setdefault(text, line)
        if before == line:
            return 0
        follows = self._last is not None and self._last.line == before
        # Without a date it may be another one of the same kind.
        return before if follows or transaction_date(message.dates) else 0

    def _answer(self, answer: Message, *, damaged: bool) -> bool:
        last, self._last = self._last, None
        item = _identifier(answer, "AB")
        text = f"{answer.text}{answer.sequence}"
        again = self._answers.get(text)
        if again and (item or _identifier(answer, "AA")):
            waits = last is not None and last.fate.is_open
            if not waits or (again.item == item and last and last.item != item):
                # It is written twice, or belongs to one that waited beside the other.
                for each in self._of_kind(answer):
                    if each.waits_with(again):
                        each.fate.perhaps |= {answer.agreed}
                return False
        certain, perhaps = self._belongs_to(answer, item, last)
        for request in perhaps:
            request.fate.perhaps |= {answer.agreed}
        if certain:
            self._close(certain, agreed=answer.agreed, damaged=damaged)
            if len(self._answers) >= NEIGHBOURHOOD:
                self._answers.clear()
            self._answers[text] = certain
        return True

    def _belongs_to(
        self, answer: Message, item: str, last: _Request | None
    ) -> tuple[_Request | None, list[_Request]]:
        """The request that an answer is surely one to; or else those that it may be one to.

        ``last`` is the request right before it, with no other answer between the two.
        """
        waiting = self._of_kind(answer)
        if not waiting:
            # The answer to a request that was sent once more may be another one.
            same = last and last.code == ANSWERS[answer.code] and not last.contradicts(answer)
            return (last if same else None), []
        of_number = [each for each in waiting if not each.contradicts(answer)]
        patron = _identifier(answer, "AA")
        for likely in (
            [each for each in of_number if item and (each.item, each.patron) == (item, patron)],
            [each for each in of_number if item and each.item == item],
            [each for each in of_number if each.sequence and answer.sequence],
            [each for each in of_number if patron and each.patron == patron],
            of_number,
        ):
            if not likely:
                continue
            before = next((each for each in likely if last and each.line == last.line), likely[-1])
            if item and before.item == item:
                return before, []
            rivals = [each for each in likely if each is before or each.waits_with(before)]
            return (before, []) if len(rivals) == 1 else (None, rivals)
        # All have other numbers: the system may count by itself.
        behind = [each for each in waiting if last and each.line == last.line]
        if behind and item and behind[0].item == item:
            return behind[0], []
        return None, behind or [each for each in waiting if item and each.item == item]

    def _of_kind(self, answer: Message) -> list[_Request]:
        """The requests of the answer's kind that still wait."""
        return [each for each in self._waiting if each.code == ANSWERS[answer.code]]

    def _close(self, request: _Request, *, agreed: bool, damaged: bool) -> None:
        asked = self._asked.pop(request.item, []) if request.item else []
        same_wish = [
            each
            for each in asked
            if each.code == request.code
            and each.fate.is_open
            and (not agreed or each.patron == request.patron)
        ]
        for each in [request, *same_wish]:
            if not agreed:
                each.fate.agreed = each.fate.agreed or False
            elif damaged:
                each.fate.doubtful = True
            else:
                each.fate.agreed = True
                each.fate.asked_again = each is not request
        if still_asked := [each for each in asked if each.fate.is_open]:
            self._asked[request.item] = still_asked
        still = [each for each in self._waiting if each.fate.is_open]
        self._waiting = deque(still, maxlen=NEIGHBOURHOOD)

    def _follow(self, request: _Request, *, undoes: bool) -> None:
        """Keeps the requests for an item in their order, and what they undo."""
        item, line = request.item, request.line
        is_return = request.code == CHECKIN
        asked = self._asked.setdefault(item, [])
        if asked and (asked[-1].code == CHECKIN) is not is_return:
            asked.clear()  # what was asked in vain before is another matter
        asked.append(request)
        del asked[:-NEIGHBOURHOOD]
        if not undoes:
            self._latest_of_item[item] = line, is_return
            return
        undone, was_return = self._latest_of_item.pop(item, (0, is_return))
        if was_return is is_return:
            request.fate.undoes_unknown = True
            return
        request.fate.undone = Reason.of("undoes_line", line=undone)
        fate = self.fates[undone]
        fate.undone = fate.undone or Reason.of("undone_in_line", line=line)


def _identifier(message: Message, name: str) -> str:
    return identifier_key(bare(message.fields.get(name, "")))
