"""Rows and columns: which column is what, which rows are transactions, when they happened."""
