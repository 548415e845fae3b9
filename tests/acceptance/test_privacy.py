"""The key and the patrons' ids are in no message, log line or traceback, whatever goes wrong.

Every command of the acceptance tests is searched for them as it ends; here is what fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.chaos.outage import Begin
from tests.chaos.processes import Done, Script
from tests.chaos.stage import KEY, LeakedSecret, Workplace

WRONG_KEY = "l7xxNotTheKeyOfCalder4711"
NOBODY = "http://127.0.0.1:1"
PATRON = "zora.kestrel001"


@pytest.fixture
def work(tmp_path: Path) -> Workplace:
    """Somebody with a bad settings file and a capture, and no Alma at all."""
    settings = {"API_KEY": KEY, "TIMEZONE": "UTC", "BASE_URL": NOBODY}
    work = Workplace(tmp_path, settings, {PATRON, WRONG_KEY})
    line = f"202509151000L{'i1':<80}{PATRON}"
    (tmp_path / "main.dat").write_text(f"{line}\n{line[1:]}\n{line}\t{PATRON}\nL{PATRON}\n")
    return work


def _load(work: Workplace) -> Done:
    place = ("--library", "MAIN", "--circ-desk", "DESK")
    return work.runs("load", "main.dat", *place, "--debug")


def test_the_search_finds_what_it_looks_for(work: Workplace) -> None:
    work.program = [sys.executable, "-c", f"print('{PATRON.upper()}')"]
    with pytest.raises(LeakedSecret, match=PATRON):
        work.runs("status")


def test_rows_that_cannot_be_read_are_not_quoted(work: Workplace) -> None:
    done = _load(work)
    assert done.code == 1, done.said
    assert "2 rows cannot be read" in done.err


@pytest.mark.parametrize(
    "setting",
    [
        "REGION",
        "BASE_URL",
        "ENVIRONMENT",
        "TIMEZONE",
        "QUEUE",
        "REQUESTS_PER_SECOND",
        "TIMEOUT_SECONDS",
    ],
)
def test_a_key_in_the_wrong_place_is_not_shown(work: Workplace, setting: str) -> None:
    work.settings[setting] = KEY
    done = work.runs("replay", "main.dat", "--yes", "--debug")
    assert done.code == 2, done.said


@pytest.mark.parametrize(
    "text",
    [
        f"ALMAREPLAY_API_KEY={KEY}\nALMAREPLAY_APIKEY={KEY}\n",
        f"ALMAREPLAY_API_KEY={KEY} {KEY}\n",
        f"ALMAREPLAY_API_KEY\n{KEY}\n",
        f"ALMAREPLAY_API_KEY={KEY}\nALMAREPLAY_TIMEZONE=Mars/{KEY}\n",
        f"ALMAREPLAY_API_KEY={KEY}é\xff\n",
    ],
    ids=["unknown", "twice", "no value", "zone", "bytes"],
)
def test_a_broken_settings_file_is_not_quoted(work: Workplace, text: str) -> None:
    (work.folder / "settings.env").write_bytes(text.encode("latin-1"))
    work.settings = {"BASE_URL": NOBODY}
    done = work.runs("check", "--debug")
    assert done.code == 2, done.said


@pytest.mark.parametrize(
    "url", [f"https://{KEY}@alma.example", f"https://alma.example/?apikey={KEY}", f"{KEY}://x"]
)
def test_a_base_url_with_a_key_in_it_is_not_shown(work: Workplace, url: str) -> None:
    work.settings["BASE_URL"] = url
    assert work.runs("check", "--debug").code == 2


def test_a_connection_that_is_refused(work: Workplace) -> None:
    _load(work)
    done = work.runs("replay", "--yes", "--debug", "--give-up-after", "0.1s")
    assert done.code == 75, done.said


def test_a_queue_that_is_none(work: Workplace) -> None:
    (work.folder / "almareplay.db").write_text(f"{KEY} {PATRON}\n" * 400)
    assert work.runs("status", "--debug").code == 2


def test_a_wrong_key(begin: Begin) -> None:
    outage = begin((2, 100), settings={"API_KEY": WRONG_KEY})
    outage.work.secrets.add(WRONG_KEY)
    done = outage.work.replays()
    assert done.code == 3, done.said
    assert outage.alma.look("effects") == []


_BROKEN = """
from almareplay.alma.answers import responses
from almareplay.cli import main

seen, read_loan = [], responses.read_loan

def breaks(body):
    seen.append(body["loan_id"])
    return read_loan(body) if len(seen) < 30 else len(seen) / 0

responses.read_loan = breaks
main()
"""

_FULL_DISK = """
import os, resource
from almareplay.cli import main
size = os.path.getsize("almareplay.db") + 300_000
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
main()
"""


@pytest.mark.parametrize("flag", ["--debug", pytest.param("--quiet", marks=pytest.mark.slow)])
def test_an_error_that_nobody_thought_of(begin: Begin, flag: str) -> None:
    outage = begin((2, 100))
    usual, outage.work.program = outage.work.program, Script(_BROKEN)
    done = outage.work.replays(saying=flag)
    assert done.code == 75, done.said
    assert ("Traceback" in done.err) == (flag == "--debug")
    assert "This should not have happened" in done.err
    outage.work.program = usual
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


def test_a_full_disk_stops_the_run_before_the_next_call(begin: Begin) -> None:
    outage = begin((2, 100))
    usual, outage.work.program = outage.work.program, Script(_FULL_DISK)
    done = outage.work.replays()
    assert done.code == 75, done.said
    assert "disk" in done.err
    calls = outage.alma.requests()
    posted = [call for call in calls if call["method"] == "POST" and call["operation"] != "test"]
    assert 0 < len(posted) <= sum(outage.work.fates().values())
    outage.work.program = usual
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


def test_verbose_is_as_discreet(begin: Begin) -> None:
    outage = begin((2, 40))
    commands = [
        ("rehearse", "--requests-per-second", "500"),
        ("status",),
        ("report", "report.csv"),
        ("retry",),
    ]
    codes = [outage.work.runs(*command, "--verbose").code for command in commands]
    assert codes == [1, 0, 0, 0]
