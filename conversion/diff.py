"""What differs between two catalogs of one engine, in normal form, so that two spellings of one thing are equal."""

from __future__ import annotations

from collections.abc import Iterator

from conversion import diff_code
from conversion.diff_collections import collection_differences
from conversion.diff_columns import ColumnDiff
from conversion.diff_parts import part_differences
from conversion.differences import Difference, added, changed, missing, slight
from conversion.forms import partitioning_form
from conversion.normal_types import charset_form
from conversion.sides import Sides
from engines.catalog import Catalog, Table, Unread
from engines.collector import paused_collector
from engines.errors import UsageError
from engines.families import family

# what a table has of the server's state, or says again what its columns say (MySQL)
NO_SCHEMA = frozenset({"auto_increment", "charset"})
STATE_PARTS = ("state of ", "states of ", "size", "rows of ", "grants on ")  # parts of unread that are no schema


@paused_collector()
def diff(a: Catalog, b: Catalog, names: bool = True) -> list[Difference]:
    """From a (what should be) to b (what is): objects missing in b, added in b, and changed; empty when equal.

    Rows, sizes, states of sequences, rights, and names that a server made up are not compared; names=False leaves out
    all names of constraints and indexes (for catalogs of which one was converted). What couldn't be read on one side
    is said. Databases of MySQL are compared under whatever names they have. UsageError where the engines differ.
    """
    if family(a.engine) != family(b.engine):
        raise UsageError(
            "UNSUPPORTED_DIRECTION",
            f"A schema of {a.engine} can't be compared with one of {b.engine} as it is.",
            "Compare what the first would become: convert it to the engine of the second.",
        )
    sides = Sides(a, b, names)
    found = list(_unread(sides))
    if sides.engine not in ("mysql", "mongodb"):  # their one schema is the database
        found += _named("schema", a.schemas, b.schemas)
    found += _tables(sides)
    for name, one, other in sides.paired(a.views, b.views):
        if one is None or other is None:
            found.append(missing(name, "view") if other is None else added(name, "view"))
        else:
            found += diff_code.view_differences(sides, one, other)
    found += diff_code.sequence_differences(sides)
    found += diff_code.type_differences(sides)
    found += diff_code.routine_differences(sides)
    found += diff_code.event_differences(sides)
    found += _named("extension", [item.name for item in a.extensions], [item.name for item in b.extensions])
    return found + list(collection_differences(a, b))


def _named(kind: str, left: list[str], right: list[str]) -> list[Difference]:
    gone = [missing(name, kind) for name in sorted(set(left) - set(right))]
    return gone + [added(name, kind) for name in sorted(set(right) - set(left))]


def _tables(sides: Sides) -> list[Difference]:
    columns = ColumnDiff(sides)
    found: list[Difference] = []
    for name, a, b in sides.paired(sides.a.tables, sides.b.tables):
        if a is None or b is None:
            found.append(missing(name, "table") if b is None else added(name, "table"))
        else:
            found += columns.differences(a, b)
            found += _table(sides, a, b)
            found += part_differences(sides, a, b)
            found += diff_code.policy_differences(sides, a, b)
            found += diff_code.trigger_differences(sides, a, b)
    return found


def _table(sides: Sides, a: Table, b: Table) -> Iterator[Difference]:
    name = a.full_name
    yield from diff_code.attributes(name, "table", a, b, ("kind", "inherits"))
    for field, words in (("row_security", "row security"), ("row_security_forced", "row security forced")):
        if getattr(a, field) != getattr(b, field):
            yield changed(name, words, getattr(a, field), getattr(b, field)).model_copy(update={"severity": "high"})
    if (a.replica_identity or "DEFAULT") != (b.replica_identity or "DEFAULT"):
        yield slight(name, "replica identity", a.replica_identity, b.replica_identity)
    if a.comment != b.comment:
        yield slight(name, "table comment", a.comment, b.comment)
    options = [_options(table, sides.engine) for table in (a, b)]
    for option in sorted(options[0].keys() | options[1].keys()):
        if options[0].get(option) != options[1].get(option):
            yield slight(name, f"table option {option}", a.options.get(option), b.options.get(option))
    if partitioning_form(a.partitioning, sides.engine) != partitioning_form(b.partitioning, sides.engine):
        yield changed(name, "partitioning", a.partitioning, b.partitioning)


def _options(table: Table, engine: str) -> dict[str, str]:
    if engine != "mysql":
        return table.options
    return {name: charset_form(value.lower()) for name, value in table.options.items() if name not in NO_SCHEMA}


def _unread(sides: Sides) -> Iterator[Difference]:
    """Objects that a catalog only names, and parts that one of them lacks because they couldn't be read."""
    parts = [{(part.kind, part.part): part for part in side.unread} for side in (sides.a, sides.b)]
    for key in sorted(parts[0].keys() | parts[1].keys(), key=str):
        one, other = parts[0].get(key), parts[1].get(key)
        part = one or other
        assert part is not None
        if part.kind is None:
            if not part.part.startswith(STATE_PARTS):
                yield slight(part.part, "unread", _reason(one), _reason(other)).model_copy(
                    update={"severity": "medium"}
                )
        elif one is None or other is None:
            yield missing(part.part, part.kind) if other is None else added(part.part, part.kind)
        elif one.definition != other.definition:
            yield changed(part.part, part.kind, one.definition, other.definition)


def _reason(part: Unread | None) -> str:
    return "read" if part is None else part.reason
