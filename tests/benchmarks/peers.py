"""Other ways to post a capture: a script, row after row, and almapy, all rows at once."""

from __future__ import annotations

import asyncio
from datetime import UTC
from urllib.parse import quote

import httpx
import niquests
from almapy import AlmaClient
from almapy.exceptions import AlmapyError

from almareplay.transactions import Kind
from tests.chaos.captures import Capture, CapturedFile, CapturedRow
from tests.chaos.stage import KEY

_Row = tuple[CapturedFile, CapturedRow]


def script(url: str, capture: Capture) -> None:
    """Find the item, then lend it or scan it in; what is refused is passed over."""
    with httpx.Client(
        base_url=f"{url}/almaws/v1",
        headers={"Authorization": f"apikey {KEY}", "Accept": "application/json"},
        timeout=60,
        verify=False,  # there is no TLS, and certificates take long to read
    ) as client:
        for file, row in _in_order(capture):
            found = client.get("/items", params={"item_barcode": row.item_barcode})
            if found.status_code != 302:
                continue
            desk = {"library": file.library, "circ_desk": file.circ_desk}
            if row.kind is Kind.LOAN:
                client.post(
                    f"/users/{quote(row.patron_id, safe='')}/loans",
                    params={"item_barcode": row.item_barcode},
                    json={name: {"value": code} for name, code in desk.items()},
                )
            else:
                item = found.headers["Location"].partition("/almaws/v1")[2]
                client.post(item, params={"op": "scan", **desk})


def almapy(url: str, capture: Capture, per_second: float) -> None:
    """Every row a task of its own, under the pace and the repeats that almapy itself keeps."""
    asyncio.run(_with_almapy(url, capture, per_second))


async def _with_almapy(url: str, capture: Capture, per_second: float) -> None:
    session = niquests.AsyncSession(
        base_url=f"{url}/almaws/v1",
        timeout=(30, 90),
        pool_connections=150,
        pool_maxsize=150,
        disable_http2=True,
        disable_http3=True,
    )
    async with session:
        client = AlmaClient(KEY, client=session, rate_limit=per_second)
        await asyncio.gather(*(_post(client, *each) for each in _in_order(capture)))


async def _post(client: AlmaClient, file: CapturedFile, row: CapturedRow) -> None:
    try:
        if row.kind is Kind.LOAN:
            await client.users.loans.create_loan(
                row.patron_id, row.item_barcode, file.circ_desk, file.library
            )
            return
        found = await client.bibs.get_item(row.item_barcode)
        await client.bibs.scan_in(
            found.bib_data.mms_id,
            found.holding_data.holding_id,
            found.item_data.pid,
            library=file.library,
            circ_desk=file.circ_desk,
        )
    except AlmapyError:
        pass  # refused, or given up: the next row has nothing to do with it


def _in_order(capture: Capture) -> list[_Row]:
    """The rows of all files by the time of their capture."""
    rows = [(file, row) for file in capture.files for row in file.rows]
    return sorted(rows, key=lambda each: each[1].at.astimezone(UTC))
