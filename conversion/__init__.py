"""Schema and SQL from one engine to another: type mapping, DDL, expressions, catalog diff."""
