"""What the benchmarks say of a number, and how they say it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import NAMES, main
from tests.benchmarks.measuring import (
    Figure,
    Spent,
    in_turn,
    median,
    most_in_a_second,
    times_the_processor,
)


@pytest.mark.parametrize(
    ("figure", "bar", "met"),
    [
        (Figure("a case", "a cost", 1.5, "ms", at_most=1.5), "at most 1.5", True),
        (Figure("a case", "a cost", 1.6, "ms", at_most=1.5), "at most 1.5", False),
        (Figure("a case", "broken", 1, at_most=0), "at most 0", False),
        (Figure("a case", "a share", 94.9, "%", at_least=95), "at least 95", False),
        (Figure("a case", "a share", 95.0, "%", at_least=95), "at least 95", True),
        (Figure("a case", "a time", 7.0, "s"), "", None),
    ],
)
def test_a_figure_tells_its_bar_and_whether_it_is_met(
    figure: Figure, bar: str, met: bool | None
) -> None:
    assert (figure.bar, figure.met) == (bar, met)


def test_the_most_calls_in_a_second_are_of_any_second() -> None:
    assert most_in_a_second([0.0, 0.9, 1.0, 1.8, 1.9, 5.0]) == 4
    assert most_in_a_second([]) == 0


def test_works_are_measured_in_turn_and_compared_round_by_round() -> None:
    turns: list[str] = []

    def work(name: str, *processor: float) -> Spent:
        turns.append(name)
        return Spent(0.0, processor[turns.count(name) - 1])

    found = in_turn(
        3, {"ours": lambda: work("ours", 2, 9, 3), "bare": lambda: work("bare", 2, 3, 2)}
    )
    assert turns == ["ours", "bare"] * 3
    assert median(found["ours"]).processor == 3
    assert times_the_processor(found["ours"], found["bare"]) == 1.5


def test_a_benchmark_can_be_run_with_few_rows_and_gives_its_figures_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "figures.json"
    words = ["benchmarks", "text", "--rows", "20", "--json", str(path)]
    monkeypatch.setattr("sys.argv", words)
    assert main() == 0
    said = json.loads(path.read_text("utf-8"))
    assert {figure["case"] for figure in said["figures"]} >= {"plain.csv", "desk.dat"}
    assert all(figure["value"] > 0 for figure in said["figures"])
    assert said["machine"]["cores"] >= 1
    assert "plain.csv" in capsys.readouterr().out


def test_a_benchmark_that_fails_is_named_after_the_others_had_their_turn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "text", "load", "--rows", "-1"])
    assert main() == 1
    said = capsys.readouterr().out
    assert "text could not be run to its end" in said
    assert "load could not be run to its end" in said


def test_a_benchmark_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "txet"])
    with pytest.raises(SystemExit):
        main()
    assert "there is no benchmark txet" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_has_a_size_and_a_smaller_one(name: str) -> None:
    benchmark = import_module(f"tests.benchmarks.{name}")
    assert 0 < benchmark.QUICK < benchmark.ROWS
