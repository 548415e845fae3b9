"""Whatever the order of requests and answers, a no is never taken for a yes."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almareplay.sources.sip2.capture import AGREED, ASKED_AGAIN
from almareplay.transactions import LeftOut, Transaction
from tests.examples import examples
from tests.sources.sip2.messages import Read, answer, checkin, checkout, log, with_checksum


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[list[str], dict[int, str]]:
    """A log of up to three self-checks, and what the system answered (1, 0) in which line.

    A self-check waits for its answer before it asks again; the system may name the item otherwise.
    """
    lines: list[str] = []
    answers: dict[int, str] = {}
    waiting: dict[int, tuple[int, str]] = {}
    sequences = draw(st.booleans())
    for step in range(draw(st.integers(2, 14))):
        station = draw(st.integers(0, 2))
        if station in waiting:
            line, reply = waiting.pop(station)
            if draw(st.integers(0, 4)):
                lines += [reply] * draw(st.sampled_from([1, 1, 1, 2]))
                answers[line] = reply[2]
            continue
        clock = f"0900{step * 4 + station:02}"
        item, patron = f"I{station}{draw(st.integers(1, 2))}", f"P{station}"
        named = draw(st.sampled_from([item, f"LIB.{item}", ""]))
        sequence = str(draw(st.integers(0, 9))) if sequences else ""
        ok = draw(st.sampled_from("01"))
        is_loan = draw(st.booleans())
        request = checkout(clock, item, patron) if is_loan else checkin(clock, item)
        reply = answer("12" if is_loan else "10", ok, named, patron * is_loan, f"0901{step:02}")
        off_by = draw(st.sampled_from([0, 0, 0, 77]))
        if sequences:
            request, reply = (
                with_checksum(request, sequence),
                with_checksum(reply, sequence, off_by),
            )
        if draw(st.integers(0, 5)) == 0:
            lines.append(request)
        lines.append(request)
        waiting[station] = len(lines) - 1, reply
    return lines, answers


def agreed_later(number: int, lines: list[str], answers: dict[int, str]) -> bool:
    """Whether the system agreed to the same wish when it was asked once more."""
    wish = [part for part in lines[number].split("|") if part[:2] in ("AA", "AB")]
    return any(
        ok == "1" and line > number and all(f"{part}|" in lines[line] for part in wish)
        for line, ok in answers.items()
    )


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(made=exchanges())
def test_a_no_never_becomes_taken_as_done(
    made: tuple[list[str], dict[int, str]], read: Read
) -> None:
    lines, answers = made
    if not lines:
        return
    rows = read(log(*lines))
    done = {number for number, row in enumerate(rows) if isinstance(row, Transaction)}
    assert not done & answers.keys(), "answered, and taken as done all the same"
    unanswered = {
        number
        for number, line in enumerate(lines)
        if number not in answers
        and line[:2] in ("11", "09")
        and rows[number] in (LeftOut(AGREED), LeftOut(ASKED_AGAIN))
    }
    assert not [number for number in unanswered if not agreed_later(number, lines, answers)]
