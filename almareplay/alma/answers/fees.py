"""A patron's fines and fees, as Alma answers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from almareplay.alma.answers import fields
from almareplay.alma.answers.fields import Body


@dataclass(frozen=True, slots=True)
class Fee:
    """A fine or fee: it tells what a person had, so it is personal.

    ``type`` is Alma's code (``OVERDUEFINE`` …), ``balance`` what is still owed of
    ``original_amount``, ``currency`` a code such as ``USD``, empty where Alma does not say it.
    ``creation_time`` is aware UTC, ``None`` where Alma gives none. ``item_barcode`` is empty for a
    fee without an item, and for many whose item Alma does not name. ``status`` is ``ACTIVE``,
    ``INDISPUTE``, ``EXPORTED`` or ``CLOSED``.
    """

    fee_id: str
    type: str
    balance: Decimal
    original_amount: Decimal
    currency: str
    creation_time: datetime | None
    item_barcode: str = field(repr=False)
    title: str = field(repr=False)
    comment: str = field(repr=False)
    status: str


def read_fee(body: Body, currency: str = "") -> Fee | None:
    """One fee; without its id or its sums it is none. ``currency`` is that of the list it is in."""
    fee_id = fields.text(body, "id")
    balance = fields.amount(body, "balance")
    original_amount = fields.amount(body, "original_amount")
    if not fee_id or balance is None or original_amount is None:
        return None
    return Fee(
        fee_id=fee_id,
        type=fields.code(body, "type"),
        balance=balance,
        original_amount=original_amount,
        currency=fields.code(body, "currency") or currency,
        creation_time=fields.moment(body, "creation_time"),
        item_barcode=fields.code(body, "barcode"),
        title=fields.text(body, "title"),
        comment=fields.text(body, "comment"),
        status=fields.code(body, "status").upper(),
    )


def read_fees(body: Body) -> list[Fee] | None:
    """A patron's fees.

    A body without a list means that there is none only where it says so with a count of 0.
    """
    listed = body.get("fee")
    if listed is None:
        return [] if fields.number(body, "total_record_count") == 0 else None
    currency = fields.code(body, "currency")
    return fields.every(listed, lambda fee: read_fee(fee, currency))
