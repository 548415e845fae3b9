"""Replays the loans and returns of an Alma outage through Alma's API."""

__version__ = "0.1.0"
