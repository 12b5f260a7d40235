"""What the phases before have established, read from the parts of the contract that they wrote."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from conversion.mapping import TableMapping
from engines.catalog import Model


class TableOutcome(Model):
    """A table after the move; rows_aside are in quarantine, with their key, instead of in the target."""

    source: str
    target: str
    key: list[str] = Field(default_factory=list)
    rows_source: int | None = None
    rows_target: int | None = None
    rows_aside: int = 0
    different: int | None = None
    compared_whole: bool = True


def outcomes(tables: list[TableMapping], validation: dict[str, Any] | None) -> list[TableOutcome]:
    """One outcome per mapped table, with the validator's figures where it compared the table."""
    compared = {str(entry.get("name")): entry for entry in (validation or {}).get("tables", [])}
    found = []
    for table in tables:
        entry = compared.get(table.source, {})
        outcome = TableOutcome(source=table.source, target=table.target, key=table.key)
        if entry:
            outcome.rows_source = entry.get("rows_source")
            outcome.rows_target = entry.get("rows_target")
            outcome.rows_aside = int(entry.get("withheld") or 0)
            outcome.different = sum(int(entry.get(name) or 0) for name in ("different", "missing", "extra"))
            outcome.compared_whole = bool(entry.get("equal", True)) or outcome.different > 0
        found.append(outcome)
    return found


def compared(validation: dict[str, Any] | None) -> list[TableOutcome]:
    """One outcome per compared table, for a plan whose rows lie in documents on a side."""
    entries = (validation or {}).get("tables", [])
    tables = [TableMapping(source=str(entry["name"]), target=str(entry["target"]), columns=[]) for entry in entries]
    return outcomes(tables, validation)


def quarantined(execution: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Values that the mover set aside, as it reported them."""
    return list((execution or {}).get("quarantined", []))
