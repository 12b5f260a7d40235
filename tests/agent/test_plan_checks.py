"""What stops a plan: the source's reach and rights, features, volume, dependencies."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agent.plan_checks import check_dependencies, check_features, check_source, check_volume
from agent.request_options import Acceptance
from conversion.mapping import Omission, TableMapping
from engines.catalog import Catalog, Extension, Routine, Table
from engines.errors import Aborted, DbmoError, EngineError
from engines.registry import open_database
from tests.servers import Server, load_sql

GB = 10**9


def accept(name: str, kind: str | None = None) -> list[Acceptance]:
    return [Acceptance(object=name, kind=kind, by="Ann", reason="rebuilt in the application")]


def omission(kind: str, name: str = "public.audit", original: str = "") -> Omission:
    return Omission(object=name, kind=kind, reason="no counterpart", original=original)


def test_a_readable_source_passes(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    database = open_database(f"sqlite:{path}")
    check_source(database, "3.40")
    database.close()


def test_a_source_that_does_not_answer_is_unreachable() -> None:
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(EngineError) as caught:
        check_source(database)
    assert (caught.value.code, caught.value.exit_status) == ("SOURCE_UNREACHABLE", 4)
    assert caught.value.data["cause"] == "CONNECTION_FAILED"


def test_a_source_of_another_version_than_declared_is_refused(empty_18: str) -> None:
    database = open_database(empty_18)
    with pytest.raises(Aborted, match="DECLARED_FACTS_DIFFER"):
        check_source(database, "12.8")
    database.close()


def test_missing_rights_are_named(postgresql_18: Server) -> None:
    load_sql(postgresql_18.create_database("secrets"), "CREATE ROLE shy LOGIN; CREATE TABLE public.hidden (a int)")
    database = open_database(postgresql_18.url("secrets", "shy"))
    with pytest.raises(Aborted) as caught:
        check_source(database)
    database.close()
    assert caught.value.code == "SOURCE_RIGHTS_MISSING"
    assert caught.value.data["missing"] == ["SELECT on table public.hidden"]


@pytest.mark.parametrize("kind", ["trigger", "view", "table", "column", "check", "routine", "something new"])
def test_what_the_target_cannot_hold_must_be_accepted(kind: str) -> None:
    with pytest.raises(Aborted) as caught:
        check_features([omission(kind)], [])
    assert caught.value.code == "FEATURE_UNSUPPORTED"
    assert caught.value.data["todo"] == [
        {"object": "public.audit", "kind": kind, "reason": "no counterpart", "original": ""}
    ]


@pytest.mark.parametrize(
    ("accepted", "passes"),
    [
        (accept("public.audit"), True),
        (accept("public.*", "trigger"), True),
        (accept("public.*", "view"), False),
        (accept("PUBLIC.AUDIT"), False),
    ],
)
def test_an_omission_is_accepted_by_name_pattern_and_kind(accepted: list[Acceptance], passes: bool) -> None:
    if passes:
        assert check_features([omission("trigger")], accepted) == []
    else:
        with pytest.raises(Aborted):
            check_features([omission("trigger")], accepted)


def test_minor_omissions_are_reported_not_refused() -> None:
    minor = [omission("comment"), omission("index", original="CREATE INDEX i ON t (a)")]
    assert check_features(minor, []) == minor


def test_a_unique_index_is_not_minor() -> None:
    with pytest.raises(Aborted):
        check_features([omission("index", original="CREATE UNIQUE INDEX i ON t (a)")], [])


@pytest.mark.parametrize(
    ("key", "size", "limit", "passes"),
    [("", 50 * GB, 50, True), ("", 50 * GB + 1, 50, False), ("id", 900 * GB, 50, True), ("", 60 * GB, 100, True)],
)
def test_a_table_that_no_key_cuts_has_a_limit(key: str, size: int, limit: float, passes: bool) -> None:
    mapping = TableMapping(source="main.log", target="public.log", columns=[], source_key=key, size_bytes=size)
    if passes:
        check_volume([mapping], limit)
    else:
        with pytest.raises(Aborted) as caught:
            check_volume([mapping], limit)
        assert (caught.value.code, caught.value.data["tables"]) == ("VOLUME_OVER_CAPACITY", ["main.log"])


def routine(language: str, number: int = 0) -> Routine:
    return Routine(
        schema_name="public", name=f"f{number}", kind="function", language=language, signature="", definition=""
    )


TANGLED = {
    "public.remote": Catalog(
        engine="postgresql",
        version="16",
        database="d",
        tables=[Table(schema_name="public", name="remote", columns=[], kind="foreign")],
    ),
    "dblink": Catalog(
        engine="postgresql",
        version="16",
        database="d",
        extensions=[Extension(name="dblink", version="1.2", schema_name="public")],
    ),
    "public.f0()": Catalog(engine="postgresql", version="16", database="d", routines=[routine("plpython3u")]),
    "routines": Catalog(
        engine="postgresql", version="16", database="d", routines=[routine("sql", n) for n in range(501)]
    ),
}


@pytest.mark.parametrize("name", TANGLED)
def test_what_hangs_on_something_outside_is_refused_unless_accepted(name: str) -> None:
    with pytest.raises(DbmoError) as caught:
        check_dependencies(TANGLED[name], [])
    assert (caught.value.code, caught.value.exit_status) == ("DEPENDENCIES_TOO_COMPLEX", 3)
    assert name in caught.value.what
    check_dependencies(TANGLED[name], accept(name, "dependency"))


def test_plain_routines_and_extensions_pass() -> None:
    catalog = Catalog(
        engine="postgresql",
        version="16",
        database="d",
        routines=[routine("plpgsql")],
        extensions=[Extension(name="citext", version="1.6", schema_name="public")],
    )
    check_dependencies(catalog, [])
