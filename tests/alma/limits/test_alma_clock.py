from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.alma.limits.alma_clock import AlmaClock


def test_goes_on_from_the_last_date_header(clock: Any) -> None:
    alma_clock = AlmaClock(clock)
    alma_clock.learn("Mon, 02 Mar 2026 08:00:05 GMT")
    clock.jump(90)
    assert alma_clock.now().isoformat() == "2026-03-02T08:01:35+00:00"
    alma_clock.learn("Mon, 02 Mar 2026 09:00:00 +0100")
    assert alma_clock.now().isoformat() == "2026-03-02T08:00:00+00:00"


FAR = ["Fri, 31 Dec 9999 23:59:59 -1200", "Fri, 31 Dec 99999 23:59:59 GMT"]


@pytest.mark.parametrize(
    "date", [None, "", "soon", "Mon, 99 Mar 2026 99:00:05 GMT", "1", ",,,,", *FAR]
)
def test_takes_our_own_time_where_alma_gives_none(clock: Any, date: str | None) -> None:
    alma_clock = AlmaClock(clock)
    alma_clock.learn(date)
    assert alma_clock.now() == clock.now()


@given(st.text(max_size=40) | st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,9} [\d:]{1,9} [+-]\d{1,6}"))
def test_no_date_header_crashes_it(new_clock: Any, date: str) -> None:
    clock = new_clock()
    alma_clock = AlmaClock(clock)
    alma_clock.learn(date)
    assert alma_clock.now().utcoffset() == timedelta(0)
