"""What every format gives: a capture, whose rows are read one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from almareplay.outcomes.reasons import in_words
from almareplay.transactions import (
    AlmaReplayError,
    InvalidRow,
    LeftOut,
    Notes,
    Reason,
    Transaction,
)

Row = Transaction | InvalidRow | LeftOut


_SAMPLES = 3


class ColumnSample(NamedTuple):
    """A column of a table, counted from 0, with some of its cells, which may be patron ids."""

    column: int
    cells: tuple[str, ...]

    @classmethod
    def of(cls, rows: Iterable[Sequence[object]]) -> list[ColumnSample]:
        """The first different cells of each column that has any."""
        seen: dict[int, dict[str, None]] = {}
        for cells in rows:
            for column, cell in enumerate(cells):
                if (text := str(cell)) and len(seen.setdefault(column, {})) < _SAMPLES:
                    seen[column][text] = None
        return [cls(column, tuple(cells)) for column, cells in sorted(seen.items()) if cells]


class FileRefused(AlmaReplayError):
    """A file that is no capture, cannot be read at all, or needs a flag first.

    ``str()`` names the file without its folder, the reason, and what to do about it. ``samples``
    are of its columns, where it is a table whose columns must be named.
    """

    in_logs = False

    def __init__(self, name: str, reason: str, samples: Sequence[ColumnSample] = ()) -> None:
        super().__init__(f"{name}: {reason}")
        self.samples = samples


class Capture(Protocol):
    """One captured file whose format is known.

    ``format`` is words for the user. ``columns`` says in words what each column means.
    ``assumptions`` says in words, with counts, what was assumed for the file; it is complete once
    ``rows`` is exhausted. ``progress`` is the share of the file that ``rows`` has gone through,
    0.0 to 1.0, roughly.
    """

    @property
    def format(self) -> str: ...

    @property
    def columns(self) -> list[str]: ...

    @property
    def assumptions(self) -> list[str]: ...

    @property
    def progress(self) -> float: ...

    def rows(self) -> Iterator[Row]:
        """Every line that is not empty, once, in the order of the file. Raises FileRefused."""
        ...


class Assumptions:
    """What was assumed while reading a file: for all of it, and row by row."""

    def __init__(self, of_file: Sequence[str] = ()) -> None:
        self._of_file = list(of_file)
        self._of_rows: Counter[Notes] = Counter()

    def add(self, sentence: str) -> None:
        """Takes in what was assumed for all of the file."""
        self._of_file.append(sentence)

    def note(self, notes: Notes) -> None:
        """Counts the notes of one row, without what they quote."""
        self._of_rows[notes] += 1

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, with their notes counted."""
        for row in rows:
            if isinstance(row, Transaction) and row.notes:
                self.note(row.notes)
            yield row

    def in_words(self) -> list[str]:
        """One sentence an assumption, with the number of rows where it is one of rows."""
        rows: Counter[Reason] = Counter()
        for notes, count in self._of_rows.items():
            for note in notes:
                rows[note.unquoted] += count
        return self._of_file + [
            f"{count} {'row' if count == 1 else 'rows'}: {in_words(note)}"
            for note, count in rows.items()
        ]
