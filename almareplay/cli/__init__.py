"""The command line: commands, what can be typed after them, what they do, what they print."""

from almareplay.cli.main import app, main

__all__ = ["app", "main"]
