"""What the commands do between the queue, Alma and the reports, and what they say of it."""
