"""Files of other library systems' offline clients, which desks use in an outage of Alma too."""

from __future__ import annotations

from functools import partial

from almareplay.sources.offline.capture import ClientCapture
from almareplay.sources.offline.evergreen import Evergreen
from almareplay.sources.offline.koha import Koha
from almareplay.sources.offline.sierra import Sierra

__all__ = ["CLIENTS", "ClientCapture"]

CLIENTS = tuple((each.writes, partial(ClientCapture, each)) for each in (Koha, Evergreen, Sierra))
"""Each client: whether a file with these first lines is one of its files, and its capture."""
