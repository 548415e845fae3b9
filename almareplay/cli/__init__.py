"""The commands: each parses, calls one thing, prints."""

from almareplay.cli.main import app, main

__all__ = ["app", "main"]
