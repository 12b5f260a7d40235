"""Schema and SQL from one engine to another: type mapping, DDL, expressions, catalog diff."""

import logging

# What sqlglot can't say in a dialect is an error or an omission here, never only a line on stderr.
logging.getLogger("sqlglot").setLevel(logging.ERROR)
