"""A stand-in Alma that speaks the real REST protocol, for the demo and the tests."""
