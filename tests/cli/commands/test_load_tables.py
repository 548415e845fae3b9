"""``load`` of a capture tool's tables, out of a MariaDB server of its own on this machine."""

from __future__ import annotations

import os
import pty
import select
import shutil
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import pytest

from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.store import Queue

if TYPE_CHECKING:
    from tests.cli.conftest import User

TABLES = Path(__file__).parents[3] / "fixtures" / "captures" / "tables.sql"
PASSWORD = "pa55@w/rd:?#"
NAMES = (b"Okafor", b"Sato", b"Lindqvist", b"Hara", b"Halloran", b"BF637", b"QE26")
SERVER = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin")

pytestmark = pytest.mark.skipif(
    SERVER is None, reason="mariadbd is not installed (in Debian: apt-get install mariadb-server)"
)


@dataclass(frozen=True)
class Server:
    """A running server whose ``reader`` may read the database ``alma_offline`` with PASSWORD."""

    port: int

    @property
    def url(self) -> str:
        return f"mysql+pymysql://reader@127.0.0.1:{self.port}/alma_offline"

    def sql(self, *statements: str) -> None:
        """Runs statements as the server's owner."""
        with closing(pymysql.connect(host="127.0.0.1", port=self.port, user="root")) as owner:
            for statement in statements:
                owner.cursor().execute(statement)
            owner.commit()

    def dump(self) -> bytes:
        """What mariadb-dump makes of the database."""
        asked = [f"--port={self.port}", "--host=127.0.0.1", "--user=root", "alma_offline"]
        return subprocess.run(["mariadb-dump", *asked], capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    assert SERVER is not None
    folder = tmp_path_factory.mktemp("mariadb")
    data = f"--datadir={folder}/data"
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    made = ["--auth-root-authentication-method=normal", "--skip-test-db", *as_root]
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", data, *made], check=True, capture_output=True
    )
    running, process = started(folder, [SERVER, "--no-defaults", data, *as_root])
    try:
        running.sql(
            "CREATE DATABASE alma_offline",
            f"CREATE USER reader@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
            "GRANT SELECT ON alma_offline.* TO reader@'127.0.0.1'",
        )
        asked = ["mariadb", "--no-defaults", "--host=127.0.0.1", "--user=root"]
        asked.append(f"--port={running.port}")
        with TABLES.open("rb") as dump:
            subprocess.run([*asked, "alma_offline"], stdin=dump, check=True)
        yield running
    finally:
        process.terminate()
        process.wait(30)


def started(folder: Path, command: list[str]) -> tuple[Server, subprocess.Popen[bytes]]:
    """A server that answers. Its port is one that was free a moment ago: where somebody else has
    taken it since, another one will do."""
    files = [f"--socket={folder}/socket", f"--pid-file={folder}/pid", "--skip-log-bin"]
    log = folder / "log"
    for _ in range(3):
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            server = Server(free.getsockname()[1])
        at = [f"--port={server.port}", "--bind-address=127.0.0.1"]
        with log.open("wb") as said:
            process = subprocess.Popen([*command, *files, *at], stdout=said, stderr=said)
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            with suppress(pymysql.err.OperationalError):
                server.sql("SELECT 1")
                return server, process
            time.sleep(0.05)
        process.kill()
        process.wait()
    pytest.fail(f"mariadbd did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def load(user: User, *words: str, **env: str | None) -> tuple[int, str]:
    """Runs ``load`` in a process of its own; its exit code and all that it said."""
    process = user.starts("load", *words, **env)
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err


def stored(user: User) -> list[tuple[object, ...]]:
    """The rows of the queue, but for where they stood."""
    with Queue.open(f"sqlite:///{user.folder}/almareplay.db") as queue:
        return [
            (row.captured_at, row.kind, row.item_barcode, row.patron_id, row.library, row.outcome)
            for row in report_rows(queue, queue.run("main"))
        ]


@pytest.mark.slow
def test_the_tables_load_with_the_password_of_the_environment(server: Server, user: User) -> None:
    env = {"TIMEZONE": "America/Los_Angeles", "DATABASE_PASSWORD": PASSWORD}
    code, said = load(user, server.url, "--debug", **env)
    assert code == 1, said
    assert "alma_offline: database: table circulation (Oregon) and transactions (Portland" in said
    assert "2 lines left out: written out by the capture tool already" in said
    assert "alma_offline#transactions:5: there is no month 0" in said
    assert PASSWORD not in said
    rows = stored(user)
    assert len(rows) == 9
    assert [row[-1] for row in rows].count("invalid") == 3
    queue = b"".join(path.read_bytes() for path in user.folder.glob("almareplay.db*"))
    assert not [word for word in (*NAMES, PASSWORD.encode()) if word in queue]

    again = user.types("load", server.url, **env)
    assert (again.code, "loaded already" in again.err) == (0, True), again

    (user.folder / "almareplay.db").unlink()
    (user.folder / "dump.sql").write_bytes(server.dump())
    assert user.types("load", "dump.sql", **env).code == 1
    assert stored(user) == rows

    (user.folder / "almareplay.db").unlink()
    user.types("load", server.url, "--include-saved", **env)
    assert len(stored(user)) == 11


@pytest.mark.slow
def test_the_password_is_asked_for_and_not_shown(server: Server, user: User) -> None:
    others = {k: v for k, v in os.environ.items() if not k.startswith("ALMAREPLAY_")}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "almareplay", "load", server.url],
        env=others | user.settings(),
        cwd=user.folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            said = said_at_terminal(ours)
        finally:
            process.kill()
            os.close(ours)
    assert b"6 rows read" in said, said
    assert b"cannot be read (in the report as invalid)" in said
    assert PASSWORD.encode() not in said


def said_at_terminal(ours: int) -> bytes:
    """What a command says at a terminal where PASSWORD is typed once, until it ends."""
    said = b""
    typed = False
    while select.select([ours], [], [], 30)[0]:
        try:
            said += os.read(ours, 1000)
        except OSError:  # its other end is closed
            return said
        if b"Password" in said and not typed:
            while termios.tcgetattr(ours)[3] & termios.ECHO:  # what is typed now is thrown away
                time.sleep(0.01)
            os.write(ours, f"{PASSWORD}\n".encode())
            typed = True
    pytest.fail(f"it hangs after: {said!r}")


def test_what_goes_wrong_is_said_without_the_password(server: Server, user: User) -> None:
    refusals = {
        server.url: "refuses the user or the password",
        server.url.replace("alma_offline", "alma_online"): "refuses the user or the password",
        server.url.replace("@", ":not-the-passw0rd@"): "refuses the user or the password",
        server.url.replace(str(server.port), "1"): "no database server answers there",
    }
    for url, words in refusals.items():
        done = user.types("load", url, "--debug", DATABASE_PASSWORD="n0t-it-either")
        assert (done.code, words in done.err) == (2, True), done
        assert "n0t-it-either" not in done.err
        assert "not-the-passw0rd" not in done.err
    server.sql("CREATE DATABASE empty", "GRANT SELECT ON empty.* TO reader@'127.0.0.1'")
    for database, words in {
        "empty": "empty: has no table transactions or circulation: it has no tables",
        "none": "the user may not read",
    }.items():
        url = server.url.replace("alma_offline", database)
        done = user.types("load", url, DATABASE_PASSWORD=PASSWORD)
        assert (done.code, words in done.err) == (2, True), done
