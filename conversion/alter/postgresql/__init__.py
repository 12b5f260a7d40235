"""Migration scripts for PostgreSQL."""
