"""What is read of a patron: neither name nor notes, and only what is active."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from almareplay.alma.answers.patron import Patron, read_patron


@pytest.mark.parametrize(
    ("roles", "has_it"),
    [
        (None, None),
        ([], False),
        ([{"role_type": {"value": "200"}, "status": {"value": "ACTIVE"}}], True),
        ([{"role_type": {"value": "200"}, "status": {"value": "INACTIVE"}}], False),
        ([{"role_type": {"value": "21"}, "status": {"value": "ACTIVE"}}], False),
    ],
)
def test_reads_whether_a_user_is_a_patron(roles: Any, has_it: bool | None) -> None:
    patron = read_patron({"primary_id": "berta", "user_role": roles})
    assert patron is not None
    assert patron.patron_role is has_it


def test_reads_a_patron_without_name_or_notes() -> None:
    patron = read_patron(
        {
            "primary_id": "berta",
            "full_name": "Berta Beispiel",
            "status": {"value": "Active"},
            "expiry_date": "2026-12-31Z",
            "user_identifier": [{"value": "P-0815", "id_type": {"value": "BARCODE"}}, None, {}],
            "user_block": [
                {"block_description": {"value": "20", "desc": "Lost card"}, "block_note": "secret"},
                {"block_description": {"value": "03"}, "block_status": "INACTIVE"},
                {"block_description": {"value": "04"}, "block_status": "ACTIVE"},
            ],
            "loans": {"value": 3, "link": "https://alma.example/users/berta/loans"},
        }
    )
    assert patron == Patron(
        "berta", "ACTIVE", date(2026, 12, 31), ("Lost card", "04"), ("P-0815",), 3
    )
    assert not any(secret in repr(patron) for secret in ("berta", "Berta", "P-0815", "Lost"))
    assert read_patron({"primary_id": "b"}) == Patron("b", "", None, (), ())
    assert read_patron({"full_name": "Berta"}) is None


def test_an_inactive_identifier_is_not_the_patrons() -> None:
    identifiers = [
        {"value": "P-0815", "status": "ACTIVE"},
        {"value": "P-0001", "status": "INACTIVE"},
        {"value": "B@EX", "status": None},
    ]
    patron = read_patron({"primary_id": "berta", "user_identifier": identifiers})
    assert patron is not None
    assert patron.identifiers == ("P-0815", "B@EX")
