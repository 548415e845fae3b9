"""The tables of the queue, and how their columns keep moments, texts and reasons."""
