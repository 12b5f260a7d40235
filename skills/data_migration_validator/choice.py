"""Which tables and columns are compared: those of a plan, or all that both sides have, as far as the input wants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from engines.catalog import Catalog
from engines.errors import UsageError
from engines.full_names import name_of
from skills.data_migration_validator.model import Input
from transfer.compare.mapped import from_mapping
from transfer.compare.mapped_documents import from_documents
from transfer.compare.pairing import Pairing, pair_catalogs
from transfer.compare.relations import relations


class _Placed(Protocol):
    @property
    def source(self) -> str: ...


class _Named(Protocol):
    @property
    def name(self) -> str: ...


P = TypeVar("P", bound=_Placed)
N = TypeVar("N", bound=_Named)


def chosen(input: Input, source: Catalog, target: Catalog) -> Pairing:
    """What to compare; UsageError TABLE_UNKNOWN for a name in `only` or `skip` that no table has."""
    if input.documents or input.collections or input.renamed_collections:
        given = input.documents, input.collections, input.renamed_collections
        pairing = from_documents(*given, source, target)
    elif input.tables is not None:
        keys = input.keys
        tables = [from_mapping(table, source, target, key=keys.get(table.source)) for table in input.tables]
        pairing = Pairing(tables=tables)
    else:
        pairing = pair_catalogs(source, target, input.names, _ignored(input.ignore, source))
    placed: list[_Placed] = [*pairing.tables, *pairing.problems]
    names = [item.source for item in placed] + [item.name for item in pairing.unpaired]
    unknown = [name for name in (*input.only, *input.skip) if not any(_is(name, full) for full in names)]
    if unknown:
        raise UsageError(
            "TABLE_UNKNOWN",
            f"There is no table {', '.join(unknown)} to compare.",
            "Name tables as the source does.",
            tables=unknown,
        )
    return pairing.model_copy(
        update={
            "tables": _wanted(input, pairing.tables),
            "problems": _wanted(input, pairing.problems),
            "unpaired": _wanted_names(input, pairing.unpaired),
            "notes": _wanted_keys(input, pairing.notes),
            "ignored": _wanted_keys(input, pairing.ignored),
        }
    )


def _wanted(input: Input, items: Sequence[P]) -> list[P]:
    return [item for item in items if _wants(input, item.source)]


def _wanted_names(input: Input, items: Sequence[N]) -> list[N]:
    return [item for item in items if _wants(input, item.name)]


def _wanted_keys(input: Input, by_table: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: items for name, items in by_table.items() if _wants(input, name)}


def _wants(input: Input, full: str) -> bool:
    return (not input.only or _among(full, input.only)) and not _among(full, input.skip)


def _among(full: str, names: Iterable[str]) -> bool:
    return any(_is(name, full) for name in names)


def _is(name: str, full: str) -> bool:
    return name in (full, name_of(full))


def _ignored(names: Sequence[str], source: Catalog) -> list[str]:
    """Columns by their full names; what names none is left as it is, and the pairing says so."""
    known = [f"{item.full_name}.{column.name}" for item in relations(source) for column in item.columns]
    found: list[str] = []
    for name in names:
        found += [full for full in known if full == name or full.endswith(f".{name}")] or [name]
    return found
