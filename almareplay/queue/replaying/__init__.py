"""What a replay reads and writes: who holds the run, what was tried, what came of it."""
