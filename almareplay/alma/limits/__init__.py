"""When calls may leave: the pace, the day's calls, outages, and how often one is tried."""
