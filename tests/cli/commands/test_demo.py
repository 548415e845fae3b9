"""``demo`` and ``simulate``: what they say last can be typed, and works."""

from __future__ import annotations

import functools
import re
import shlex
from typing import TYPE_CHECKING

import httpx
import pytest

from almareplay.cli import app
from almareplay.cli.workflows.demos import library as demo
from almareplay.cli.workflows.demos.stage import Stage, make_fresh
from almareplay.simulator import server

if TYPE_CHECKING:
    from tests.cli.conftest import AtTerminal, Done, User


def commands(said: str) -> list[list[str]]:
    """The commands that are proposed, as the shell splits them."""
    lines = (line.strip() for line in said.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("almareplay ")]


def test_the_last_commands_of_the_demo_work(
    user: User, at_terminal: AtTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "Simulator", functools.partial(server.Simulator, per_second=0))
    monkeypatch.setattr(demo, "_LATENCY", 0)
    pace = "ALMAREPLAY_REQUESTS_PER_SECOND=500\n"
    monkeypatch.setattr(demo, "_SETTINGS", demo._SETTINGS + pace)
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
