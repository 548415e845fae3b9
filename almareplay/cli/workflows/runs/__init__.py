"""What commands show of a run, take out of it, and delete."""
