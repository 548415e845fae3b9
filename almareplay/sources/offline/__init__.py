"""Files of other library systems' offline clients, which desks use in an outage of Alma too."""

from __future__ import annotations

from pathlib import Path

from almareplay.sources.offline.capture import ClientCapture
from almareplay.sources.offline.evergreen import Evergreen
from almareplay.sources.offline.koha import Koha
from almareplay.sources.offline.sierra import Sierra
from almareplay.sources.options import ReadingOptions

__all__ = ["ClientCapture", "open_client_file"]

_CLIENTS = (Koha, Evergreen, Sierra)


def open_client_file(path: Path, head: list[str], options: ReadingOptions) -> ClientCapture | None:
    """The capture of a file that begins with these lines; None where no client writes so.

    Raises FileRefused.
    """
    for client in _CLIENTS:
        if client.writes(head):
            return ClientCapture(path, options, client(path.name, options))
    return None
