"""Every MySQL type and its trap values into PostgreSQL: what arrives, as PostgreSQL writes it."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from engines.full_names import parts
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from tests.transfer.routes.moved import Moved, moved
from tests.transfer.routes.mysql_cases import CASES, REFUSED, Case
from transfer.chunks import Chunk
from transfer.routes import mysql_packed, mysql_read
from transfer.routes.mysql_lines import Care
from transfer.routes.mysql_to_postgresql import MysqlToPostgresql
from transfer.routes.route import Copied, Pace

# no binary form is written of these, or none that the server could give exactly (a real has 4 bytes, MySQL shows 8)
UNPACKED = {
    "addresses", "addresses4", "bit_varying", "bits", "bits64", "dec", "double_real", "labels", "places", "shown",
    "single",
}  # fmt: skip


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


def _without_packed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MysqlToPostgresql, "_packed", lambda self, columns: None)


@pytest.fixture(scope="module", params=["packed one by one", "packed", "one by one", "joined", "exact"])
def everything(request: pytest.FixtureRequest, mariadb: MysqlServer, postgresql_15: Server) -> tuple[str, set[str]]:
    """All cases moved, in one way of reading; the target's URL, and the tables of which lines of text were read."""
    source, target = _make(mariadb, CASES), postgresql_15.create_database()
    own, as_text = MysqlToPostgresql._copy, set[str]()

    def noted(self: MysqlToPostgresql, chunk: Chunk, into: Any, pace: Pace, care: Care) -> Copied:
        as_text.add(parts(self.table.source)[1])
        return own(self, chunk, into, pace, Care.EXACT if request.param == "exact" else care)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MysqlToPostgresql, "_copy", noted)
        if request.param in ("packed", "joined"):
            patch.setattr(mysql_read, "FEW", -1)
            patch.setattr(mysql_read, "FIRST_STEP", 2)
        if "packed" not in request.param:
            _without_packed(patch)
        found = moved(source, target, _types(source, CASES))
    assert [entry for entries in found.quarantined.values() for entry in entries] == []
    return target, as_text if "packed" in request.param else UNPACKED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_values_arrive(everything: tuple[str, set[str]], case: Case) -> None:
    expected = [value for _, value in case.values]
    found = _arrived(everything[0], case.name)
    if case.name == "doc":
        assert [value and json.loads(value) for value in found] == [value and json.loads(value) for value in expected]
    else:
        assert found == expected


def test_only_types_without_a_binary_form_are_read_as_text(everything: tuple[str, set[str]]) -> None:
    assert everything[1] == UNPACKED


@pytest.mark.parametrize("proof", [("NO_SUCH_FUNCTION(1)", b"1"), ("CONCAT(1)", b"2")], ids=["unknown", "otherwise"])
def test_a_server_that_writes_known_values_otherwise_is_read_as_text(
    mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch, proof: tuple[str, bytes]
) -> None:
    source, target = _make(mariadb, CASES[:1]), postgresql_15.create_database()
    monkeypatch.setattr(mysql_packed, "PROOFS", [*mysql_packed.PROOFS, proof])
    monkeypatch.delattr(MysqlToPostgresql, "_copy_packed")
    moved(source, target, {})
    assert _arrived(target, CASES[0].name) == [value for _, value in CASES[0].values]


def test_a_range_with_a_value_that_may_not_fit_is_read_as_text_and_after_three_all_are(
    mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = ["2024-01-01", "0000-00-00", "2024-01-03", "0000-00-00", "2024-01-05", "0000-00-00", "2024-01-07"]
    case = Case("t", "date", [(f"'{date}'", None if date[0] == "0" else date) for date in dates])
    source, target, as_text = _make(mariadb, [case]), postgresql_15.create_database(), list[int]()
    own = MysqlToPostgresql._copy

    def noted(self: MysqlToPostgresql, chunk: Chunk, into: Any, pace: Pace, care: Care) -> Copied:
        as_text.append(chunk.number)
        return own(self, chunk, into, pace, care)

    monkeypatch.setattr(MysqlToPostgresql, "_copy", noted)
    name = f"{source.rpartition('/')[2]}.t"
    ranges = [Chunk(name, number, (number - 1,), (number,)) for number in range(len(dates))]
    moved(source, target, {}, {name: ranges})
    assert as_text == [1, 3, 5, 6]
    assert _arrived(target, "t") == [value for _, value in case.values]


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
