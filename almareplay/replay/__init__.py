"""The engine: dispatch in lanes, decide, act, reconcile. Only this room joins queue and alma."""
