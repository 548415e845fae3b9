"""Who may talk to the stand-in: what runs on this machine, and no page of a foreign site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Host": "rebound.example:8400"},
        {"Host": "127.0.0.1.rebound.example"},
        {"Host": "127.0.0.2"},
        {"Host": "[::1"},
        {"Origin": "https://foreign.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1@foreign.example"},
    ],
)
@pytest.mark.parametrize("path", ["/almaws/v1/conf/test", "/simulator/world", "/nowhere"])
def test_foreign_pages_are_refused(alma: Alma, headers: dict[str, str], path: str) -> None:
    before = len(alma.simulator.record.requests)
    assert alma.http.get(f"{alma.simulator.url}{path}", headers=headers).status_code == 403
    assert len(alma.simulator.record.requests) == before


def test_a_foreign_page_cannot_move_the_clock(alma: Alma) -> None:
    foreign = {"Origin": "https://foreign.example"}
    moved = alma.control("POST", "/clock", json={"offset": 3600}, headers=foreign)
    assert (moved.status_code, alma.simulator.clock.offset) == (403, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "127.0.0.1"},
        {"Host": "localhost:1234"},
        {"Host": "LOCALHOST"},
        {"Host": "[::1]:8400"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1:8400"},
    ],
)
def test_this_machine_may_ask_under_each_of_its_names(alma: Alma, headers: dict[str, str]) -> None:
    assert alma.http.get("/conf/test", headers=headers).status_code == 200
