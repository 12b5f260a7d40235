"""A schema with one of everything comes back from PostgreSQL 12, 15 and 18 as it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from conversion.convert import convert
from engines.catalog import Catalog, Index, Kind, LogicalType, Routine, Sequence, Table, UserType, View
from engines.full_names import qualified
from engines.postgresql.database import PostgresqlDatabase
from engines.postgresql.introspect.triggers import condition
from engines.postgresql.quoting import quote_name
from tests.servers import load_sql

RICH = Path(__file__).parent / "postgresql_rich.sql"
SINCE_15 = """
CREATE TABLE later (a integer, b integer, UNIQUE NULLS NOT DISTINCT (a), n numeric(3, -2),
    FOREIGN KEY (b) REFERENCES later (a) ON DELETE SET NULL (b));
CREATE UNIQUE INDEX later_b ON later (b) NULLS NOT DISTINCT;
"""
SINCE_18 = """
CREATE TABLE latest (a integer, v integer GENERATED ALWAYS AS (a + 1) VIRTUAL, CONSTRAINT named NOT NULL a,
    CHECK (a > 0) NOT ENFORCED);
ALTER TABLE latest ADD COLUMN z integer, ADD CONSTRAINT z_there NOT NULL z NOT VALID;
CREATE TABLE times (id int4range, during tsrange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
"""


def read(url: str) -> Catalog:
    database = PostgresqlDatabase(url, "test")
    try:
        return database.catalog()
    finally:
        database.close()


@pytest.fixture(scope="session", params=["12", "15", "18"])
def rich(request: pytest.FixtureRequest) -> Iterator[Catalog]:
    url = request.getfixturevalue(f"postgresql_{request.param}").create_database()
    load_sql(url, RICH)
    yield read(url)


def view(catalog: Catalog, name: str) -> View:
    return next(found for found in catalog.views if found.full_name == name)


def index(table: Table | View, name: str) -> Index:
    return next(found for found in table.indexes if found.name == name)


def sequence(catalog: Catalog, name: str) -> Sequence:
    return next(found for found in catalog.sequences if found.full_name == name)


def user_type(catalog: Catalog, name: str) -> UserType:
    return next(found for found in catalog.types if found.full_name == name)


def routine(catalog: Catalog, name: str) -> Routine:
    return next(found for found in catalog.routines if found.full_name == name)


def test_it_says_what_the_database_is(rich: Catalog) -> None:
    assert rich.engine == "postgresql"
    assert rich.version.split(".")[0] in ("12", "15", "18")
    assert rich.encoding == "UTF8"
    assert rich.settings["lc_collate"] == "C"
    assert rich.schemas == ['odd "name".x', "public", "sales"]
    assert rich.size_bytes is not None and rich.size_bytes > 5_000_000


def test_every_table_has_its_kind(rich: Catalog) -> None:
    assert {table.full_name: table.kind for table in rich.tables} == {
        qualified('odd "name".x', "select"): "table",
        "public.booking": "table",
        "public.child": "table",
        "public.far": "foreign",
        "public.fleeting": "unlogged",
        "public.parent": "table",
        "sales.customer": "table",
        "sales.purchase": "partitioned",
        "sales.purchase_2024": "table",
        "sales.purchase_rest": "partitioned",
        "sales.purchase_rest_1": "table",
    }


@pytest.mark.parametrize(
    ("column", "native", "expected"),
    [
        ("id", "integer", LogicalType(kind=Kind.INTEGER, bits=32)),
        ("name", "character varying(40)", LogicalType(kind=Kind.TEXT, length=40)),
        ("contact", "sales.email", LogicalType(kind=Kind.TEXT, length=80, name="sales.email")),
        ("feeling", "sales.mood", LogicalType(kind=Kind.ENUM, name="sales.mood")),
        ("home", "sales.address", LogicalType(kind=Kind.COMPOSITE, name="sales.address")),
        ("tags", "text[]", LogicalType(kind=Kind.ARRAY, element=LogicalType(kind=Kind.TEXT))),
        ("credit", "numeric(12,3)", LogicalType(kind=Kind.DECIMAL, precision=12, scale=3)),
        ("since", "timestamp(3) with time zone", LogicalType(kind=Kind.TIMESTAMP, precision=3, with_zone=True)),
        ("flags", "bit(8)", LogicalType(kind=Kind.BIT, length=8)),
        ("doc", "jsonb", LogicalType(kind=Kind.JSON, name="jsonb")),
        ("worth", "sales.span", LogicalType(kind=Kind.RANGE, name="sales.span")),
    ],
)
def test_a_column_has_its_type(rich: Catalog, column: str, native: str, expected: LogicalType) -> None:
    found = rich.table("sales.customer").column(column)
    assert (found.native, found.type) == (native, expected)


def test_a_column_keeps_default_collation_comment_and_expression(rich: Catalog) -> None:
    customer = rich.table("sales.customer")
    assert customer.comment == "who buys"
    assert customer.column("name").collation == "C"
    assert customer.column("name").comment == "as on the passport"
    assert not customer.column("name").nullable
    assert customer.column("feeling").default == "'happy'::sales.mood"
    assert customer.column("doc").default is None
    generated = customer.column("full_name").generated
    assert generated is not None and generated.stored and generated.expression == "upper((name)::text)"
    assert customer.column("full_name").default is None
    assert [column.position for column in customer.columns] == list(range(1, 13))


def test_an_identity_knows_the_number_it_gives_next(rich: Catalog) -> None:
    identity = rich.table("sales.customer").column("id").identity
    assert identity is not None
    assert (identity.always, identity.sequence, identity.next_value) == (True, "sales.customer_id_seq", 20)


def test_keys(rich: Catalog) -> None:
    customer = rich.table("sales.customer")
    assert customer.primary_key is not None
    assert (customer.primary_key.name, customer.primary_key.columns) == ("customer_pk", ["id"])
    assert customer.primary_key.include == ["name"]
    [unique] = customer.uniques
    assert (unique.columns, unique.collations, unique.deferrable, unique.initially_deferred) == (
        ["name"],
        ["C"],
        True,
        True,
    )
    assert unique.nulls_distinct


def test_checks(rich: Catalog) -> None:
    [check] = rich.table("sales.customer").checks
    assert (check.name, check.no_inherit, check.comment) == ("credit_positive", True, "no debts")
    assert check.expression == "(credit >= (0)::numeric)"
    [later] = rich.table("public.fleeting").checks
    assert not later.validated
    assert [len(rich.table(name).checks) for name in ("public.parent", "public.child")] == [1, 0]


def test_foreign_keys_stand_at_the_partitioned_table_only(rich: Catalog) -> None:
    [key] = rich.table("sales.purchase").foreign_keys
    assert (key.columns, key.referenced_schema, key.referenced_table) == (["customer_id"], "sales", "customer")
    assert (key.on_update, key.on_delete, key.deferrable) == ("CASCADE", "SET NULL", True)
    assert rich.table("sales.purchase_2024").foreign_keys == []
    [late] = rich.table("public.fleeting").foreign_keys
    assert (late.match, late.validated, late.referenced_columns) == ("FULL", False, ["id"])


def test_exclusions_keep_their_definition(rich: Catalog) -> None:
    [exclusion] = rich.table("public.booking").exclusions
    assert exclusion.definition == "EXCLUDE USING gist (during WITH &&)"


def test_indexes(rich: Catalog) -> None:
    customer = rich.table("sales.customer")
    assert [found.name for found in customer.indexes] == ["customer_contact", "customer_doc", "customer_lower"]
    lower = index(customer, "customer_lower")
    assert lower.predicate == "(credit > (10)::numeric)" and lower.include == ["since"] and lower.valid
    assert lower.keys[0].expression == "lower((name)::text)"
    assert lower.keys[0].operator_class == "text_pattern_ops"
    assert (lower.keys[1].column, lower.keys[1].descending, lower.keys[1].nulls_first) == ("credit", True, False)
    contact = index(customer, "customer_contact")
    assert contact.unique and contact.keys[0].collation == "C" and contact.keys[0].nulls_first is None
    doc = index(customer, "customer_doc")
    assert (doc.method, doc.keys[0].operator_class, doc.comment) == ("gin", "jsonb_path_ops", "for searching")
    assert doc.definition == "CREATE INDEX customer_doc ON sales.customer USING gin (doc jsonb_path_ops)"


def test_a_part_has_no_index_of_its_own_but_its_primary_key(rich: Catalog) -> None:
    assert [found.name for found in rich.table("sales.purchase").indexes] == ["purchase_customer_idx"]
    part = rich.table("sales.purchase_2024")
    assert part.indexes == [] and part.primary_key is not None and part.primary_key.columns == ["id", "placed"]


def test_partitioning(rich: Catalog) -> None:
    whole = rich.table("sales.purchase").partitioning
    assert whole is not None and (whole.strategy, whole.key, whole.parent) == ("RANGE", "placed", None)
    part = rich.table("sales.purchase_2024").partitioning
    assert part is not None and part.parent == "sales.purchase"
    assert part.bound == "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')"
    rest = rich.table("sales.purchase_rest").partitioning
    assert rest is not None and (rest.strategy, rest.bound, rest.parent) == ("LIST", "DEFAULT", "sales.purchase")


def test_inheritance_options_and_identity(rich: Catalog) -> None:
    assert rich.table("public.child").inherits == ["public.parent"]
    assert rich.table("sales.purchase_2024").inherits == []
    assert rich.table("public.fleeting").options == {"fillfactor": "70"}
    assert rich.table("public.far").options == {"server": "elsewhere", "path": "/a=b"}
    customer = rich.table("sales.customer")
    assert (customer.replica_identity, customer.row_security) == ("FULL", True)
    assert (customer.rows, customer.rows_exact) == (2, False)
    assert customer.size_bytes is not None and customer.size_bytes > 8192
    assert rich.table("public.parent").rows is None


def test_triggers(rich: Catalog) -> None:
    [stamp] = rich.table("sales.customer").triggers
    assert (stamp.timing, stamp.events, stamp.enabled, stamp.comment) == (
        "BEFORE",
        ["INSERT", "UPDATE"],
        False,
        "not much",
    )
    assert stamp.definition.startswith("CREATE TRIGGER stamp BEFORE INSERT OR UPDATE OF name ON sales.customer")
    assert (stamp.level, stamp.columns, stamp.function, stamp.options) == ("row", ["name"], "sales.touch", {})
    assert stamp.condition == "(new.name IS NOT NULL)"
    assert [found.name for found in rich.table("sales.purchase").triggers] == ["parts"]
    assert rich.table("sales.purchase_2024").triggers == []
    assert [found.timing for found in view(rich, "sales.rich").triggers] == ["INSTEAD OF"]


def test_views(rich: Catalog) -> None:
    assert [found.full_name for found in rich.views] == ["public.richer", "sales.rich", "sales.totals"]
    plain = view(rich, "sales.rich")
    assert plain.columns == ["id", "name"] and plain.options == {"security_barrier": "true"}
    assert plain.comment == "big spenders" and not plain.definition.endswith(";")
    assert view(rich, "public.richer").depends_on == ["public.parent", "sales.rich"]
    totals = view(rich, "sales.totals")
    assert totals.materialized and totals.depends_on == ["sales.purchase"]
    assert index(totals, "totals_customer").unique


def test_sequences_have_their_state(rich: Catalog) -> None:
    ticket = sequence(rich, "sales.ticket")
    assert (ticket.data_type, ticket.increment, ticket.minimum, ticket.maximum) == ("smallint", -2, -100, 50)
    assert (ticket.start, ticket.cache, ticket.cycle, ticket.is_called) == (50, 7, True, True)
    untouched = sequence(rich, "sales.untouched")
    assert (untouched.last_value, untouched.is_called, untouched.owned_by) == (99, False, None)
    serial = sequence(rich, "sales.purchase_id_seq")
    assert (serial.owned_by, serial.identity, serial.last_value) == ("sales.purchase.id", False, 1)
    assert sequence(rich, "sales.customer_id_seq").identity


def test_types_come_as_statements(rich: Catalog) -> None:
    mood = user_type(rich, "sales.mood")
    assert (mood.kind, mood.labels, mood.comment) == ("enum", ["sad", "it's ok", "happy"], "how they feel")
    assert mood.definition == """CREATE TYPE "sales"."mood" AS ENUM ('sad', 'it''s ok', 'happy')"""
    assert user_type(rich, "sales.email").definition == (
        'CREATE DOMAIN "sales"."email" AS character varying(80) DEFAULT \'none@example\'::character varying NOT NULL '
        "CONSTRAINT \"has_at\" CHECK (((VALUE)::text ~~ '%@%'::text))"
    )
    assert user_type(rich, "sales.address").definition == (
        'CREATE TYPE "sales"."address" AS '
        '("street" text COLLATE pg_catalog."C", "number" integer, "the zip" character(5))'
    )
    assert "subtype = double precision" in user_type(rich, "sales.span").definition
    assert len(rich.types) == 4


def test_routines(rich: Catalog) -> None:
    assert [(found.full_name, found.kind) for found in rich.routines] == [
        ('public.careful("a b" integer, OUT total numeric)', "function"),
        ("sales.product(numeric)", "aggregate"),
        ("sales.tidy(INOUT n integer)", "procedure"),
        ("sales.touch()", "function"),
        ("sales.touch(integer, VARIADIC text[])", "function"),
    ]
    assert routine(rich, "sales.touch()").comment == "does nothing"
    assert routine(rich, "sales.touch()").definition.startswith("CREATE OR REPLACE FUNCTION sales.touch()")
    assert routine(rich, "sales.product(numeric)").definition == (
        'CREATE AGGREGATE "sales"."product"(numeric) '
        "(sfunc = numeric_mul, stype = numeric, initcond = '1', parallel = safe)"
    )


def test_routines_are_taken_apart(rich: Catalog) -> None:
    touch = routine(rich, "sales.touch(integer, VARIADIC text[])")
    assert [(one.name, one.mode, one.native) for one in touch.parameters] == [
        ("", "IN", "integer"),
        ("", "VARIADIC", "text[]"),
    ]
    assert (touch.body, touch.returns, touch.volatility, touch.options) == ("SELECT 1", "integer", "volatile", {})
    careful = routine(rich, 'public.careful("a b" integer, OUT total numeric)')
    assert [(one.name, one.mode, one.default) for one in careful.parameters] == [
        ("a b", "IN", "3"),
        ("total", "OUT", None),
    ]
    assert (careful.volatility, careful.returns) == ("stable", "numeric")
    assert careful.options == {
        "strict": "true",
        "security": "definer",
        "parallel": "safe",
        "cost": "7",
        "set search_path": "sales, pg_temp",
    }


def test_policies(rich: Catalog) -> None:
    customer = rich.table("sales.customer")
    assert customer.row_security and customer.row_security_forced
    assert [found.model_dump() for found in customer.policies] == [
        {
            "name": "own_rows", "command": "ALL", "permissive": True, "roles": ["public"],
            "using": "((name)::text = CURRENT_USER)", "check": None,
        },
        {
            "name": "well off", "command": "UPDATE", "permissive": False, "roles": ["pg_monitor", "postgres"],
            "using": "true", "check": "(credit > (0)::numeric)",
        },
    ]  # fmt: skip


def test_rights_that_were_granted(rich: Catalog) -> None:
    assert [
        (found.kind, found.object, found.grantee, found.privileges, found.grantable) for found in rich.privileges
    ] == [
        ("column", "sales.customer.name", "pg_monitor", ["SELECT", "UPDATE"], False),
        ("routine", "sales.product(numeric)", "public", ["EXECUTE"], False),
        ("schema", "sales", "pg_monitor", ["USAGE"], True),
        ("sequence", "sales.ticket", "public", ["USAGE"], False),
        ("table", "public.parent", "public", ["SELECT"], False),
        ("table", "sales.rich", "pg_monitor", ["INSERT", "SELECT"], False),
        ("type", "sales.mood", "public", ["USAGE"], False),
    ]


def test_columns_and_indexes_keep_how_they_are_stored_and_measured(rich: Catalog) -> None:
    customer = rich.table("sales.customer")
    assert customer.column("name").options == {"n_distinct": "-0.5", "statistics": "500", "storage": "EXTERNAL"}
    assert customer.column("id").options == {}
    assert index(rich.table("sales.purchase"), "purchase_customer_idx").options == {"fillfactor": "60"}


def test_what_the_model_does_not_describe_is_named(rich: Catalog) -> None:
    assert [found.part for found in rich.unread] == [
        "rule quiet on public.parent",
        "extended statistics sales.linked",
        "foreign server elsewhere",
        "comment on schema sales",
        "cluster sales.customer by customer_pk",
    ]
    assert rich.unread[0].definition is not None and "DO INSTEAD NOTHING" in rich.unread[0].definition
    assert rich.unread[3].definition == "COMMENT ON SCHEMA sales IS 'what is sold'"


def test_hostile_names_come_back_whole(rich: Catalog) -> None:
    table = rich.table(qualified('odd "name".x', "select"))
    long = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
    assert [column.name for column in table.columns] == ["a.b", "new\nline", long]
    assert index(table, 'it\'s "an" index').keys[0].column == "new\nline"
    assert table.foreign_keys[0].columns == [long]


def test_statements_of_types_and_routines_make_the_same_again(rich: Catalog, request: pytest.FixtureRequest) -> None:
    version = rich.version.split(".")[0]
    url = request.getfixturevalue(f"postgresql_{version}").create_database()
    statements = [found.definition for found in rich.types] + [found.definition for found in rich.routines]
    load_sql(url, ";\n".join(["CREATE SCHEMA sales", *statements]))
    again = read(url)
    assert [found.definition for found in again.types] + [found.definition for found in again.routines] == statements


def test_nulls_not_distinct_and_partial_set_null_since_15(empty_15: str) -> None:
    load_sql(empty_15, SINCE_15)
    later = read(empty_15).table("public.later")
    assert not later.uniques[0].nulls_distinct
    assert not index(later, "later_b").nulls_distinct
    assert later.foreign_keys[0].on_delete == 'SET NULL ("b")'
    assert later.column("n").type == LogicalType(kind=Kind.DECIMAL, precision=3, scale=-2)


def test_virtual_columns_and_new_constraints_of_18(empty_18: str) -> None:
    load_sql(empty_18, SINCE_18)
    catalog = read(empty_18)
    latest = catalog.table("public.latest")
    generated = latest.column("v").generated
    assert generated is not None and not generated.stored
    assert not latest.column("a").nullable and latest.column("z").nullable
    found = {(check.name, check.expression, check.validated) for check in latest.checks}
    assert found == {("z_there", '"z" IS NOT NULL', False), ("latest_a_check", "(a > 0)", False)}
    assert catalog.table("public.times").exclusions[0].definition == "PRIMARY KEY (id, during WITHOUT OVERLAPS)"
    assert [check.enforced for check in latest.checks if check.name == "latest_a_check"] == [False]
    assert catalog.unread == []


@pytest.mark.parametrize(
    ("schema", "tables", "columns", "foreign_keys", "views", "routines", "primary_keys", "triggers"),
    [("sakila", 21, 123, 40, 7, 10, 15, 15), ("chinook", 11, 64, 11, 0, 0, 11, 0)],
)
def test_real_schemas_are_counted_as_others_counted_them(
    empty_15: str,
    corpora: Path,
    schema: str,
    tables: int,
    columns: int,
    foreign_keys: int,
    views: int,
    routines: int,
    primary_keys: int,
    triggers: int,
) -> None:
    load_sql(empty_15, corpora / "schemas" / schema / "postgresql.sql")
    catalog = read(empty_15)
    count: Callable[[str], int] = lambda part: sum(len(getattr(table, part)) for table in catalog.tables)  # noqa: E731
    assert (len(catalog.tables), count("columns"), count("foreign_keys")) == (tables, columns, foreign_keys)
    assert (len(catalog.views), len(catalog.routines), count("triggers")) == (views, routines, triggers)
    assert sum(table.primary_key is not None for table in catalog.tables) == primary_keys


def test_an_extension_brings_nothing_but_itself(empty_15: str) -> None:
    load_sql(empty_15, "CREATE EXTENSION hstore; CREATE TABLE t (h hstore)")
    catalog = read(empty_15)
    assert [found.name for found in catalog.extensions] == ["hstore"]
    assert (catalog.routines, catalog.types, catalog.unread) == ([], [], [])
    assert catalog.table("public.t").column("h").type == LogicalType(kind=Kind.OTHER, name="public.hstore")


def test_a_thousand_tables_take_as_many_queries_as_one(empty_15: str) -> None:
    parts = [
        f"CREATE TABLE {quote_name('public', f't{n}')} (id serial PRIMARY KEY, a text, b integer REFERENCES t1);"
        for n in range(1, 301)
    ]
    load_sql(empty_15, "".join(parts))
    catalog = read(empty_15)
    assert len(catalog.tables) == len(catalog.sequences) == 300
    assert all(table.foreign_keys and table.primary_key for table in catalog.tables)


def test_what_is_half_finished_is_read_as_it_is(empty_15: str) -> None:
    """An index whose concurrent build failed, one that a rebuild left, constraints that were never validated."""
    load_sql(
        empty_15,
        """CREATE TABLE t (a integer, b integer); INSERT INTO t VALUES (1, 7), (1, 8);
        CREATE TABLE t2 (b integer PRIMARY KEY);
        ALTER TABLE t ADD CONSTRAINT late FOREIGN KEY (b) REFERENCES t2 NOT VALID,
            ADD CONSTRAINT later CHECK (a > 1) NOT VALID""",
    )
    with psycopg.connect(empty_15, autocommit=True) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY once ON t (a)")
    catalog = read(empty_15)
    table = catalog.table("public.t")
    assert [(found.name, found.valid, found.unique) for found in table.indexes] == [("once", False, True)]
    assert not table.foreign_keys[0].validated and not table.checks[0].validated
    result = convert(catalog, {}, "postgresql", "18")
    [gone] = [item for item in result.omissions if item.kind == "index"]
    assert gone.object == "public.t.once" and gone.original == "CREATE UNIQUE INDEX once ON public.t USING btree (a)"
    statements = " ".join(statement.sql for statement in result.statements)
    assert statements.count("NOT VALID") == 2


def test_a_partition_that_is_half_detached_is_named(empty_15: str) -> None:
    load_sql(
        empty_15,
        """CREATE TABLE t (a integer) PARTITION BY LIST (a);
        CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)""",
    )
    with psycopg.connect(empty_15) as reader, psycopg.connect(empty_15, autocommit=True) as connection:
        reader.execute("SELECT * FROM t")  # its snapshot holds the second half back
        connection.execute("SET statement_timeout = '300ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("ALTER TABLE t DETACH PARTITION t1 CONCURRENTLY")
    [found] = read(empty_15).unread
    assert (found.part, found.kind) == ("partition public.t1", "partition") and "FINALIZE" in found.reason


@pytest.mark.parametrize(
    ("hidden", "part"),
    [
        ("pg_trigger", "triggers"), ("pg_policy", "policies"), ("pg_proc", "routines"), ("pg_index", "indexes"),
        ("pg_constraint", "constraints"), ("pg_rewrite", "rule"), ("pg_sequence", "sequences"),
    ],
)  # fmt: skip
def test_a_part_of_the_catalog_without_the_right_to_it_is_named(hidden: str, part: str, empty_15: str) -> None:
    load_sql(empty_15, f"CREATE TABLE t (id serial PRIMARY KEY); CREATE ROLE weak_{hidden} LOGIN;"
             f"REVOKE SELECT ON pg_catalog.{hidden} FROM public")  # fmt: skip
    try:
        catalog = read(empty_15.replace("//postgres@", f"//weak_{hidden}@"))
    finally:
        load_sql(empty_15, f"GRANT SELECT ON pg_catalog.{hidden} TO public; DROP ROLE weak_{hidden}")
    reasons = {found.part: found.reason for found in catalog.unread}
    assert f"permission denied for table {hidden}" in reasons[part]
    assert [column.name for column in catalog.table("public.t").columns] == ["id"]
    named = {item.object for item in convert(catalog, {}, "postgresql", "18").omissions}
    assert set(reasons) <= named


def test_a_type_of_an_unknown_extension_is_kept_in_its_own_words(empty_15: str) -> None:
    load_sql(empty_15, "CREATE EXTENSION ltree; CREATE EXTENSION hstore; CREATE TABLE t (p ltree, h hstore[]);"
             "CREATE INDEX i ON t USING gist (p)")  # fmt: skip
    catalog = read(empty_15)
    assert [column.native for column in catalog.table("public.t").columns] == ["public.ltree", "public.hstore[]"]
    assert catalog.table("public.t").column("p").type == LogicalType(kind=Kind.OTHER, name="public.ltree")


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW WHEN ((new.a > 1)) EXECUTE FUNCTION f()", "(new.a > 1)"),
        ("CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", None),
        ('CREATE TRIGGER "FOR EACH ROW WHEN (" BEFORE UPDATE OF b ON t FOR EACH ROW WHEN ((old.b = \') EXECUTE x \'))'
         " EXECUTE FUNCTION f()", "(old.b = ') EXECUTE x ')"),
    ],
)  # fmt: skip
def test_the_condition_of_a_trigger(definition: str, expected: str | None) -> None:
    assert condition(definition) == expected
