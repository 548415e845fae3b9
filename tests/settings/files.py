"""Files of settings, written where the working directory is."""

from __future__ import annotations

from pathlib import Path

SECRET = "l8xx-not-a-real-key"


def write(*lines: str, name: str = "settings.env") -> Path:
    path = Path(name)
    path.write_text("\n".join(lines), "utf-8")
    return path
