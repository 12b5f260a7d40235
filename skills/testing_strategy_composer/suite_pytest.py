"""Writes a pytest module that checks a finished migration by itself: two references in the environment, no dbmo."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engines.catalog import Catalog
from skills.testing_strategy_composer.facts import TableOutcome
from skills.testing_strategy_composer.performance import WorkloadQuery
from skills.testing_strategy_composer.quoting import quoted, quoted_name

PATH = "tests/test_migration.py"

# The module that is written; FACTS is replaced by a JSON document, everything else stands as it is.
MODULE = '''"""Checks of a finished migration: row counts, keys, references and the workload's queries.

Run:  DBMO_SOURCE=sqlite:///shop.db DBMO_TARGET=postgresql://user@host/database pytest test_migration.py
Needs pytest; psycopg for PostgreSQL, pymysql for MySQL and MariaDB, pymongo for MongoDB. Both are only read.
"""

import json
import os
import sqlite3
from urllib.parse import quote, unquote, urlsplit

import pytest

FACTS = json.loads(r"""@FACTS@""")


class Sql:
    def rows(self, sql):
        return self.connection.execute(sql).fetchall()

    def count(self, name):
        return self.rows(f"SELECT count(*) FROM {name}")[0][0]


class Sqlite(Sql):
    def __init__(self, reference):
        path = reference.split(":", 1)[1]
        path = path[3:] if path.startswith("///") else path
        self.connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)
        self.connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")


class Postgresql(Sql):
    def __init__(self, reference):
        import psycopg

        self.connection = psycopg.connect(reference, autocommit=True)
        self.connection.execute("SET default_transaction_read_only = on")


class Mysql(Sql):
    def __init__(self, reference):
        import pymysql

        parts = urlsplit(reference)
        self.connection = pymysql.connect(
            host=parts.hostname, port=parts.port or 3306, user=unquote(parts.username or ""),
            password=unquote(parts.password or ""), database=unquote(parts.path[1:]), charset="utf8mb4",
        )
        self.rows("SET SESSION TRANSACTION READ ONLY")

    def rows(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())


class Mongodb:
    def __init__(self, reference):
        import pymongo

        self.connection = pymongo.MongoClient(reference)
        self.database = self.connection[unquote(urlsplit(reference).path[1:])]

    def count(self, name):
        return self.database[name].count_documents({})


ENGINES = {"sqlite": Sqlite, "mysql": Mysql, "mariadb": Mysql, "mongodb": Mongodb, "mongodb+srv": Mongodb}


def connect(variable):
    reference = os.environ.get(variable)
    if not reference:
        pytest.skip(f"{variable} is not set")
    return ENGINES.get(reference.split(":")[0], Postgresql)(reference)


@pytest.fixture(scope="module")
def source():
    database = connect("DBMO_SOURCE")
    yield database
    database.connection.close()


@pytest.fixture(scope="module")
def target():
    database = connect("DBMO_TARGET")
    yield database
    database.connection.close()


@pytest.mark.parametrize("table", FACTS["tables"], ids=lambda table: table["name"])
def test_rows_are_all_there(source, target, table):
    assert target.count(table["target"]) + table["aside"] == source.count(table["source"])


@pytest.mark.parametrize("key", FACTS["keys"], ids=lambda key: key["name"])
def test_key_names_one_row(target, key):
    repeated = target.rows(
        f"SELECT {key['columns']} FROM {key['table']} WHERE {key['set']} GROUP BY {key['columns']} HAVING count(*) > 1"
    )
    assert repeated[:10] == []


@pytest.mark.parametrize("reference", FACTS["references"], ids=lambda reference: reference["name"])
def test_reference_finds_its_row(target, reference):
    [(orphans,)] = target.rows(
        f"SELECT count(*) FROM {reference['table']} AS child WHERE {reference['set']}"
        f" AND NOT EXISTS (SELECT 1 FROM {reference['parent']} AS parent WHERE {reference['same']})"
    )
    assert orphans == 0


@pytest.mark.parametrize("query", FACTS["queries"], ids=lambda query: query["name"])
def test_query_gives_as_many_rows(source, target, query):
    expected, found = source.rows(query["source"]), target.rows(query["target"])
    assert len(found) == len(expected)
    assert not found or len(found[0]) == len(expected[0])
'''


def write_pytest(
    outcomes: list[TableOutcome],
    catalog: Catalog | None,
    queries: list[WorkloadQuery],
    engines: tuple[str, str] = ("sqlite", "postgresql"),
    counted: Sequence[tuple[str, str]] = (),
) -> str:
    """The text of the module; keys and references come from the target's catalog, where it was read.

    engines: of source and target. counted: tables and collections beside what counts their rows, where documents are
    on a side; then outcomes are those of rows inside documents, of which only keys and references are checked.
    """
    facts = {
        "tables": _counted(counted, engines) if counted else _tables(outcomes, engines),
        "keys": _keys(outcomes, catalog, engines[1]),
        "references": _references(outcomes, catalog, engines[1]),
        "queries": [{"name": query.name, "source": query.source, "target": query.target} for query in queries],
    }
    document = json.dumps(facts, indent=1, ensure_ascii=True)
    return MODULE.replace("@FACTS@", document)


def _tables(outcomes: list[TableOutcome], engines: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": outcome.source,
            "source": quoted_name(outcome.source, engines[0]),
            "target": quoted_name(outcome.target, engines[1]),
            "aside": outcome.rows_aside,
        }
        for outcome in outcomes
    ]


def _counted(pairs: Sequence[tuple[str, str]], engines: tuple[str, str]) -> list[dict[str, Any]]:
    def spelled(name: str, engine: str) -> str:
        return name if engine == "mongodb" else quoted_name(name, engine)

    return [
        {"name": here, "source": spelled(here, engines[0]), "target": spelled(there, engines[1]), "aside": 0}
        for here, there in pairs
    ]


def _keys(outcomes: list[TableOutcome], catalog: Catalog | None, engine: str) -> list[dict[str, str]]:
    """Keys of the mapping, and unique keys of the target's catalog; none of collections, whose servers keep them."""
    if engine == "mongodb":
        return []
    wanted = {(outcome.target, tuple(outcome.key)): None for outcome in outcomes if outcome.key}
    moved = {outcome.target for outcome in outcomes}
    for table in catalog.tables if catalog else []:
        if table.full_name in moved:
            wanted |= {(table.full_name, tuple(key.columns)): None for key in table.uniques if key.nulls_distinct}
    return [
        {
            "name": f"{table}({', '.join(columns)})",
            "table": quoted_name(table, engine),
            "columns": ", ".join(quoted(column, engine) for column in columns),
            "set": " AND ".join(f"{quoted(column, engine)} IS NOT NULL" for column in columns),
        }
        for table, columns in wanted
    ]


def _references(outcomes: list[TableOutcome], catalog: Catalog | None, engine: str) -> list[dict[str, str]]:
    """Validated foreign keys of the moved tables; one that was left NOT VALID has known orphans."""
    moved = {outcome.target for outcome in outcomes}
    found = []
    for table in catalog.tables if catalog else []:
        for key in table.foreign_keys if table.full_name in moved else []:
            if not key.validated or len(key.columns) != len(key.referenced_columns):
                continue
            pairs = zip(key.columns, key.referenced_columns, strict=True)
            found.append(
                {
                    "name": f"{table.full_name}({', '.join(key.columns)})",
                    "table": quoted_name(table.full_name, engine),
                    "parent": quoted_name(key.referenced, engine),
                    "set": " AND ".join(f"child.{quoted(column, engine)} IS NOT NULL" for column in key.columns),
                    "same": " AND ".join(
                        f"parent.{quoted(theirs, engine)} = child.{quoted(mine, engine)}" for mine, theirs in pairs
                    ),
                }
            )
    return found
