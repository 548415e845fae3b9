"""The offline patron list: hashes of patrons' ids, and whether each may borrow."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from almareplay.transactions import AlmaReplayError

STANDINGS = ("ok", "blocked", "expired")
_HASH = re.compile(r"[0-9a-f]{32}")
_SALT = re.compile(r"[0-9a-f]{16,}")
_MOST_ROUNDS = 100_000


class PatronListError(AlmaReplayError):
    """A file is no offline patron list that the page could use."""

    in_logs = False


class PatronList(NamedTuple):
    """An offline patron list: when it was made (ISO), its salt, how many patrons it has, and the
    bytes of the file, as the page gets them."""

    made_at: str
    salt: str
    patrons: int
    content: bytes


def read_patrons(path: Path) -> PatronList:
    """Read the file of an offline patron list. Raises PatronListError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PatronListError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        said = None
    problem = _problem(said)
    if problem:
        raise PatronListError(
            f"{path} is no offline patron list: {problem}. One is made by "
            "'almareplay patrons export FILE'."
        )
    return PatronList(said["made_at"], said["salt"], len(said["entries"]), content)


def _problem(said: Any) -> str:
    """What is wrong with a list; empty where nothing is. It quotes nothing of it."""
    if not isinstance(said, dict):
        return "it is no JSON object"
    if not _is_moment(said.get("made_at")):
        return "'made_at' is no date and time"
    if not (isinstance(salt := said.get("salt"), str) and _SALT.fullmatch(salt)):
        return "'salt' is not 16 or more hex digits"
    rounds = said.get("rounds")
    if type(rounds) is not int or not 1 <= rounds <= _MOST_ROUNDS:
        return f"'rounds' is no number from 1 to {_MOST_ROUNDS:,}"
    entries = said.get("entries")
    if not isinstance(entries, dict):
        return "'entries' is no JSON object"
    if not all(_HASH.fullmatch(key) for key in entries):
        return "an entry is not named by 32 hex digits"
    if not all(standing in STANDINGS for standing in entries.values()):
        return f"an entry is none of {', '.join(STANDINGS)}"
    return ""


def _is_moment(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
