"""The page for the desks: serves it, and stores in the queue what it sends."""
