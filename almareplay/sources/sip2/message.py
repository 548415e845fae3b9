"""The messages of SIP2, as far as they say what was lent and returned.

A message has a code of two digits, flags, two dates of 18 characters (``YYYYMMDDZZZZHHMMSS``, where
``ZZZZ`` is blank for local time and ``   Z`` for UTC), then fields of a two-letter name and a value
that ends in ``|``, and may end in ``AY``, a sequence number, ``AZ`` and a checksum. Source: 3M,
"Standard Interchange Protocol", version 2.00.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from almareplay.transactions import Reason

CHECKOUT, CHECKIN, RENEW, RENEW_ALL = "11", "09", "29", "65"
ANSWERS = {"12": CHECKOUT, "10": CHECKIN, "30": RENEW, "66": RENEW_ALL}
"""The codes of answers, each with the code of the request that it answers."""

DATE_WIDTH = 18

# Each alternative begins with a digit of its own, by which a line is searched twice as fast.
_BEGIN = re.compile(
    r"09[YN](?=[0-9 ]{8})|11[YN]{2}(?=[0-9 ]{8})|29[YN]{2}(?=[0-9 ]{8})"
    r"|10[01][YNU ]{3}(?=(?:19|20)[0-9]{6})|12[01][YNU ]{3}(?=(?:19|20)[0-9]{6})"
    r"|30[01][YNU ]{3}(?=(?:19|20)[0-9]{6})"
    r"|65(?<![0-9]65)(?=(?:19|20)[0-9]{6}.{4}[0-9]{6}A[A-Z])"
    r"|66(?<![0-9]66)[01][0-9]{8}(?=(?:19|20)[0-9]{6})"
)
_ANSWER_IN_PART = re.compile(
    r"(?<![0-9A-Za-z|])(?:10|12|30)[01](?=[YNUynu ]{3})[YNUynu ]*[YNUynu][YNUynu ]*(?![A-Za-z])"
)
"""The beginning of an answer of which the rest is cut off or in another form."""
_STATUS = re.compile(r"99[0-2][0-9 ]{3}[12]\.00|98[YN]{6}[0-9 ]{6}(?:19|20)[0-9]{6}|9300CN")
_END = re.compile(r"(?:AY([0-9]))?AZ([0-9A-Fa-f]{4})(?![0-9A-Fa-f])")
_HIDDEN = re.compile(r"[*xX#]+|[<\[(].*[>\])]", re.DOTALL)
_TAKEN = frozenset({"AO", "AP", "AA", "AB", "BI"})
_READ = _TAKEN | {"AC", "AD"}

CUT_OFF = Reason("message_cut_off")


class Message(NamedTuple):
    """A message as it stands. ``flags`` follow the code, ``dates`` are both dates together.

    ``text`` is all of it up to the sequence number. ``excess`` is by how much its bytes and its
    checksum together miss 0 in 16 bits: None where there is no checksum, or where a log hides
    passwords. ``problem`` is what makes the fields doubtful; ``unread`` are the names of the fields
    that hold something which is not taken.
    """

    code: str
    flags: str
    dates: str
    fields: Mapping[str, str]
    text: str
    sequence: str = ""
    excess: int | None = None
    problem: Reason | None = None
    unread: frozenset[str] = frozenset()

    @property
    def is_answer(self) -> bool:
        """Whether the system sent it."""
        return self.code in ANSWERS

    @property
    def no_block(self) -> bool:
        """Whether a request tells what happened already, rather than asks for it."""
        return self.code != RENEW_ALL and self.flags.endswith("Y")

    @property
    def agreed(self) -> bool:
        """Whether an answer says yes."""
        return self.flags.startswith("1")


def looks_like_sip2(lines: list[str]) -> bool:
    """Whether lines from the beginning of a file are from a log of SIP2 messages."""
    return any(
        _STATUS.search(line)
        or ("|A" in line and (begin := _BEGIN.search(line)) and line[begin.end()].isdigit())
        for line in (line.replace("\x00", "") for line in lines)
    )


def messages_in(line: str) -> Iterator[Message]:
    """The requests and answers about items in a line of a log, whatever stands around them."""
    line = line.replace("\x00", "")  # to be ignored wherever it stands, says the protocol
    last_field = line.rfind("|")
    begins = [begin for begin in _BEGIN.finditer(line) if begin.end() < last_field]
    if not begins and (part := _ANSWER_IN_PART.search(line)):
        yield Message(part[0][:2], part[0][2:], "", {}, line[part.start() :], problem=CUT_OFF)
        return
    ends = [begin.start() for begin in begins[1:]] + [len(line)]
    for begin, end in zip(begins, ends, strict=False):
        yield _message(begin[0], line[begin.start() : end])


def _message(head: str, text: str) -> Message:
    code = head[:2]
    width = 0 if code == RENEW_ALL else DATE_WIDTH * (1 if code in ANSWERS else 2)
    dates = text[len(head) : len(head) + width]
    fields: dict[str, str] = {}
    unread: set[str] = set()
    problem: Reason | None = None
    place = len(head) + width
    while not (end := _END.match(text, place)) and (bar := text.find("|", place)) >= 0:
        name, value = text[place : place + 2], text[place + 2 : bar]
        if name in _READ and fields.setdefault(name, value) != value:
            problem = Reason.of("two_fields", field=name)
        if value and name not in _TAKEN:
            unread.add(name)
        place = bar + 1
    whole = text[:place]
    if end:
        hidden = any(_HIDDEN.fullmatch(fields.get(name, "")) for name in ("AC", "AD"))
        excess = None if hidden else _excess(text[: end.start(2)], int(end[2], 16))
        return Message(
            code, head[2:], dates, fields, whole, end[1] or "", excess, problem, frozenset(unread)
        )
    cut = text[place : place + 2]
    if cut in ("AA", "AB"):
        problem = CUT_OFF
    # A checksum that is cut off is one that does not fit.
    excess = 0x8000 if cut in ("AY", "AZ") else None
    return Message(code, head[2:], dates, fields, whole, "", excess, problem, frozenset(unread))


def _excess(summed: str, checksum: int) -> int:
    """By how much a checksum misses that of the text up to it: together they are 0 in 16 bits.

    The protocol does not say in which encoding: any that the sender may have had will do.
    """
    in_utf8 = (sum(summed.encode()) + checksum) % 0x10000
    if in_utf8 == 0 or summed.isascii():
        return in_utf8
    sums = [sum(summed.encode(name, "replace")) for name in ("cp1252", "cp850")]
    fits = any((each + checksum) % 0x10000 == 0 for each in (*sums, sum(map(ord, summed))))
    return 0 if fits else in_utf8
