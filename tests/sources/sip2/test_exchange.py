"""What became of a self-check's requests: which answer is to which, and what a no and a yes do."""

from __future__ import annotations

import time

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources.sip2.capture import (
    AGREED,
    ALL_ITEMS,
    ANSWERED,
    ASKED,
    REFUSED_AFTER,
    SAME_AS_BEFORE,
)
from almareplay.sources.sip2.exchange import DOUBTFUL, NEIGHBOURHOOD, REFUSED, WHICH_ANSWER
from almareplay.transactions import InvalidRow, LeftOut, Reason
from tests.sources.sip2.messages import (
    ITEM,
    OTHER_ITEM,
    OTHER_PATRON,
    PATRON,
    Read,
    answer,
    checkin,
    checkout,
    fate,
    log,
    with_checksum,
)

TAG = "E004015090A1B2C3"
SAME = "the same request"
UNDONE = "cancelled: it undoes line 1"


@pytest.mark.parametrize(
    ("messages", "rows"),
    [
        # Right behind its request, whatever the system calls the item.
        ([checkout(), answer("12", "0")], [REFUSED, "answer"]),
        ([checkout(), answer("12", "0", OTHER_ITEM)], [REFUSED, "answer"]),
        ([checkout(item=f"FC-MAIN.{ITEM}"), answer("12", "1")], [ANSWERED, "answer"]),
        ([checkin(item=TAG), answer("10", "0")], [REFUSED, "answer"]),
        ([checkout(), answer("12", "0", "")], [REFUSED, "answer"]),
        # Of another kind.
        ([checkout(), answer("10", "0")], [ASKED, "answer"]),
        ([checkin(), answer("10", "1")], [ANSWERED, "answer"]),
        # By the sequence number, where both have one.
        (
            [
                with_checksum(checkout(item=TAG), "1"),
                with_checksum(checkout("090005", "FC-2"), "2"),
                with_checksum(answer("12", "0"), "1"),
                with_checksum(answer("12", "1", OTHER_ITEM), "2"),
            ],
            [REFUSED, ANSWERED, "answer", "answer"],
        ),
        # The system counts by itself, and names the item as it was asked.
        (
            [with_checksum(checkout(), "1"), with_checksum(answer("12", "0"), "4")],
            [REFUSED, "answer"],
        ),
        # It counts by itself and names the item otherwise: the line could be the answer.
        (
            [with_checksum(checkout(item=TAG), "1"), with_checksum(answer("12", "1"), "4")],
            [WHICH_ANSWER, "answer"],
        ),
        # An answer whose checksum does not fit.
        ([checkout(), f"{answer('12', '0')}AY1AZ0000"], [REFUSED, "answer"]),
        ([checkout(), f"{answer('12', '1')}AY1AZ0000"], [DOUBTFUL, "answer"]),
        # An answer that is cut off.
        ([checkout(), "120NUN2026"], [REFUSED, "answer"]),
        ([checkout(), "121NNY"], [DOUBTFUL, "answer"]),
        # A damaged request takes its own answer, not that the one before it waits for it.
        (
            [checkout(item=TAG), f"{checkout('090500')}AY1AZ0000", answer("12", "0")],
            [ASKED, "the checksum does not fit", "answer"],
        ),
        # Two stations in one log.
        (
            [
                checkout(),
                checkout(item=OTHER_ITEM),
                answer("12", "0"),
                answer("12", "1", OTHER_ITEM),
            ],
            [REFUSED, ANSWERED, "answer", "answer"],
        ),
        # By the patron, where the item is called otherwise.
        (
            [
                checkout(item=TAG),
                checkout(item="FC-2", patron=OTHER_PATRON),
                answer("12", "0", patron=PATRON),
                answer("12", "1", OTHER_ITEM, patron=OTHER_PATRON),
            ],
            [REFUSED, ANSWERED, "answer", "answer"],
        ),
        # Two patrons ask for the same item.
        (
            [checkout(), checkout(patron=OTHER_PATRON), answer("12", "0", patron=PATRON)],
            [REFUSED, REFUSED, "answer"],
        ),
        (
            [checkout(), checkout(patron=OTHER_PATRON), answer("12", "1", patron=PATRON)],
            [ANSWERED, ASKED, "answer"],
        ),
        # Three stations, and nothing tells whose answer it is that comes late.
        (
            [
                *(checkout(item="FC-1"), checkout("090001", "FC-2"), checkout("090002", "FC-3")),
                *(checkin(item="FC-9"), answer("12", "1")),
            ],
            [WHICH_ANSWER, WHICH_ANSWER, WHICH_ANSWER, ASKED, "answer"],
        ),
        # Asked in vain, asked once more: refused; agreed to.
        (
            [checkout("090000"), checkout("090030"), answer("12", "0")],
            [REFUSED, REFUSED, "answer"],
        ),
        (
            [checkout("090000"), checkout("090030"), answer("12", "1")],
            ["asked in vain", ANSWERED, "answer"],
        ),
        # But not by another patron, and not when it came back in between.
        (
            [checkout("090000"), checkout("090030", patron=OTHER_PATRON), answer("12", "1")],
            [ASKED, ANSWERED, "answer"],
        ),
        (
            [checkout("090000"), checkin("090010"), checkout("090030"), answer("12", "1")],
            [ASKED, ASKED, ANSWERED, "answer"],
        ),
        # What happened already is no question.
        ([checkout(no_block="Y")], [""]),
        ([checkout(no_block="Y"), answer("12", "0")], [REFUSED_AFTER, "answer"]),
        # The same request once more: sent again, or written by a server before and behind.
        ([checkout(), checkout()], [ASKED, SAME]),
        ([checkout(), checkout(), answer("12", "0")], [REFUSED, SAME, "answer"]),
        ([checkout(), answer("12", "0"), checkout()], [REFUSED, "answer", SAME]),
        ([checkout(), answer("12", "1"), checkout()], [ANSWERED, "answer", SAME]),
        ([checkout(), checkin(item=OTHER_ITEM), checkout()], [ASKED, ASKED, SAME]),
        (
            [with_checksum(checkout(), "1"), answer("12", "0"), with_checksum(checkout(), "2")],
            [REFUSED, "answer", SAME],
        ),
        # Sent again after a no, and agreed to.
        (
            [checkout(), answer("12", "0"), checkout(), answer("12", "1")],
            [ANSWERED, "answer", SAME, "answer"],
        ),
        # An answer that is logged twice is none to an older request.
        (
            [checkout(item=TAG), checkout("090500"), *[answer("12", "1")] * 2],
            [ASKED, ANSWERED, "answer", "answer"],
        ),
        # A proxy's log: it asks for the self-check, and passes the answer on.
        (
            [
                *(checkout(item=f"FC.{ITEM}"), checkout()),
                *[answer("12", "0", patron=PATRON)] * 2,
            ],
            [WHICH_ANSWER, REFUSED, "answer", "answer"],
        ),
        # But one without item and patron may be.
        (
            [checkout(item=TAG), checkout("090500"), *[answer("12", "0", "")] * 2],
            [REFUSED, REFUSED, "answer", "answer"],
        ),
        # The one of the other kind before it did not happen.
        (
            [checkout(), answer("12", "1"), checkin(cancel="Y")],
            ["cancelled: the self-check undid it in line 3", "answer", UNDONE],
        ),
        ([checkin(), checkin("090100", cancel="Y")], [ASKED, "it undoes something that this log"]),
        (
            [checkout(), checkin(item=OTHER_ITEM, cancel="Y")],
            [ASKED, "it undoes something that this log"],
        ),
        # A request and its answer in one line; a request twice in one.
        ([f"{checkout()} -> {answer('12', '0')}"], [REFUSED]),
        ([f"{checkout()} parsed: {checkout()}"], [ASKED]),
        # All loans of a patron.
        (
            [f"6520260914    090000AOCALDER|AA{PATRON}|AC|", "66100020000" + answer("12", "1")[6:]],
            [ALL_ITEMS, "answer"],
        ),
    ],
)
def test_what_became_of_a_request(
    messages: list[str], rows: list[str | Reason], read: Read
) -> None:
    fates = [fate(row) for row in read(log(*messages), include_saved=True)]
    expected = [each if isinstance(each, str) else in_words(each) for each in rows]
    assert [words[: len(due)] for words, due in zip(fates, expected, strict=True)] == expected
    assert ["" for words, due in zip(fates, expected, strict=True) if words and not due] == []


def test_what_was_undone_is_cancelled_and_what_cannot_be_told_is_not(read: Read) -> None:
    messages = [
        *(checkout(), checkin("090100", cancel="Y"), checkin("090200", OTHER_ITEM, cancel="Y")),
        f"{checkout('090300', TAG)}AZ0000",
    ]
    rows = [row for row in read(log(*messages)) if isinstance(row, InvalidRow)]
    assert [row.cancelled for row in rows] == [True, True, False, False]


def test_all_renewed_by_the_system_is_left_out(read: Read) -> None:
    renew_all = f"6520260914    090000AOCALDER|AA{PATRON}|AC|"
    renewed = f"66100020000{answer('12', '1')[6:]}"
    rows = read(log(checkin(item=OTHER_ITEM), renew_all, renewed))
    assert rows[1] == LeftOut(AGREED)


def test_a_no_far_away_is_none(read: Read) -> None:
    others = [checkin(f"10{n // 60:02}{n % 60:02}", f"I{n:04}") for n in range(NEIGHBOURHOOD)]
    near = read(log(checkout(), *others[1:], answer("12", "0")))
    far = read(log(checkout(), *others, answer("12", "0")))
    assert [fate(near[0]), fate(far[0])] == [in_words(REFUSED), in_words(ASKED)]


@pytest.mark.slow
def test_one_item_asked_for_again_and_again(read: Read) -> None:
    clocks = [f"{9 + n // 3600:02}{n // 60 % 60:02}{n % 60:02}" for n in range(4_000)]
    asked = [checkout(clock, patron=f"P{clock}") for clock in clocks]
    answers = [answer("12", "1", patron=f"P{clock}") for clock in clocks]
    began = time.process_time()
    rows = read(log(*asked, *answers, *asked))
    assert time.process_time() - began < 10
    assert len(rows) == 12_000
    assert {fate(row) for row in rows[-4_000:]} == {in_words(SAME_AS_BEFORE)}
