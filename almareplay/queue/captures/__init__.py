"""Capture sessions: what desks scan during an outage, straight into the queue."""
