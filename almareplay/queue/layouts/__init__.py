"""How the tables of an older queue become those of this version."""
