"""Migration scripts for SQLite."""
