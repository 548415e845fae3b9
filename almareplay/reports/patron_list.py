"""The offline patron list: who may borrow, by hashes of their ids, for desks in an outage.

The capture page looks ids up by the same hash. It hides ids from a glance, not from somebody who
tries all numbers that a card can have: the list is kept as confidential as a list of patrons.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_hex

from almareplay.reports.beside import whole_file
from almareplay.reports.files import check_place
from almareplay.reports.replacing import ReportError, make_sure_it_may_be_replaced

ROUNDS = 1_000
"""As many as a browser does while a card is put down."""

_DIGITS = 32


class PatronStanding(StrEnum):
    """Whether a patron may borrow; what counts more stands further behind."""

    OK = "ok"
    EXPIRED = "expired"
    BLOCKED = "blocked"


def worse(one: PatronStanding, other: PatronStanding) -> PatronStanding:
    """Which of two standings counts where one id has both."""
    return max(one, other, key=[*PatronStanding].index)


def hash_of(patron_id: str, salt: str, rounds: int = ROUNDS) -> str:
    """The hash of an id as 32 hexadecimal digits: SHA-256 of salt, colon and id (without blanks
    around it, in capitals), then of its own digest, ``rounds`` times in all."""
    digest = f"{salt}:{patron_id.strip().upper()}".encode()
    for _ in range(rounds):
        digest = hashlib.sha256(digest).digest()
    return digest.hex()[:_DIGITS]


def check_patron_list_path(path: Path, *, overwrite: bool) -> None:
    """Make sure that a list can be written there later. Raises ReportError."""
    if path.suffix.lower() != ".json":
        raise ReportError(f"{path}: the name of a patron list must end in .json.")
    check_place(path)
    make_sure_it_may_be_replaced(path, overwrite=overwrite)


def write_patron_list(
    path: Path, standings: Mapping[str, PatronStanding], *, overwrite: bool = False
) -> int:
    """Write the list of these ids, with a salt of its own; answer how many entries it has.

    Raises ReportError; then an older file is still what it was.
    """
    salt = token_hex(16)
    entries: dict[str, PatronStanding] = {}
    for patron_id, standing in standings.items():
        hashed = hash_of(patron_id, salt)
        entries[hashed] = worse(entries.get(hashed, standing), standing)
    with whole_file(path, overwrite=overwrite) as file:
        json.dump(
            {
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "salt": salt,
                "rounds": ROUNDS,
                # Their order must not tell that of the patrons.
                "entries": dict(sorted(entries.items())),
            },
            file,
        )
    return len(entries)
