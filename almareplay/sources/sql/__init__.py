"""SQL scripts: dumps of the capture tools' databases."""
