"""Compares the schemas of two live databases: what the source's would become with what the target has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from conversion import encodings_of_targets
from conversion.abilities_of_targets import check_abilities
from conversion.collations_of_targets import KIND, Offered, offered, used
from conversion.convert import convert
from conversion.diff import diff
from conversion.differences import Difference
from conversion.kept_names import check_names
from conversion.mapping import Omission
from conversion.result import Conversion, Overrides
from conversion.source_values import Look, all_of, broken_references, scannable
from engines.catalog import Catalog
from engines.families import family
from engines.full_names import parts
from engines.mysql.names import lowers
from engines.postgresql.money import KeepsMoney, check_money
from engines.protocols import Database


@dataclass(frozen=True)
class Asked:
    """How a source is converted.

    home: where names without a schema go on the target; scan: look at the rows, so that types are chosen by what is
    there (always done where columns hold any value); look: how; workload: queries that steer what is embedded in
    documents.
    """

    home: str
    overrides: Overrides = field(default_factory=Overrides)
    scan: bool = True
    workload: Iterable[str] = ()
    look: Look = all_of


@dataclass(frozen=True)
class Compared:
    """wanted: the catalog that the target should have; alike: both are of one engine, so it is the source's own.

    omissions and renames: what a conversion leaves behind or calls otherwise.
    """

    differences: list[Difference]
    wanted: Catalog
    alike: bool
    omissions: list[Omission] = field(default_factory=list)
    renames: dict[str, str] = field(default_factory=dict)


def compare_live(source: Database, target: Database, asked: Asked) -> Compared:
    """Catalogs of one engine are compared as they are; else what the source would become is.

    UsageError UNSUPPORTED_DIRECTION where no conversion leads from one engine to the other.
    """
    found = target.catalog()
    if family(source.engine) == family(target.engine):
        return Compared(diff(source.catalog(), found, names=True), source.catalog(), True)
    result = conversion_of(source, target.engine, target.version, asked, target)
    return Compared(diff(result.target, found, names=False), result.target, False, result.omissions, result.renames)


def conversion_of(
    source: Database, engine: str, version: str, asked: Asked, target: Database | None = None
) -> Conversion:
    """What the source's catalog becomes on an engine of that version; target: the open database, where there is one.

    Aborted NAME_KEPT where something would be called as this program's notes are there, MONEY_DIFFERS where rows of
    PostgreSQL that are moved would mean other amounts, TARGET_LACKS where its server lacks what is made or moved.
    """
    catalog = source.catalog()
    look = asked.scan or catalog.engine == "sqlite"
    tables = scannable(catalog, engine) if look else []
    profiles = asked.look(source, tables)
    result = convert(
        catalog,
        profiles,
        engine,
        version,
        asked.overrides,
        asked.home,
        broken_references(catalog, source, engine) if look else (),
        _offered(target, engine, catalog),
        asked.workload,
        unscanned={table.full_name for table in tables} - profiles.keys(),
        lowers=target is not None and lowers(target.catalog()),
        offered_collations=_collations(target, engine, catalog),
    )
    check_names(result)
    if isinstance(source, KeepsMoney) and isinstance(target, KeepsMoney):
        carried = [*(table.source for table in result.tables), *(view.full_name for view in result.target.views)]
        check_money(source.query, source.money_digits, target.money_digits, {parts(name) for name in carried})
        check_abilities(source, target, result)
    if engine == "postgresql":
        result.notes += encodings_of_targets.notes_of(target, catalog)
    return result


def _collations(target: Database | None, engine: str, catalog: Catalog) -> Offered | None:
    """Collations of an open PostgreSQL target; None where nobody can be asked or none is wanted."""
    if target is None or (catalog.engine, engine) != ("postgresql", "postgresql"):
        return None
    wanted = any(part.kind == KIND for part in catalog.unread) or used(catalog)
    return offered(target.query) if wanted else None


def _offered(target: Database | None, engine: str, catalog: Catalog) -> list[str] | None:
    """Extensions that an open PostgreSQL target could make; None where nobody can be asked or nothing is wanted."""
    if engine != "postgresql" or target is None or not catalog.extensions:
        return None
    return [str(row[0]) for row in target.query("SELECT name FROM pg_available_extensions")]
