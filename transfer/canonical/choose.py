"""Chooses the form in which two columns are compared, and says where that is not exact."""

from __future__ import annotations

from transfer.canonical.columns import ComparedColumn, Held, Uncompared


def compared_column(name: str, source: Held, target: Held, engines: tuple[str, str]) -> ComparedColumn | Uncompared:
    """The form for two columns of these engine families (source, target); Uncompared where there is none."""
    raise NotImplementedError
