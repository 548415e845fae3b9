"""Dates and times as people, programs and spreadsheets write them, made into moments."""
