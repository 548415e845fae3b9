"""The databases that can hold a queue, and what each does in a way of its own."""
