"""Helpers of the transfer tests: SQLite files from statements, mappings by hand, a move through the builder."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from conversion.mapping import ColumnMapping, Statement, TableMapping
from engines.grant import Grant
from engines.registry import open_database
from skills.context import SkillContext
from skills.etl_pipeline_builder.output import Output
from skills.etl_pipeline_builder.skill import Input, run
from tests import warm
from tests.warm import Warm
from transfer.moveplan import MovePlan

Columns = list[tuple[str, str, str]]  # name, target type, route


def sqlite_file(path: Path, *statements: str, rows: Iterable[tuple[str, list[tuple[Any, ...]]]] = ()) -> Path:
    """A SQLite file made by statements, then `INSERT ...` texts with their rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
        for insert, values in rows:
            connection.executemany(insert, values)
    return path


def mapping(table: str, columns: Columns, key: str | None = "id", required: tuple[str, ...] = ("id",)) -> TableMapping:
    """A mapping of main.<table> to public.<table> with the rowid as source key."""
    return TableMapping(
        source=f"main.{table}",
        target=f"public.{table}",
        columns=[
            ColumnMapping(
                source=name, target=name, source_type="", target_type=native, route=route, reason="",
                nullable=name not in required,
            )
            for name, native, route in columns
        ],
        key=[key] if key else [],
        source_key=key or "rowid",
        range_column=key,
    )  # fmt: skip


def create_table(table: TableMapping) -> Statement:
    """The CREATE TABLE of a mapping."""
    columns = ", ".join(f'"{c.target}" {c.target_type}{"" if c.nullable else " NOT NULL"}' for c in table.columns)
    schema, _, name = table.target.partition(".")
    sql = f'CREATE TABLE "{schema}"."{name}" ({columns})'
    return Statement(id=f"table:{table.target}", sql=sql, object=table.target, kind="table", stage="pre_data")


def plan_of(*tables: TableMapping, migration: str = "test", **settings: Any) -> MovePlan:
    """A plan that creates the tables and copies them."""
    return MovePlan(
        migration=migration,
        source_engine="sqlite",
        target_engine="postgresql",
        tables=list(tables),
        statements=[create_table(table) for table in tables],
        **settings,
    )


def move(
    source: Path, target: str, plan: MovePlan, context: SkillContext | None = None, load: dict[str, Any] | None = None
) -> Output:
    """Execute the plan with a grant for the target; load: its limits."""
    with closing(open_database(target)) as database:
        grant = Grant(plan.migration, database.identity, plan.plan_hash, scratch=True)
    given = context or SkillContext()
    given.grant = grant
    ends = {"source": {"url": f"sqlite:{source}"}, "target": {"url": target}}
    return run(Input.model_validate({**ends, "plan": plan, "load": load or {}}), given)


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    """Rows by plain psycopg: a path that shares nothing with the product."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def change(url: str, *statements: str) -> None:
    """Run statements by plain psycopg."""
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def start(source: Path, target: str, made: MovePlan, failpoint: str) -> Warm:
    """The move in a program of its own, which ends or waits at the failpoint (`name:count:kill`)."""
    environment = {**os.environ, "DBMO_FAILPOINT": failpoint}
    return warm.start(_alone, source, target, made.model_dump_json(), environment=environment)


def _alone(source: Path, target: str, made: str) -> None:
    move(source, target, MovePlan.model_validate_json(made))
