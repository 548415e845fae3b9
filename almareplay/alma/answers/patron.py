"""A patron's record as Alma answers it, read as leniently as the other answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from almareplay.alma.answers import fields
from almareplay.alma.answers.fields import Body


@dataclass(frozen=True, slots=True)
class Patron:
    """A patron's record. ``identifiers`` are all active ones that name the patron besides
    ``primary_id``; ``status`` is ``ACTIVE`` or ``INACTIVE``.

    ``blocks`` are the descriptions of the active blocks; ``patron_role`` tells whether the account
    has an active patron role, and ``active_loans`` how many items the patron has now: ``None``
    where Alma does not say it. Where only the identity was asked for there are none of these."""

    primary_id: str = field(repr=False)
    status: str
    expiry_date: date | None
    blocks: tuple[str, ...] = field(repr=False)
    identifiers: tuple[str, ...] = field(repr=False)
    active_loans: int | None = None
    patron_role: bool | None = None


def read_patron(body: Body) -> Patron | None:
    """A patron's record; names and addresses in it are not kept."""
    primary_id = fields.text(body, "primary_id")
    if not primary_id:
        return None
    active = (
        b
        for b in fields.records(body, "user_block")
        if fields.text(b, "block_status").upper() != "INACTIVE"
    )
    return Patron(
        primary_id=primary_id,
        status=fields.code(body, "status").upper(),
        expiry_date=fields.day(body, "expiry_date"),
        blocks=tuple(fields.words(block, "block_description") for block in active),
        identifiers=tuple(
            fields.text(identifier, "value")
            for identifier in fields.records(body, "user_identifier")
            if fields.text(identifier, "value")
            and fields.text(identifier, "status").upper() != "INACTIVE"
        ),
        active_loans=fields.number(fields.record(body, "loans"), "value"),
        patron_role=_has_patron_role(body),
    )


_PATRON_ROLE = "200"


def _has_patron_role(body: Body) -> bool | None:
    if not isinstance(body.get("user_role"), list):
        return None
    return any(
        fields.code(role, "role_type") == _PATRON_ROLE
        and fields.code(role, "status").upper() != "INACTIVE"
        for role in fields.records(body, "user_role")
    )
