"""Proves that source and target hold the same, and names every row that differs."""
