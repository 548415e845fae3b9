"""A place without settings for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from almareplay.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ALMAREPLAY_{name.upper()}", raising=False)
    return tmp_path
