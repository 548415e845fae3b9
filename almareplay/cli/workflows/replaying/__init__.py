"""A replay or a rehearsal from the queue to the reports."""
