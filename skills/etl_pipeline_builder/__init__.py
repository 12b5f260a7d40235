"""Moves the rows: bulk copy in chunks, then constraints, indexes, sequences and statistics."""
