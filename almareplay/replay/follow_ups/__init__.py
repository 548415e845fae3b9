"""What is still to be done when a row has its outcome: its loan's due date, the fine it made."""
