"""Which schemas of a PostgreSQL database are its users' own."""

from __future__ import annotations

from engines.own_state import SCHEMA

# whose objects are read, as a condition: n is pg_namespace
USER_SCHEMA = f"n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '{SCHEMA}')"
