"""What comes from outside steers no terminal: all that is printed goes through one console."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from almareplay.cli.console.output import PlainConsole
from almareplay.cli.console.printable import as_json, one_line, printable

if TYPE_CHECKING:
    from tests.cli.conftest import User

EVIL = "\x1b[2J\x1b]0;x\x07\x9b2J\x7f\u202e\u2066\u2028\x85"
FORBIDDEN = {
    *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u061c", "\u200e", "\u200f",
    *map(chr, range(0x2028, 0x202F)), *map(chr, range(0x2066, 0x206A)),
} - {"\n"}  # fmt: skip


def steers(text: str) -> set[str]:
    return FORBIDDEN & set(text)


@given(st.text())
def test_nothing_that_steers_is_left(text: str) -> None:
    assert not steers(printable(text))
    assert "\n" not in one_line(text)
    printable(text).encode()
    assert json.loads(as_json({"text": text})) == {"text": text}
    assert not steers(as_json({"text": text}))


def test_what_can_be_read_stays() -> None:
    assert printable("Müller\n  📚 „x“ \xa0…") == "Müller\n  📚 „x“ \xa0…"
    assert printable("caf\udce9.dat") == "caf\\xe9.dat"
    assert printable("a\tb\x1bc\ud83d") == "a b\ufffdc\\ud83d"


def test_whatever_is_printed_goes_through_it(capsys: pytest.CaptureFixture[str]) -> None:
    console = PlainConsole(stderr=False)
    console.print(f"a{EVIL}b")
    console.print(Text(f"a{EVIL}b", "red"))
    console.out(f"a{EVIL}b")
    assert not steers(capsys.readouterr().out)


@pytest.mark.parametrize(
    "words",
    [
        ("load", f"no{EVIL}.dat"),
        ("load", "--circ-desk", EVIL, "desk.dat", "--timezone", EVIL),
        ("load", f"--{EVIL}"),
        (EVIL,),
        ("status", "--run", f"x{EVIL}"),
        ("status", "--queue", f"sqlite:///{EVIL}.db"),
        ("status", "--queue", EVIL),
        ("status", "--settings", EVIL),
        ("status", "--log", f"no/{EVIL}"),
        ("report", f"no/{EVIL}.csv"),
        ("report", EVIL),
        ("export", f"no/{EVIL}.dat"),
        ("export", EVIL),
        ("retry", "--outcome", EVIL),
        ("retry", "--row", EVIL),
        ("correct", "--row", "1", "--patron-id", EVIL),
        ("correct", "--row", "1", "--kind", EVIL),
        ("dismiss", "--row", "1", "--note", EVIL),
        ("purge", "--older-than", EVIL),
        ("unload", EVIL),
        ("replay", "--give-up-after", EVIL),
        ("replay", "--guard", EVIL),
        ("replay", "--reopened-at", EVIL),
        ("replay", "--notify", EVIL),
        ("load", "--debug", f"no{EVIL}.dat"),
    ],
    ids=str,
)
def test_what_is_typed_does_not_come_back_to_steer(loaded: User, words: tuple[str, ...]) -> None:
    done = loaded.types(*words)
    assert not steers(done.out + done.err)
    assert "should not have happened" not in done.err


def test_what_was_captured_does_not_steer(user: User) -> None:
    line = f"2026-09-31 09:00{EVIL},loan,p{EVIL},i{EVIL},L{EVIL},D{EVIL}"
    rows = ["Timestamp,Type,Patron ID,Item Barcode,Library,Desk", line.replace("-31", "-14"), line]
    user.writes(f"desk{EVIL}.csv", *rows)
    for words in (
        *(("load", "--preview", f"desk{EVIL}.csv"), ("load", f"desk{EVIL}.csv"), ("status",)),
        *(("status", "--json"), ("history", "--row", "1"), ("history", "--row", "1", "--json")),
        *(("check",), ("rehearse",), ("export", "out.dat", "--by-desk"), ()),
    ):
        done = user.types(*words)
        assert not steers(done.out + done.err), words
        assert "should not have happened" not in done.err


NO_TEXT = os.fsdecode(b"caf\xe9")
TAKEN: tuple[tuple[str, ...], ...] = (
    *(("load", f"{NO_TEXT}.dat", "--log", "log"), ("history", "--row", "2")),
    ("report", f"{NO_TEXT}.csv", f"{NO_TEXT}.html", f"{NO_TEXT}.xlsx", f"{NO_TEXT}.jsonl"),
    ("report", f"{NO_TEXT}.csv", "--anonymous"),
    ("export", f"{NO_TEXT}-out.dat", "--log", f"{NO_TEXT}.log"),
    *(("dismiss", "--row", "2", "--note", NO_TEXT), ("retry", "--row", "2")),
    *(("status", "--json"), ("unload", f"{NO_TEXT}.dat")),
    ("load", "desk.dat", "--queue", f"sqlite:///{NO_TEXT}.db"),
    ("status", "--queue", f"sqlite:///{NO_TEXT}.db"),
)
REFUSED: tuple[tuple[str, ...], ...] = (
    *(("status", "--run", NO_TEXT), ("status", "--queue", f"sqlite:///{NO_TEXT}-not.db")),
    *(("correct", "--row", "1", "--patron-id", NO_TEXT), ("load", f"{NO_TEXT}-not.dat")),
    *(("status", "--settings", NO_TEXT), (NO_TEXT,), ("report", NO_TEXT)),
)


def test_names_that_are_no_text_are_handled_by_all_commands(loaded: User) -> None:
    """A stick from an older computer has names in its character set."""
    loaded.captures(name="desk.csv").rename(loaded.folder / f"{NO_TEXT}.dat")
    for words in (*TAKEN, *REFUSED):
        done = loaded.types(*words)
        assert "should not have happened" not in done.err, words
        assert done.code == (0 if words in TAKEN else 2), (words, done.err)
        (done.out + done.err).encode()
        if words == ("status", "--json"):
            assert json.loads(done.out)["files"][1]["name"] == "caf\\xe9.dat"
        if words[0] == "report" and words in TAKEN:
            assert "Report: caf\\xe9.csv" in done.err
    assert (loaded.folder / f"{NO_TEXT}.csv").exists()


@pytest.mark.slow
def test_a_terminal_without_the_letters_is_given_numbers(loaded: User) -> None:
    loaded.monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with loaded.starts("report", "Müller.csv") as process:
        _, said = process.communicate()
    assert (process.returncode, said) == (0, "Report: M\\xfcller.csv\n")
