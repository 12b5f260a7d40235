"""Where a catalog shows that reading may run code of the database's own."""

from __future__ import annotations

import pytest

from conversion.own_code import own_code
from conversion.purity import impurity
from engines.catalog import Catalog, Routine, Unread, UserType, View


def catalog(**parts: object) -> Catalog:
    return Catalog.model_validate({"engine": "postgresql", "version": "15", "database": "d", **parts})


def view(name: str, definition: str, *below: str, materialized: bool = False) -> View:
    return View(
        schema_name="public", name=name, definition=definition, depends_on=list(below), materialized=materialized
    )


EVIL = Routine(schema_name="public", name="evil", kind="function", language="sql", signature="", definition="")
VIEWS = [
    view("fine", "SELECT id FROM public.t"),
    view("calls", "SELECT public.evil() AS x"),
    view("above", "SELECT x FROM public.calls", "public.calls"),
    view("kept", "SELECT x FROM public.calls", "public.calls", materialized=True),
]
TYPES = [
    UserType(schema_name="public", name="mood", kind="enum", definition="CREATE TYPE"),
    UserType(schema_name="public", name="plain", kind="domain", definition="CREATE DOMAIN public.plain AS text"),
    UserType(schema_name="public", name="year", kind="domain", definition="CREATE DOMAIN y AS int CHECK (evil())"),
]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM fine", None),
        ("SELECT * FROM kept", None),
        ("SELECT * FROM calls", "reads the view calls"),
        ('SELECT * FROM public."above"', "reads the view above"),
        ("SELECT 'sad'::mood, x::public.plain, extract(year FROM d) AS year FROM t", None),
        ("SELECT x::public.year FROM t", "the type year"),
        ("SELECT CAST(x AS year) FROM t", "the type year"),
        ("SELECT id FROM t WHERE x > year '1999'", ""),
        ("SELECT (t).evil FROM t", "evil may be a call"),
    ],
)
def test_query_is_judged_by_what_it_reaches(sql: str, reason: str | None) -> None:
    found = impurity(sql, "postgresql", own_code(catalog(routines=[EVIL], views=VIEWS, types=TYPES)))
    assert (found is None) == (reason is None), found
    assert (reason or "") in (found or "")


@pytest.mark.parametrize("kind", ["operator", "cast"])
def test_code_behind_signs_and_silent_conversions_makes_every_query_doubtful(kind: str) -> None:
    own = own_code(catalog(unread=[Unread(part=f"{kind} public.x", reason="", kind=kind)]))
    assert (
        impurity("SELECT 1", "postgresql", own)
        == f"the database has its own {kind} public.x, which a query may call unseen"
    )
    assert own.view_unsafe("public.anything") is not None
