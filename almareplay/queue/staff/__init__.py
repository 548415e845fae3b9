"""What staff change about the rows of a run."""
