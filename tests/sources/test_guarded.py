"""What a reader raises that nobody foresaw: one refusal, and the next file is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from almareplay.sources import FileRefused, ReadingOptions, open_capture
from almareplay.sources.delimited import DelimitedTable

Options = Callable[..., ReadingOptions]


@pytest.mark.parametrize("error", [RuntimeError("a patron's name, perhaps"), RecursionError()])
def test_it_refuses_the_file_without_its_words(
    error: Exception, tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "desk.csv"
    path.write_text("Timestamp,Type,Barcode\n2026-09-14 09:00,Return,34880000500012\n")
    capture = open_capture(path, options())

    def broken(_: DelimitedTable) -> Iterator[object]:
        raise error
        yield

    monkeypatch.setattr(DelimitedTable, "records", broken)
    said = (
        rf"desk\.csv: has something in it that cannot be read \({type(error).__name__}\); nothing "
        r"of it was loaded\. Open it in the program that wrote it, save it as CSV, and load that\."
    )
    with pytest.raises(FileRefused, match=f"^{said}$"):
        list(capture.rows())
    with pytest.raises(FileRefused, match=f"^{said}$"):
        open_capture(path, options())


def test_too_little_memory(
    tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "desk.csv"
    path.write_text("Timestamp,Type,Barcode\n2026-09-14 09:00,Return,34880000500012\n")

    def greedy(_: DelimitedTable) -> Iterator[object]:
        raise MemoryError
        yield

    monkeypatch.setattr(DelimitedTable, "records", greedy)
    with pytest.raises(FileRefused, match="takes more memory to read than there is"):
        open_capture(path, options())
