"""The simulator as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from almareplay.simulator.server import Simulator, serve_forever
from almareplay.simulator.world import Item, Library, Patron, World


def test_it_says_where_it_is_serves_and_ends_cleanly(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    libraries = [Library("MAIN", "Main Library")]
    World(libraries=libraries, items=[Item("3188", "MAIN")], patrons=[Patron("p1")]).to_json(path)
    flags = ["--world", str(path), "--key", "k", "--daily-limit", "9", "--clock-offset", "3600"]
    process = subprocess.Popen(
        [sys.executable, "-m", "almareplay.simulator", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("simulator ready at http://127.0.0.1:")
            url = line.split()[-1]
            found = httpx.get(
                f"{url}/almaws/v1/items",
                params={"item_barcode": "3188"},
                headers={"Authorization": "apikey k"},
            )
            assert found.status_code == 302
            assert found.headers["x-exl-api-remaining"] == "8"
            assert httpx.get(f"{url}/simulator/clock").json()["offset"] == 3600
            httpx.put(f"{url}/simulator/faults", json=[{"fault": "cut_before"}])
            try:
                httpx.get(f"{url}/almaws/v1/conf/test", headers={"Authorization": "apikey k"})
            except httpx.TransportError as error:
                assert error.request.url.path == "/almaws/v1/conf/test"
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "", "")


def test_a_taken_port_is_an_error() -> None:
    with Simulator(World()) as first:
        second = Simulator(World(), port=int(first.url.rsplit(":", 1)[1]))
        with pytest.raises(OSError, match="in use"):
            second.start()
        with pytest.raises(OSError, match="in use"):
            serve_forever(second, print)
