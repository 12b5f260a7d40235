"""Engines that speak one dialect are one family: MariaDB and MySQL are both of the family mysql."""

from __future__ import annotations

FAMILIES = {"mariadb": "mysql"}


def family(engine: str) -> str:
    """The family of an engine; most are a family of their own."""
    return FAMILIES.get(engine, engine)
