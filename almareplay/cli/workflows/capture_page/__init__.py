"""The page for the desks: how it is served, and what goes to it and comes from it."""
