"""What the rules say of what they did, and how they refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Refused(Exception):
    """Alma says no: its code, its words, and the HTTP status they come with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Happening:
    """One thing done to the world.

    ``type`` is ``loan``, ``return``, ``renew``, ``scan`` (a scan-in that closed no loan),
    ``in_house_use``, ``due_date``, ``fee``, ``waive`` or ``link`` (a patron of another institution
    was given an account).
    """

    type: str
    item_barcode: str = ""
    patron_id: str = ""
    loan_id: str = ""
    library: str = ""
    circ_desk: str = ""
    fee_id: str = ""


Happened = Callable[[Happening], None]
