"""What is measured beside the tests; each module has ``figures(rows)``, and what rows it wants."""
