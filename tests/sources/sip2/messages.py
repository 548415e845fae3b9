"""SIP2 messages as self-checks and systems write them, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources import Row
from almareplay.transactions import Transaction

Read = Callable[..., list[Row]]
NO_DATE = " " * 18
ITEM, OTHER_ITEM = "34880000500012", "34880000500020"
PATRON, OTHER_PATRON = "24880000300014", "24880000300022"


def checkout(
    clock: str = "090000", item: str = ITEM, patron: str = PATRON, no_block: str = "N"
) -> str:
    return f"11Y{no_block}20260914    {clock}{NO_DATE}AOCALDER|AA{patron}|AB{item}|AC|BIN|"


def checkin(clock: str = "090000", item: str = ITEM, cancel: str = "N") -> str:
    return f"09N20260914    {clock}20260914    {clock}APDESK|AOCALDER|AB{item}|AC|BI{cancel}|"


def answer(code: str, ok: str, item: str = ITEM, patron: str = "", clock: str = "090001") -> str:
    named = f"AA{patron}|" if patron else ""
    return f"{code}{ok}NNN20260914    {clock}AOCALDER|{named}AB{item}|AJA title|AFOK|"


def with_checksum(message: str, sequence: str = "", off_by: int = 0) -> str:
    summed = f"{message}{sequence and f'AY{sequence}'}AZ"
    return f"{summed}{(off_by - sum(summed.encode())) % 0x10000:04X}"


def log(*messages: str) -> str:
    return "".join(f"09:00:00 [kiosk] {message}\r\n" for message in messages)


def fate(row: Row) -> str:
    """What is said of a row's message."""
    return all_in_words(row.notes) if isinstance(row, Transaction) else in_words(row.reason)
