"""What is read of the institution, its libraries and their desks."""

from __future__ import annotations

from typing import Any

import pytest

from almareplay.alma.answers import institution
from almareplay.alma.answers.fields import Page
from almareplay.alma.answers.institution import CircDesk, Institution, Library


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("SANDBOX", "sandbox"),
        ("Premium sandbox", "sandbox"),
        ("Production", "production"),
        ("pre-production", "pre-production"),
        (None, ""),
    ],
)
def test_an_environment_is_production_only_where_it_says_so(said: Any, read: str) -> None:
    body = {"institution": {"value": "01EX", "desc": "Example"}, "environment_type": said}
    assert institution.read_institution(body) == Institution("01EX", "Example", read)
    assert institution.read_institution({"environment_type": said}) is None


def test_reads_libraries_and_desks() -> None:
    listed = {"library": [{"code": "MAIN", "name": None}]}
    assert institution.read_libraries(listed) == [Library("MAIN", "")]
    assert institution.read_libraries({}) is None
    desks = {"circ_desk": [{"code": "FRONT", "name": "Front"}], "total_record_count": 14}
    assert institution.read_circ_desks(desks) == Page([CircDesk("FRONT", "Front")], 14)
    assert institution.read_circ_desks({"total_record_count": 0}) == Page([], 0)
