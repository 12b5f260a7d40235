"""Writes MySQL and MariaDB: types, expressions and statements for them from every relational source."""
