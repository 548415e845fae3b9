"""Rows into a run, and out of it again."""
