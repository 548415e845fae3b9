"""A report without patrons: stable numbers of the run in the place of their ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from almareplay.outcomes import ReportRow
from almareplay.transactions import identifier_key

# Words as identifiers are written, with signs inside them but not around.
_WORD = re.compile(r"\w+(?:[^\w\s]+\w+)*")
_PART = re.compile(r"\w+")


def number_patrons(
    patron_ids: Iterable[str], others: Iterable[str] = (), *, borrowers: Iterable[str] = ()
) -> dict[str, str]:
    """What stands for each patron id, by its ``identifier_key``: ``patron 1``, ``patron 2`` …

    They are numbered as they first appear in ``patron_ids``: those of a run by row number have the
    same numbers in each of its reports, whatever was filtered or retried between. Two ids of one
    patron have two numbers. ``borrowers``, who have items of the run in Alma, are numbered by
    themselves: ``borrower 1``. ``others`` are ids that stand in no row but may stand in its texts:
    they become ``a patron``.
    """
    names: dict[str, str] = {}
    for patron_id in patron_ids:
        names.setdefault(identifier_key(patron_id), f"patron {len(names) + 1}")
    patrons = len(names)
    for primary_id in borrowers:
        names.setdefault(identifier_key(primary_id), f"borrower {len(names) - patrons + 1}")
    for patron_id in others:
        names.setdefault(identifier_key(patron_id), "a patron")
    return names


def anonymous(rows: Iterable[ReportRow], names: Mapping[str, str]) -> Iterator[ReportRow]:
    """Rows with the names of ``number_patrons`` in the place of patron ids, also in texts.

    What Alma said is left out, since it may quote any identifier or name of a patron (``alma_code``
    says the same), and so is the loan's id, by which Alma tells who borrowed the item. What staff
    noted on dismissing a row may name anybody, too.
    """
    for row in rows:
        patron_id = row.patron_id and names.get(identifier_key(row.patron_id), "a patron")
        yield row._replace(
            patron_id=patron_id,
            # A patron's card was scanned in the place of the item.
            item_barcode=names.get(identifier_key(row.item_barcode), row.item_barcode),
            alma_message="",
            loan_id="",
            destination=_scrubbed(row.destination, row.patron_id, names),
            note="dismissed" if row.dismissed else _scrubbed(row.note, row.patron_id, names),
        )


def _scrubbed(text: str, own_id: str, names: Mapping[str, str]) -> str:
    """A text without the ids that have names; the row's own is found however it is written."""

    def part(found: re.Match[str]) -> str:
        return names.get(identifier_key(found[0]), found[0])

    def word(found: re.Match[str]) -> str:
        return names.get(identifier_key(found[0])) or _PART.sub(part, found[0])

    if own_id:
        name = names.get(identifier_key(own_id), "a patron")
        own = rf"(?<!\w){re.escape(own_id)}(?!\w)"
        text = re.sub(own, lambda _: name, text, flags=re.IGNORECASE)
    return _WORD.sub(word, text)
