import decimal
import itertools
import json
from typing import Any

import psycopg
import pytest
from bson import json_util

from conversion.documents.relations_conditions import Conditions
from conversion.documents.relations_places import Place, places
from conversion.documents.relations_rows import to_documents
from conversion.shapes import Untranslatable
from engines.catalog import Table
from tests.conversion.relational import of_postgresql, to_mongodb
from tests.servers_mongodb import MongodbServer

# a condition, and whether a row passes it as a check: True, False or NULL in SQL
CHECKS = [
    "a > 0", "a <> 3", "NOT (a = 1 AND b = 2)", "a BETWEEN 1 AND 3 OR b IS NULL", "a IN (1, 2)", "a NOT IN (1, 2)",
    "a < b", "a IS NOT NULL", "t = 'x'", "t <> 'x' OR a >= 2", "t LIKE 'x%'", "t NOT LIKE '_'", "length(t) > 1",
    "(t)::text = ANY (ARRAY['x'::text, 'xy'::text])", "flag", "NOT flag", "a <= 2 AND (b > 1 OR flag)", "n >= 1.5",
]  # fmt: skip


def test_checks_pass_and_fail_for_the_same_rows(postgresql_18: Any, mongodb: MongodbServer) -> None:
    url = postgresql_18.create_database()
    source = of_postgresql(url, "CREATE TABLE c (id int PRIMARY KEY, a int, b int, t text, flag bool, n numeric(5,2))")
    result = to_mongodb(source)
    [mapping] = result.collections
    place = places(mapping, {"public.c": source.catalog.tables[0]}, "postgresql")["public.c"]
    columns = (None, 1, 3), (None, 2), (None, "x", "xy", "y"), (None, True, False)
    rows = [
        {"id": n, "a": a, "b": b, "t": t, "flag": flag, "n": None if a is None else decimal.Decimal(a)}
        for n, (a, b, t, flag) in enumerate(itertools.product(*columns))
    ]
    collection = mongodb.client[mongodb.new_name()]["c"]
    collection.insert_many(to_documents(mapping, {"public.c": rows}))
    with psycopg.connect(url) as connection:
        connection.cursor().executemany("INSERT INTO c VALUES (%(id)s,%(a)s,%(b)s,%(t)s,%(flag)s,%(n)s)", rows)
        for check in CHECKS:
            passing = {row[0] for row in connection.execute(f"SELECT id FROM c WHERE ({check}) IS NOT FALSE".encode())}
            holding = {row[0] for row in connection.execute(f"SELECT id FROM c WHERE {check}".encode())}
            conditions = Conditions(place, "postgresql")
            for query, wanted in ((conditions.check(check), passing), (conditions.filter(check), holding)):
                found = collection.find(json_util.loads(json.dumps(query)), {"_id": 1})
                assert {document["_id"] for document in found} == wanted, check


@pytest.mark.parametrize(
    "check", ["a + b > 2", "lower(t) = 'x'", "t > 'x'", "a > (SELECT 1)", "t ~ 'x'", "z = 1", ")("]
)
def test_conditions_without_a_proved_counterpart_are_refused(check: str) -> None:
    table = Table(schema_name="public", name="c", columns=[])
    with pytest.raises(Untranslatable):
        Conditions(Place(table, "c", None, False, {}), "postgresql").check(check)
