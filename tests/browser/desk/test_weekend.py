"""A whole outage: 500 scans at three desks at once, as fast as scanners type, while the server is
killed and started again and one desk has no network and its browser is closed meanwhile."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import events, stations
from tests.browser.conftest import NAMES
from tests.browser.desk.outage import card, item

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

pytestmark = pytest.mark.slow

DESKS = {"Front desk": 200, "Annex": 150, "Branch": 150}
WRONG_CLOCK = "const now = Date.now; Date.now = () => now() - 240_000;"
PATRONS_ITEMS = 5


class Server:
    """``almareplay capture`` as a process of its own, on one port."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = folder
        self.code = self.start()

    def start(self) -> str:
        """Start it; answer the pairing code."""
        command = [sys.executable, "-m", "almareplay", "capture", "--session", "June outage"]
        command += ["--library", "MAIN", "--circ-desk", "FRONT", "--timezone", "Europe/Berlin"]
        command += ["--port", str(self.port), "--queue", f"sqlite:///{self.folder / 'queue.db'}"]
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        code = ""
        for line in self.process.stdout:
            code = found[1] if (found := re.search(r"code: (\S+)", line)) else code
            if "Ctrl-C" in line:
                break
        return code

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.communicate(timeout=30)


class Wire:
    """A proxy between one desk and the server, which can be cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self.is_cut = False

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        self.is_cut = True
        for each in self._open:
            each.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.is_cut:
                return
            back, forth = await asyncio.open_connection("127.0.0.1", self._target)
            self._open.add(forth)
            await asyncio.gather(self._pass(reader, forth), self._pass(back, writer))
        except OSError:
            pass
        finally:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The server knows the address of the page by its own port.
        mine = f":{self._server.sockets[0].getsockname()[1]}".encode()
        while data := await reader.read(65_536):
            writer.write(data.replace(mine, f":{self._target}".encode()))
            await writer.drain()
        writer.transport.abort()


class DeskPlayer:
    """A desk at which loans are scanned, a new patron every five items."""

    def __init__(self, context: BrowserContext, address: str, name: str, first: int) -> None:
        self.context, self.address, self.name, self.number = context, address, name, first
        self.scanned: list[tuple[str, str]] = []

    async def open(self, code: str = "") -> None:
        self.page: Page = (
            self.context.pages[0] if self.context.pages else await self.context.new_page()
        )
        self.page.set_default_timeout(60_000)
        await self.page.goto(self.address)
        await self.page.wait_for_selector("html.ready")
        if code:
            await self.page.fill("[name=code]", code)
            await self.page.fill("[name=name]", self.name)
            await self.page.keyboard.press("Enter")
            await self.page.wait_for_selector("body[data-page=desk]")
            await self.page.evaluate("navigator.serviceWorker.ready.then(() => 0)")

    async def scan(self, count: int) -> None:
        patron = ""
        for place in range(count):
            if place % PATRONS_ITEMS == 0:
                patron = card(self.number)
                await self._type(patron)
            self.number += 1
            self.scanned.append((patron, item(self.number)))
            await self._type(item(self.number))

    async def _type(self, code: str) -> None:
        await self.page.keyboard.type(code, delay=10)
        await self.page.keyboard.press("Enter")

    async def is_saved(self) -> None:
        await self.page.locator(
            "#result[data-level=saved]", has_text=self.scanned[-1][1]
        ).wait_for()

    async def is_sent(self) -> None:
        await self.page.wait_for_selector("#sending[data-state=done]")


def test_500_scans_arrive_once_and_in_order(tmp_path: Path) -> None:
    pytest.importorskip("playwright.async_api")
    if not any(map(shutil.which, NAMES)):
        pytest.skip("no browser found")
    server = Server(tmp_path)
    try:
        scanned = asyncio.run(_outage(server, tmp_path))
    finally:
        server.end(signal.SIGINT)
    with Queue.open(f"sqlite:///{tmp_path / 'queue.db'}") as queue, queue.reading() as connection:
        for name, expected in scanned.items():
            query = select(events).join(stations, stations.c.id == events.c.station_id)
            query = query.where(stations.c.name == name).order_by(events.c.sequence)
            found = connection.execute(query).all()
            assert [(each.patron_id, each.item_barcode) for each in found] == expected
            assert [each.sequence for each in found] == [*range(1, len(expected) + 1)]
            times = [each.captured_at for each in found]
            assert times == sorted(times)
            shift = 240_000 if name == "Annex" else 0
            assert all(abs(each.clock_offset_ms - shift) < 2_000 for each in found)
            late = [each.received_at.timestamp() - each.captured_at for each in found]
            # The branch had no network for a while.
            assert min(late) > -3 and max(late) < (600 if name == "Branch" else 120)


async def _outage(server: Server, folder: Path) -> dict[str, list[tuple[str, str]]]:
    from playwright.async_api import async_playwright

    program = next(filter(None, map(shutil.which, NAMES)))
    address = f"http://127.0.0.1:{server.port}"
    wire = Wire(server.port)
    async with async_playwright() as api:
        options: dict[str, Any] = {"executable_path": program, "args": ["--no-sandbox"]}
        browser = await api.chromium.launch(**options)
        front = await browser.new_context()
        annex = await browser.new_context()
        await annex.add_init_script(WRONG_CLOCK)
        profile = str(folder / "branch")
        own = f"http://127.0.0.1:{await wire.start()}"
        branch = await api.chromium.launch_persistent_context(profile, **options)
        desks = [
            DeskPlayer(front, address, "Front desk", 1_000),
            DeskPlayer(annex, address, "Annex", 2_000),
            DeskPlayer(branch, own, "Branch", 3_000),
        ]
        for desk in desks:
            await desk.open(server.code)
        first, second, third = desks

        async def server_dies() -> None:
            await asyncio.sleep(3)
            await asyncio.to_thread(server.end, signal.SIGKILL)
            await asyncio.sleep(4)
            await asyncio.to_thread(server.start)

        async def branch_works() -> None:
            await third.scan(50)
            wire.cut()
            await third.scan(50)
            await third.is_saved()
            await branch.close()
            third.context = await api.chromium.launch_persistent_context(profile, **options)
            await third.open()
            await third.scan(DESKS["Branch"] - 100)
            wire.is_cut = False

        await asyncio.gather(
            first.scan(DESKS["Front desk"]),
            second.scan(DESKS["Annex"]),
            branch_works(),
            server_dies(),
        )
        for desk in desks:
            await desk.is_saved()
            await desk.is_sent()
        await third.context.close()
        await browser.close()
    wire.close()
    return {desk.name: desk.scanned for desk in desks}
