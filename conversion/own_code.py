"""Where a PostgreSQL database hides code that a query runs without naming it: views, types, operators, casts."""

from __future__ import annotations

from conversion.purity import OwnCode, impurity
from engines.catalog import Catalog, View

# kinds of objects that the catalog only names: each may stand behind a plain sign or a silent conversion
UNSEEN = ("operator", "cast", "operator class", "base type")


def own_code(catalog: Catalog | None) -> OwnCode:
    """What a query on this database could run of the database's own; nothing is known without a catalog.

    A SQLite file holds no code but triggers, which a query does not fire.
    """
    if catalog is None or catalog.engine != "postgresql":
        return OwnCode(frozenset(routine.name for routine in catalog.routines) if catalog else frozenset())
    unseen = [found.part for found in catalog.unread if found.kind in UNSEEN]
    own = OwnCode(
        routines=frozenset(routine.name for routine in catalog.routines),
        types=_types(catalog),
        everywhere=f"the database has its own {unseen[0]}, which a query may call unseen" if unseen else None,
    )
    return OwnCode(own.routines, own.types, _impure_views(catalog, own), own.everywhere)


def _types(catalog: Catalog) -> frozenset[str]:
    """Types with code behind them: all but enums and domains without a check; every table has a row type."""
    made = {
        found.name
        for found in catalog.types
        if found.kind != "enum" and not (found.kind == "domain" and "CHECK" not in found.definition)
    }
    return frozenset(made | {table.name for table in catalog.tables} | {view.name for view in catalog.views})


def _impure_views(catalog: Catalog, own: OwnCode) -> dict[str, str]:
    """View -> why reading it may do more than read, its own text and that of the views below it looked at."""
    views = {view.full_name: view for view in catalog.views}
    known: dict[str, str | None] = {}

    def why(view: View) -> str | None:
        if view.full_name not in known:
            known[view.full_name] = None  # views can't read each other in a circle
            below = [why(views[name]) for name in view.depends_on if name in views]
            text = None if view.materialized else impurity(view.definition, "postgresql", own)
            known[view.full_name] = text or (None if view.materialized else next(filter(None, below), None))
        return known[view.full_name]

    return {view.name: reason for view in catalog.views if (reason := why(view)) is not None}
