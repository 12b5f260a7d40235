"""What the server of an open target lacks ends the plan, by name, and not the migration after its approval."""

from __future__ import annotations

from contextlib import closing

import pytest

from conversion.live import Asked, conversion_of
from engines.errors import Aborted
from engines.registry import open_database
from tests.servers import load_sql


def plan(source: str, target: str) -> None:
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        conversion_of(here, there.engine, there.version, Asked(home="public"), there)


@pytest.mark.parametrize(
    ("made", "place"),
    [
        ("CREATE TABLE t (id uuid DEFAULT uuidv7())", r"public\.t\.id"),
        ("CREATE TABLE t (id uuid, CHECK (uuid_extract_version(id) = 7))", r"public\.t\.t_id_check"),
        ("CREATE VIEW v AS SELECT 'lower(x)' AS a, casefold('x') AS b", r"public\.v"),
        ("CREATE TABLE t (a text); CREATE INDEX i ON t (casefold(a))", r"public\.t\.i"),
    ],
)
def test_functions_of_a_newer_server_are_named(made: str, place: str, empty_18: str, empty_15: str) -> None:
    load_sql(empty_18, made)
    with pytest.raises(Aborted, match=rf"TARGET_LACKS.*the function \w+ \({place}\)"):
        plan(empty_18, empty_15)


def test_types_of_a_newer_server_are_named(empty_18: str, empty_12: str) -> None:
    load_sql(empty_18, "CREATE TABLE t (a numeric(9, 2)[], b timestamp(3) with time zone, x xid8, m int4multirange[])")
    with pytest.raises(
        Aborted, match=r"the type xid8 \(public\.t\.x\), the type int4multirange\[\] \(public\.t\.m\)\."
    ):
        plan(empty_18, empty_12)


def test_names_in_texts_and_functions_of_ones_own_are_not_asked_for(empty_18: str, empty_15: str) -> None:
    load_sql(
        empty_18,
        "CREATE FUNCTION uuidv7(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';"
        "CREATE TABLE t (a text DEFAULT 'uuidv7()', b int DEFAULT public.uuidv7(1), c timestamptz DEFAULT now())",
    )
    plan(empty_18, empty_15)


def test_xml_needs_a_server_that_was_made_with_it(empty_15: str, empty_18: str) -> None:
    """The embedded one was not; NULLs it takes."""
    load_sql(empty_15, "CREATE TABLE t (id int, x xml, y xml[]); INSERT INTO t (id) VALUES (1)")
    plan(empty_15, empty_18)
    load_sql(empty_15, "INSERT INTO t VALUES (2, NULL, '{<a/>}')")
    with pytest.raises(Aborted, match=r"TARGET_LACKS.*libxml, for the values of public\.t\.y\."):
        plan(empty_15, empty_18)
