"""Counterparts that a person named: of tables, and of whole schemas."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from engines.catalog import Catalog
from engines.errors import UsageError
from transfer.compare.relations import Relation


@dataclass
class Given:
    """Target schemas of source schemas, and numbers of tables (source, target)."""

    schemas: dict[str, str] = field(default_factory=dict)
    pairs: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Side:
    """A catalog and what of it is compared."""

    catalog: Catalog
    relations: list[Relation]

    @property
    def numbers(self) -> dict[str, int]:
        """Full name -> number of the relation."""
        return {relation.full_name: number for number, relation in enumerate(self.relations)}

    @property
    def schemas(self) -> set[str]:
        """All schemas, empty ones too."""
        return {relation.schema for relation in self.relations} | set(self.catalog.schemas)


def given_names(source: Side, target: Side, names: dict[str, str]) -> Given:
    """What names says; UsageError NAME_UNKNOWN where a side has no such table or schema, or one is named twice."""
    found = Given()
    ours, theirs = source.numbers, target.numbers
    for here, there in names.items():
        if here in ours and there in theirs:
            found.pairs.append((ours[here], theirs[there]))
        elif here in source.schemas and there in target.schemas:
            found.schemas[here] = there
        else:
            known = here in ours or here in source.schemas
            side, name = ("target", there) if known else ("source", here)
            raise _unknown(f"The {side} has no table or schema {name!r}.")
    twice = [number for number, times in Counter(there for _, there in found.pairs).items() if times > 1]
    if twice:
        raise _unknown(f"{target.relations[twice[0]].full_name!r} is named as the counterpart of several tables.")
    return found


def check_ignored(source: Side, ignored: frozenset[str]) -> None:
    """UsageError NAME_UNKNOWN for a column that the source doesn't have."""
    if ignored:
        known = {f"{item.full_name}.{column.name}" for item in source.relations for column in item.columns}
        for name in sorted(ignored - known):
            raise _unknown(f"The source has no column {name!r}.")


def _unknown(what: str) -> UsageError:
    return UsageError("NAME_UNKNOWN", what, "Use names as the databases have them: schema.table, schema.table.column.")
