"""Relational catalogs into relational catalogs of another engine: one converter, one table of rules per direction."""
