"""Every MySQL type and its trap values into PostgreSQL: what arrives, as PostgreSQL writes it."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from tests.transfer.routes.moved import Moved, moved
from tests.transfer.routes.mysql_cases import CASES, REFUSED, Case
from transfer.routes import mysql_read
from transfer.routes.mysql_lines import Care
from transfer.routes.mysql_to_postgresql import MysqlToPostgresql


def _make(server: MysqlServer, cases: list[Case]) -> str:
    url = server.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'")
        cursor.execute("SET time_zone = '+00:00'")
        for case in cases:
            cursor.execute(f"CREATE TABLE `{case.name}` (id int PRIMARY KEY, v {case.column})")
            for number, (value, _) in enumerate(case.values):
                cursor.execute(f"INSERT INTO `{case.name}` VALUES ({number}, {value})")
    return url


def _types(url: str, cases: list[Case]) -> dict[str, str]:
    database = url.rpartition("/")[2].partition("?")[0]
    return {f"{database}.{case.name}.v": case.type for case in cases if case.type}


def _arrived(url: str, name: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET bytea_output = 'hex'")
        return [row[0] for row in connection.execute(f'SELECT v::text FROM "{name}" ORDER BY id')]


@pytest.fixture(scope="module", params=["line by line", "joined", "exact"])
def everything(request: pytest.FixtureRequest, mariadb: MysqlServer, postgresql_15: Server) -> str:
    """All cases moved, in one way of reading; the target's URL."""
    source, target = _make(mariadb, CASES), postgresql_15.create_database()
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "joined":
            patch.setattr(mysql_read, "FEW", -1)
            patch.setattr(mysql_read, "FIRST_STEP", 2)
        if request.param == "exact":
            own = MysqlToPostgresql._copy
            patch.setattr(
                MysqlToPostgresql,
                "_copy",
                lambda self, chunk, into, pace, care: own(self, chunk, into, pace, Care.EXACT),
            )
        found = moved(source, target, _types(source, CASES))
    assert [entry for entries in found.quarantined.values() for entry in entries] == []
    return target


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_values_arrive(everything: str, case: Case) -> None:
    expected = [value for _, value in case.values]
    found = _arrived(everything, case.name)
    if case.name == "doc":
        assert [value and json.loads(value) for value in found] == [value and json.loads(value) for value in expected]
    else:
        assert found == expected


@pytest.fixture(scope="module", params=["convert", "quarantine"])
def refused(request: pytest.FixtureRequest, mariadb: MysqlServer, postgresql_15: Server) -> tuple[str, str, Moved]:
    """Values that don't fit, under one policy for all kinds: it, the target's URL, what was set aside."""
    source, target = _make(mariadb, REFUSED), postgresql_15.create_database()
    kinds = (
        "nul_in_text", "invalid_encoding", "zero_date", "partial_date", "time_range", "date_range", "out_of_range",
        "not_boolean", "too_long", "malformed",
    )  # fmt: skip
    found = moved(source, target, _types(source, REFUSED), policies=dict.fromkeys(kinds, request.param))
    return request.param, target, found


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_values_that_do_not_fit_are_set_aside_or_converted(refused: tuple[str, str, Moved], case: Case) -> None:
    policy, target, found = refused
    arrived = _arrived(target, case.name)
    entries = next(entries for name, entries in found.quarantined.items() if name.endswith(f".{case.name}"))
    noted = {json.loads(entry.locator)[0]: entry for entry in entries}
    for number, (_, converted) in enumerate(case.values):
        if number in noted:
            assert noted[number].action == ("null" if converted is None or policy == "quarantine" else "converted")
            assert arrived[number] == (None if policy == "quarantine" else converted)
            assert json.loads(noted[number].key) == {"id": number}
        else:
            assert arrived[number] == converted
    assert noted or case.name == "wrong_label"
