"""The durable store of runs: what was captured, what was tried, what became of it.

Knows no HTTP. Everything is SQLAlchemy Core that PostgreSQL understands as well; what only SQLite
needs stands in ``sqlite.py``.
"""
