"""The order in which the rows of a run stand, and which of them say the same thing twice."""
