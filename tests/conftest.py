"""What holds for all tests: where their files are, and that no clock judges an example."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the code.
_PROFILE = "any machine"
settings.register_profile(_PROFILE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(_PROFILE)

# A replay waits for the disk twice a row. In memory the same files take a third of the suite's time
# less; that a commit outlives a power cut is SQLite's to test.
_IN_MEMORY = Path("/dev/shm")
if os.access(_IN_MEMORY, os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))
