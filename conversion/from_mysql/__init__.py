"""Reads MySQL and MariaDB: types, expressions and queries of theirs for every relational target."""
