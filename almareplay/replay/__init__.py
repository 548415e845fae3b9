"""The engine: dispatch in lanes, read, decide, act, find out. It joins queue and alma."""
