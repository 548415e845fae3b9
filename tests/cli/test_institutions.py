"""Commands with ``--institution``: whose settings, key and runs they take, and what they refuse."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.store import Queue
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Desk, Item, Library, Patron, World

if TYPE_CHECKING:
    from tests.cli.conftest import Done, User

FERN, MOSS = "01FERN_INST", "01MOSS_INST"


def institution(code: str, name: str) -> Simulator:
    """The Alma of an institution: its key is ``CODE-key``, and each has an item ``book``."""
    world = World(
        institution=code,
        institution_name=name,
        libraries=[Library("MAIN", "Main Library", [Desk("FRONT"), Desk("BACK")])],
        patrons=[Patron("ida")],
        items=[Item("book", "MAIN"), Item("map", "MAIN")],
    )
    return Simulator(world, key=f"{code}-key", per_second=0)


@dataclass
class Consortium:
    """Two institutions with an Alma each, and somebody who works for both."""

    user: User
    almas: dict[str, Simulator]

    def types(self, code: str, *words: str, **env: str | None) -> Done:
        """Run a command for an institution, or for none or all where the code is empty."""
        of = ["--institution", code] if code else []
        return self.user.types(*words, *of, **env)

    def effects(self, code: str) -> list[str]:
        """What happened to the items of an institution."""
        return [each.item_barcode for each in self.almas[code].record.effects]

    def writes(self, changes: dict[str, str] | None = None) -> Path:
        """Write the file of institutions, with changes to its text."""
        text = "".join(
            f'[institutions.{code}]\nname = "Of {code[2:6].title()}"\nbase_url = "{alma.url}"\n'
            f'library = "MAIN"\ncirc_desk = "FRONT"\nrequests_per_second = 1000\n'
            f'api_key_file = "{code}.key"\n'
            for code, alma in self.almas.items()
        )
        for before, after in (changes or {}).items():
            assert before in text
            text = text.replace(before, after)
        path = self.user.folder / "institutions.toml"
        path.write_text(text, "utf-8")
        return path


@pytest.fixture
def almas() -> Iterator[dict[str, Simulator]]:
    with institution(FERN, "Fern University") as fern, institution(MOSS, "Moss College") as moss:
        yield {FERN: fern, MOSS: moss}


@pytest.fixture
def consortium(user: User, almas: dict[str, Simulator]) -> Consortium:
    for code in almas:
        key = user.folder / f"{code}.key"
        key.write_text(f"{code}-key\n")
        key.chmod(0o600)
    made = Consortium(user, almas)
    user.env["ALMAREPLAY_INSTITUTIONS"] = str(made.writes())
    # What is set for one institution alone is never used for another.
    user.env["ALMAREPLAY_API_KEY"] = "plain-key"
    for name in ("LIBRARY", "CIRC_DESK", "BASE_URL", "REQUESTS_PER_SECOND"):
        del user.env[f"ALMAREPLAY_{name}"]
    return made


def capture(user: User, item: str, name: str) -> str:
    return str(user.writes(name, f"202609140900L{item:<80}ida"))


def rows(user: User, code: str) -> list[tuple[str, str, str]]:
    with Queue.open(f"sqlite:///{user.folder}/almareplay.db") as queue:
        found = report_rows(queue, queue.run("main", code))
        return [(row.item_barcode, row.outcome, row.institution) for row in found]


def test_each_institution_has_a_run_of_its_own_in_one_queue(consortium: Consortium) -> None:
    user = consortium.user
    for code, item in ((FERN, "book"), (MOSS, "map")):
        done = consortium.types(code, "load", capture(user, item, f"{item}.dat"))
        assert done.code == 0
        assert f"almareplay rehearse --institution {code}" in done.err
    assert consortium.types(FERN, "check").code == 0
    assert consortium.types(FERN, "replay", "--yes").code == 0
    assert rows(user, FERN) == [("book", "loaned", FERN)]
    assert rows(user, MOSS) == [("map", "pending", "")]
    assert (consortium.effects(FERN), consortium.effects(MOSS)) == (["book"], [])
    assert consortium.types(MOSS, "replay", "--yes").code == 0
    assert (consortium.effects(FERN), consortium.effects(MOSS)) == (["book"], ["map"])
    state = json.loads(consortium.types(MOSS, "status", "--json").out)
    assert (state["institution"], state["outcomes"]) == (MOSS, {"loaned": 1})


def test_a_run_is_not_found_for_another_institution_or_for_none(consortium: Consortium) -> None:
    user = consortium.user
    assert consortium.types(FERN, "load", capture(user, "book", "book.dat")).code == 0
    other = consortium.types(MOSS, "replay", "--yes")
    assert other.code == 2
    assert f"no run 'main' of {MOSS}" in other.err
    assert f"a run 'main' that was loaded for {FERN}, and none is replayed for another" in other.err
    none = consortium.types("", "status")
    assert none.code == 2
    words = f"The queue has a run 'main' of {FERN}, and none without an institution: say whose"
    assert words in none.err
    plain = ["--library", "MAIN", "--circ-desk", "FRONT"]
    loaded = consortium.types("", "load", capture(user, "map", "map.dat"), *plain)
    assert (loaded.code, "loaded for no institution" in loaded.err) == (0, True)
    both = consortium.types(MOSS, "report", "a.csv")
    assert "was loaded for no institution, 01FERN_INST, and" in " ".join(both.err.split())


def test_a_file_of_one_institution_is_not_loaded_for_another_unasked(
    consortium: Consortium,
) -> None:
    file = capture(consortium.user, "book", "book.dat")
    assert consortium.types(FERN, "load", file).code == 0
    again = consortium.types(MOSS, "load", file)
    assert f"loaded already as book.dat into run 'main' of {FERN}" in " ".join(again.err.split())
    assert rows(consortium.user, MOSS) == []
    assert consortium.types(MOSS, "load", file, "--again").code == 0
    assert rows(consortium.user, MOSS) == [("book", "pending", "")]


@pytest.mark.parametrize("command", [["check"], ["rehearse"], ["replay", "--yes"]])
def test_a_key_that_leads_to_another_institution_is_refused(
    consortium: Consortium, command: list[str]
) -> None:
    user = consortium.user
    assert consortium.types(FERN, "load", capture(user, "book", "book.dat")).code == 0
    fern, moss = consortium.almas[FERN].url, consortium.almas[MOSS].url
    consortium.writes({f'"{fern}"': '"x"', f'"{moss}"': f'"{fern}"', '"x"': f'"{moss}"'})
    consortium.almas[MOSS].keys[f"{FERN}-key"] = consortium.almas[MOSS].keys[f"{MOSS}-key"]
    done = consortium.types(FERN, *command)
    assert done.code == 3
    words = f"The key of {FERN} leads to another institution: Moss College ({MOSS})."
    assert words in " ".join(done.err.split())
    assert consortium.effects(MOSS) == consortium.effects(FERN) == []


def test_the_desk_map_of_an_institution_is_the_default(consortium: Consortium) -> None:
    user = consortium.user
    user.writes("fern.csv", "Front,MAIN,BACK")
    key = f'api_key_file = "{FERN}.key"'
    consortium.writes({key: f'{key}\ndesk_map = "fern.csv"'})
    head = "kind,captured_at,item_barcode,patron_id,library,circ_desk"
    file = user.writes("book.csv", head, "loan,2026-09-14 09:00,book,ida,MAIN,Front")
    assert consortium.types(FERN, "load", str(file)).code == 0
    with Queue.open(f"sqlite:///{user.folder}/almareplay.db") as queue:
        (row,) = report_rows(queue, queue.run("main", FERN))
        assert (row.library, row.circ_desk) == ("MAIN", "BACK")


def test_a_wrong_code_or_file_says_what_to_do(consortium: Consortium) -> None:
    assert "Did you mean 01FERN_INST?" in consortium.types("01FERN_INTS", "status").err
    done = consortium.types(FERN, "status", INSTITUTIONS=None)
    assert (done.code, "Give --institutions FILE" in done.err) == (2, True)
    named = ["--institutions", str(consortium.user.folder / "institutions.toml")]
    assert "There is no queue" in consortium.types(FERN, "status", *named, INSTITUTIONS=None).err


def test_no_key_is_told_anywhere(consortium: Consortium) -> None:
    user = consortium.user
    consortium.types(FERN, "load", capture(user, "book", "book.dat"))
    done = consortium.types(FERN, "replay", "--yes", "--debug", "--log", "replay.log")
    assert done.code == 0
    assert json.loads(Path("replay.log").read_text().splitlines()[0])["institution"] == FERN
    for told in (done.out + done.err, Path("replay.log").read_text()):
        assert f"{FERN}-key" not in told and "plain-key" not in told
    assert f"{FERN}-key".encode() not in Path("almareplay.db").read_bytes()


def cells(out: str) -> dict[str, list[str]]:
    """The lines of a table by their first cells, split where two blanks stand."""
    lines = (re.split(r"\s{2,}", line.strip()) for line in out.splitlines())
    return {line[0]: line[1:] for line in lines}


def test_a_check_of_all_is_a_table_with_the_worst_of_their_ends(consortium: Consortium) -> None:
    user = consortium.user
    consortium.types(FERN, "load", capture(user, "book", "book.dat"))
    good = consortium.types("", "check", "--all")
    assert (good.code, good.err) == (0, "")
    table = cells(good.out)
    assert table["institution"] == ["environment", "places", "calls left", "what to do"]
    environment, places, left, to_do = table[FERN]
    assert (environment, places, to_do) == (
        "sandbox",
        "1 known",
        f"almareplay rehearse --institution {FERN}",
    )
    assert int(left.replace(",", "")) > 1000
    assert table[MOSS][-1] == f"almareplay load FILE --institution {MOSS}"
    # One whose key is no good does not keep the others from being checked.
    (user.folder / f"{MOSS}.key").write_text("another-key")
    bad = consortium.types("", "check", "--all")
    assert bad.code == 3
    assert cells(bad.out)[FERN] == [*table[FERN][:2], cells(bad.out)[FERN][2], table[FERN][-1]]
    assert "Alma does not know the API key" in cells(bad.out)[MOSS][-1]
    (user.folder / f"{MOSS}.key").unlink()
    without = consortium.types("", "check", "--all")
    assert (without.code, "has no API key" in cells(without.out)[MOSS][-1]) == (2, True)


def test_a_check_of_all_names_an_alma_that_is_away_or_lacks_a_place(
    consortium: Consortium,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{closed.getsockname()[1]}"
        moss = consortium.almas[MOSS].url
        consortium.writes({moss: away})
        done = consortium.types("", "check", "--all")
    assert done.code == 75
    assert cells(done.out)[MOSS][:3] == ["-", "-", "-"]
    consortium.writes(
        {f'api_key_file = "{MOSS}.key"': f'pool = "one"\napi_key_file = "{MOSS}.key"'}
    )
    assert "[pools.one]" in consortium.types("", "check", "--all").err
    consortium.writes({'circ_desk = "FRONT"': 'circ_desk = "FORNT"'})
    lacks = consortium.types("", "check", "--all")
    assert (lacks.code, cells(lacks.out)[FERN][1]) == (3, "1 unknown")


def test_the_status_of_all_says_what_is_left_of_each(consortium: Consortium) -> None:
    user = consortium.user
    consortium.types(FERN, "load", capture(user, "book", "book.dat"))
    consortium.types(FERN, "load", "--phase", "2", capture(user, "map", "map.dat"))
    table = cells(consortium.types("", "status", "--all").out)
    assert table[FERN] == [
        "2",
        "0",
        "0",
        "2",
        "1",
        *["-"] * 4,
        f"almareplay rehearse --institution {FERN}",
    ]
    assert table[MOSS][0] == "0"
    assert consortium.types(FERN, "replay", "--yes").code == 0
    # Without the file it has what the queue knows.
    done = consortium.types("", "status", "--all", "--json", INSTITUTIONS=None)
    (state,) = json.loads(done.out)
    assert (state["code"], state["outcomes"], state["phase"]) == (FERN, {"loaned": 2}, None)
    assert cells(consortium.types("", "status", "--all").out)[FERN][1:4] == ["2", "0", "0"]
    both = consortium.types(FERN, "status", "--all")
    assert (both.code, "leave --institution out" in both.err) == (2, True)


def test_a_report_of_each_is_named_by_its_code(consortium: Consortium) -> None:
    user = consortium.user
    nothing = consortium.types("", "report", "--all", "reports", INSTITUTIONS=None)
    assert nothing.code == 2
    for code, item in ((FERN, "book"), (MOSS, "map")):
        consortium.types(code, "load", capture(user, item, f"{item}.dat"))
    assert consortium.types("", "report", "--all", "reports").code == 0
    found = sorted(Path("reports").iterdir())
    assert [path.name for path in found] == [f"{FERN}.html", f"{MOSS}.html"]
    assert ["book" in path.read_text() for path in found] == [True, False]
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    assert Path("reports").stat().st_mode & 0o777 == 0o700
    found[0].write_text("somebody else's")
    refused = consortium.types("", "report", "--all", "reports")
    assert (refused.code, found[0].read_text()) == (2, "somebody else's")
    assert consortium.types("", "report", "--all", "reports", "more.csv").code == 2


def test_almareplay_alone_names_the_institutions_and_their_runs(consortium: Consortium) -> None:
    consortium.types(FERN, "load", capture(consortium.user, "book", "book.dat"))
    told = consortium.types("").out
    assert f"Institutions: {FERN}, {MOSS}" in told
    assert f"Run 'main' of {FERN}: 1 row:" in told
    assert f"Next: almareplay rehearse --institution {FERN}" in told
    assert "API_KEY" not in told
