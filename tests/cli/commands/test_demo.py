"""``demo`` and ``simulate``: what they say last can be typed, and works."""

from __future__ import annotations

import functools
import re
import shlex
import shutil
from typing import TYPE_CHECKING

import httpx
import pytest

from almareplay.cli import app
from almareplay.cli.workflows.demos import browser_desk, capture, stand_in
from almareplay.cli.workflows.demos import library as demo
from almareplay.cli.workflows.demos.stage import Stage, make_fresh
from almareplay.simulator import server

if TYPE_CHECKING:
    from tests.cli.conftest import AtTerminal, Done, User


def commands(said: str) -> list[list[str]]:
    """The commands that are proposed, as the shell splits them."""
    lines = (line.strip() for line in said.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("almareplay ")]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in Alma that answers at once and takes any number of calls."""
    monkeypatch.setattr(server, "Simulator", functools.partial(server.Simulator, per_second=0))
    monkeypatch.setattr(stand_in, "_LATENCY", 0)
    pace = "ALMAREPLAY_REQUESTS_PER_SECOND=500\n"
    monkeypatch.setattr(stand_in, "_SETTINGS", stand_in._SETTINGS + pace)


@pytest.mark.usefixtures("quick")
def test_the_last_commands_of_the_demo_work(
    user: User, at_terminal: AtTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_somebody_is_there", lambda: True)
    stay, codes = demo._stay, list[int]()

    def stays(stage: Stage) -> None:
        user.capsys.readouterr()
        stay(stage)
        offered = user.capsys.readouterr().out
        assert "The stand-in Alma is still there." in offered
        # As in another terminal, while the first one waits for Enter.
        for words in commands(offered):
            more = ["--yes"] if words[0] == "replay" else []
            codes.append(int(app.main([*words, *more], standalone_mode=False) or 0))
        user.capsys.readouterr()

    monkeypatch.setattr(demo, "_stay", stays)
    at_terminal("\n")
    done = user.types("demo")
    # The mistyped card is put right, and its loan is posted; other rows are left to staff.
    assert (done.code, codes) == (0, [0, 1])
    _, _, last = done.out.partition("The stand-in Alma is gone. What works without it:")
    assert [words[0] for words in commands(last)] == ["status", "history", "report"]
    user.env.clear()
    for words in commands(last):
        assert user.types(*words).code == 0
    rows = (user.folder / "almareplay-demo/report.csv").read_text("utf-8")
    assert "patron_not_found" in rows
    assert "patron_not_found" not in user.types(*commands(last)[0]).out


_AFTERWARDS = """\
Run 'main': 9 rows from 2 files
Alma: Ferncliff University (01FERNCLIFF_INST), sandbox; rehearsed there on DAY
  4  loaned               applied
  4  returned             applied
  1  patron_blocked       attention
"""


def shows_capture(user: User) -> str:
    """Run the demo of the page for the desks: what it says up to the first command after it."""
    done = user.types("demo", "--capture")
    assert done.code == 0
    during, _, afterwards = done.out.partition("\n$ almareplay load --session outage\n")
    assert _AFTERWARDS in re.sub("there on .+", "there on DAY", afterwards)
    report = (user.folder / "almareplay-demo/report.html").read_text("utf-8")
    assert all(station in report for station in ("Front desk", "Annex"))
    # What was scanned by mistake and taken back has become no row.
    assert "34880000200063" not in report
    return during


@pytest.mark.usefixtures("quick")
def test_desks_capture_in_an_outage_and_it_is_replayed(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_desk, "find_spec", lambda _: None)
    during = shows_capture(user)
    assert "Two desks scan by HTTP as the page does, since no browser is found." in during
    url = re.findall("^The page for the desks: (http://127.0.0.1:[0-9]+), pairing", during, re.M)
    assert len(url) == 2 and len(set(url)) == 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(url[0], trust_env=False)


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_desks_capture_in_a_browser(user: User) -> None:
    pytest.importorskip("playwright", reason="no browser found: no playwright")
    if not any(map(shutil.which, browser_desk.PROGRAMS)):
        pytest.skip("no browser found")
    assert "Two desks scan in a headless browser." in shows_capture(user)


def test_one_demo_is_shown_at_a_time(user: User) -> None:
    done = user.types("demo", "--capture", "--consortium")
    assert (done.code, "choose one" in done.err) == (2, True)


def test_what_the_demo_of_the_page_needs_is_named(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "find_spec", lambda _: None)
    done = user.types("demo", "--capture")
    assert (done.code, "almareplay[simulator,capture]" in done.err) == (2, True)
    assert not (user.folder / "almareplay-demo").exists()


def test_what_is_set_in_the_environment_is_named_as_it_would_win(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stage, "step", lambda *_: None)
    monkeypatch.setattr("httpx.post", lambda *_, **__: None)
    done = user.types("demo")
    assert done.code == 0
    (names,) = re.findall("Before you type one of these commands: unset (.+)", done.out)
    assert set(names.split()) == set(user.settings())


def test_what_is_not_the_demos_stays_in_its_folder(user: User) -> None:
    folder = user.folder / "tried"
    make_fresh(folder, demo._made())
    mine = user.writes("tried/thesis.txt", "ten years of work")
    theirs = user.writes("tried/report.html", "an earlier demo's")
    make_fresh(folder, demo._made())
    assert (mine.exists(), theirs.exists()) == (True, False)
    (user.folder / "other").mkdir()
    assert user.types("demo", "other").code == 2


def test_the_simulator_says_how_to_use_it(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(simulator: server.Simulator, ready: object) -> None:
        with simulator:
            assert callable(ready)
            ready(simulator.url)
            user.env.clear()
            said = user.capsys.readouterr().out
            lines = [line for line in said.splitlines() if "ALMAREPLAY_" in line]
            user.writes("settings.env", *lines).chmod(0o600)
            told.append(said)
            url = f"{simulator.url}/almaws/v1/items"
            key = {"Authorization": "apikey simulator-key"}
            for barcode in re.findall(r"\b3188\d+", said):
                found = httpx.get(url, params={"item_barcode": barcode}, headers=key)
                assert found.status_code == 302
            checked.append(user.types("check"))

    told: list[str] = []
    checked: list[Done] = []
    monkeypatch.setattr(server, "serve_forever", serve)
    user.types("simulate", "--port", "0", "--items", "60", "--patrons", "60")
    assert "simulator ready at http://127.0.0.1:" in told[0].splitlines()[0]
    assert max(map(len, told[0].splitlines())) <= 80
    for what in ("items to lend", "items on loan", "patrons", "blocked patrons"):
        assert f"  {what} " in told[0]
    assert (checked[0].code, checked[0].err) == (0, "")
    assert "Alma has the 1 library and 1 circulation desk of the settings." in checked[0].out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "it is not JSON"),
        ('{"libraries": [{"code": 3}]}', "libraries.0.code cannot have this value"),
        ('{"patrons": [{"primary_id": "a"}, {"primary_id": "A"}]}', "two patrons have the ident"),
    ],
)
def test_a_world_that_cannot_be_read_is_said_in_words(user: User, content: str, said: str) -> None:
    done = user.types("simulate", "--world", str(user.writes("world.json", content)))
    assert (done.code, done.out) == (2, "")
    assert f"world.json is no world: {said}" in done.err
    assert len(done.problems()) == 1
