"""All tables of the queue, for those that make or rewrite all of them."""

from almareplay.queue.tables import capture_schema, pool_schema, submission_schema
from almareplay.queue.tables.schema import metadata

__all__ = ["capture_schema", "metadata", "pool_schema", "submission_schema"]
