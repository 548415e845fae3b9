"""What a run holds, for people and for reports."""
