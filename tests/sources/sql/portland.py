"""Dumps of Portland State's table for the tests: one row, as an INSERT and as a line of a COPY."""

from __future__ import annotations

from collections.abc import Callable

from almareplay.sources import Capture, Row

Opened = Callable[..., Capture]
Read = Callable[..., list[Row]]
Seen = Callable[..., list[str]]

SAVED = "(written out by the capture tool already)"
COLUMNS = (
    "library, timestamp, return_or_loan, item_barcode, item_callnumber, patron_barcode, "
    "patron_name, saved"
)
VALUES = "'MAIN','2026-09-14 09:03:10','L','0092614416','Z5 .B','o.hara','O Hara','0'"
INSERT = "INSERT INTO transactions VALUES"
ROW = "loan 0092614416 o.hara 09-14 09:03"
COPY = f"COPY public.transactions ({COLUMNS}) FROM stdin;\n"
LINE = "MAIN\t2026-09-14 09:03:10\tL\t0092614416\tZ5 .B\to.hara\tO Hara\t0\n"
