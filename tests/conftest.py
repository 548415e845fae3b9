"""Where the tests keep their files."""

from __future__ import annotations

import os
from pathlib import Path

# A replay waits for the disk twice a row. In memory the same files take a third of the suite's time
# less; that a commit outlives a power cut is SQLite's to test.
_IN_MEMORY = Path("/dev/shm")
if os.access(_IN_MEMORY, os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))
