"""The one place where identifiers become part of an address."""

from __future__ import annotations

from urllib.parse import quote

from almareplay.alma.errors import Unaddressable

_LONGEST = 8000  # characters; gateways refuse longer addresses unread


def address(*segments: str, **query: str) -> str:
    """Path and query of a call, as they stand on the wire: ``/users/a%20b?item_barcode=50%25``.

    Every segment and every query value is one identifier or word, not encoded yet. Raises
    `Unaddressable` for what cannot stand there: an empty value, a path value with a slash (Alma's
    gateway refuses ``%2F``) or made of one or two dots (taken for navigation), a text that UTF-8
    cannot write, an address too long for a gateway.
    """
    target = "".join("/" + _segment(segment) for segment in segments)
    if query:
        target += "?" + "&".join(f"{name}={_encoded(value)}" for name, value in query.items())
    if len(target) > _LONGEST:
        raise _unaddressable("is too long")
    return target


def fits_path(identifier: str) -> bool:
    """Whether an identifier can stand in a path."""
    try:
        _segment(identifier)
    except Unaddressable:
        return False
    return True


def _segment(identifier: str) -> str:
    if "/" in identifier:
        raise _unaddressable("has a slash in it")
    if identifier in (".", ".."):
        raise _unaddressable("is made of dots only")
    return _encoded(identifier)


def _encoded(value: str) -> str:
    if not value:
        raise _unaddressable("is empty")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        pass  # its words would quote the identifier: raised below, without it as context
    raise _unaddressable("has characters that are no text")


def _unaddressable(why: str) -> Unaddressable:
    words = (
        f"The identifier {why}, so Alma's API cannot be asked about it: do this by hand in Alma."
    )
    return Unaddressable(words, message=words)
