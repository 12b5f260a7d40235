"""Full names of catalogs and mappings, `schema.name`, taken apart at one place."""

from __future__ import annotations


def parts(full_name: str) -> tuple[str, str]:
    """Schema and name; a schema whose own name has a dot is not told from the name (the model keeps one text)."""
    schema, _, name = full_name.partition(".")
    return schema, name
