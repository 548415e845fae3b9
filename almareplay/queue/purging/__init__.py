"""What is done with, out of the queue for good."""
