"""What institutions share, and what workers are to do."""
