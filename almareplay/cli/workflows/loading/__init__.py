"""Captures into a run, and what is said of them."""
