import pytest

from conversion import normal_form
from conversion.diff import diff
from conversion.diff_columns import narrows
from conversion.postgresql_types import comparable, kind_of, logical
from engines.catalog import Catalog, Kind, Unread
from engines.errors import UsageError
from tests.conversion.schemas import postgresql_catalog
from tests.servers import Server, load_sql

BASE = """CREATE TABLE t (id integer PRIMARY KEY, name varchar(20) DEFAULT 'x', n numeric(10,2) CHECK (n > 0),
    u integer UNIQUE, CONSTRAINT chosen UNIQUE (name));
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE INDEX i ON t (name) WHERE n > 5; CREATE VIEW v AS SELECT id, name FROM t WHERE n > 1;
CREATE TABLE r (t integer REFERENCES t); CREATE SEQUENCE s;"""
CHANGES = [
    ("ALTER TABLE t DROP COLUMN name CASCADE", "public.t.name", "column", True),
    ("ALTER TABLE t ADD COLUMN more text", "public.t.more", "column", True),
    ("DROP TABLE r", "public.r", "table", True),
    ("DROP VIEW v; ALTER TABLE t ALTER n TYPE numeric(9,2)", "public.t.n", "type", True),
    ("DROP VIEW v; ALTER TABLE t ALTER n TYPE numeric(12,2)", "public.t.n", "type", False),
    ("ALTER TABLE t ALTER name SET DEFAULT 'y'", "public.t.name", "default", False),
    ("ALTER TABLE t ALTER name SET NOT NULL", "public.t.name", "nullability", False),
    ("ALTER TABLE t DROP CONSTRAINT t_n_check", "public.t.t_n_check", "check", False),
    ("ALTER TABLE t DROP CONSTRAINT t_n_check, ADD CONSTRAINT t_n_check CHECK (n >= 0)", "public.t.t_n_check", "check",
     False),
    ("ALTER TABLE t DROP CONSTRAINT t_u_key", "public.t.t_u_key", "unique constraint", False),
    ("DROP INDEX i; CREATE INDEX i ON t (name DESC) WHERE n > 5", "public.t.i", "index", False),
    ("DROP INDEX i; CREATE INDEX i ON t (name) WHERE n > 6", "public.t.i", "index", False),
    ("CREATE OR REPLACE VIEW v AS SELECT id, name FROM t WHERE n > 2", "public.v", "view", False),
    ("ALTER TABLE r DROP CONSTRAINT r_t_fkey", "public.r.r_t_fkey", "foreign key", False),
    ("ALTER SEQUENCE s INCREMENT 2", "public.s", "sequence increment", False),
    ("COMMENT ON TABLE t IS 'c'", "public.t", "table comment", False),
    ("ALTER TABLE t RENAME CONSTRAINT chosen TO other", "public.t.chosen", "name", False),
    ("ALTER INDEX i RENAME TO j", "public.t.i", "name", False),
    ("ALTER TABLE t DROP CONSTRAINT chosen; CREATE UNIQUE INDEX ON t (name)", "public.t.chosen", "unique form", False),
    ("ALTER TABLE t DROP CONSTRAINT chosen, ADD CONSTRAINT chosen UNIQUE (name) DEFERRABLE", "public.t.chosen",
     "unique constraint", False),
    ("CREATE POLICY p ON t USING (id > 1)", "public.t.p", "policy", False),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "public.t", "row security", False),
    ("ALTER TABLE t ALTER name SET STATISTICS 7", "public.t.name", "column options", False),
    ("ALTER INDEX i SET (fillfactor = 50)", "public.t.i", "index", False),
    ("ALTER TABLE t ADD COLUMN e mood", "public.t.e", "column", True),
    ("DROP TYPE mood; CREATE TYPE mood AS ENUM ('a')", "public.mood",
     "type", True),
    ("CREATE RULE quiet AS ON DELETE TO r DO INSTEAD NOTHING", "rule quiet on public.r", "rule", False),
    ("CREATE STATISTICS st ON id, name FROM t", "extended statistics public.st", "extended statistics", False),
    ("CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "public.f()", "routine", False),
]  # fmt: skip


@pytest.fixture(scope="session")
def base(postgresql_18: Server) -> Catalog:
    url = postgresql_18.create_database()
    load_sql(url, BASE)
    return postgresql_catalog(url)


@pytest.mark.parametrize(("change", "name", "kind", "data_loss"), CHANGES)
def test_each_change_is_seen_once_and_weighed(
    change: str, name: str, kind: str, data_loss: bool, base: Catalog, empty_18: str
) -> None:
    load_sql(empty_18, f"{BASE} {change}")
    found = [item for item in diff(base, postgresql_catalog(empty_18)) if item.kind == kind]
    assert [(item.object, item.data_loss) for item in found] == [(name, data_loss)]
    assert found[0].detail


# the same schema made in other words
SAME = [
    ("CREATE TABLE x (a int4 UNIQUE, b varchar(3), c decimal(5), CHECK (a IN (1, 2)), CHECK (b <> ''))",
     "CREATE TABLE x (a integer, b character varying(3), c numeric(5,0)); ALTER TABLE x ADD CONSTRAINT x_check1 "
     "CHECK ((b)::text <> ''::text), ADD CONSTRAINT x_check7 CHECK (a = ANY (ARRAY[1, 2])), "
     "ADD CONSTRAINT x_a_key3 UNIQUE (a)"),
    ("CREATE TABLE y (a integer PRIMARY KEY); CREATE TABLE x (a int REFERENCES y); CREATE INDEX ON x (a)",
     "CREATE TABLE y (a integer, CONSTRAINT y_pkey4 PRIMARY KEY (a)); CREATE TABLE x (a int, "
     "CONSTRAINT x_a_fkey9 FOREIGN KEY (a) REFERENCES y (a)); CREATE INDEX x_a_idx5 ON x USING btree (a ASC)"),
    ("CREATE TABLE x (a serial)", "CREATE SEQUENCE x_a_seq9 AS integer; CREATE TABLE x (a int NOT NULL DEFAULT "
     "nextval('x_a_seq9')); ALTER SEQUENCE x_a_seq9 OWNED BY x.a"),
    ("CREATE TABLE x (a int CONSTRAINT there NOT NULL)", "CREATE TABLE x (a int NOT NULL)"),
    ("CREATE TABLE x (a int) PARTITION BY RANGE (a); CREATE TABLE z PARTITION OF x FOR VALUES FROM (1) TO (2);"
     "CREATE INDEX i ON x (a)",
     "CREATE TABLE x (a int) PARTITION BY RANGE (a); CREATE INDEX i ON x (a); CREATE TABLE z (a int);"
     "CREATE INDEX other ON z (a); ALTER TABLE x ATTACH PARTITION z FOR VALUES FROM (1) TO (2)"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_to_make_one_schema_are_equal(one: str, other: str, postgresql_18: Server) -> None:
    catalogs = []
    for script in (one, other):
        url = postgresql_18.create_database()
        load_sql(url, script)
        catalogs.append(postgresql_catalog(url))
    assert diff(catalogs[0], catalogs[1]) == []
    assert diff(catalogs[1], catalogs[0]) == []


def test_a_moment_in_a_view_is_one_in_any_spelling() -> None:
    ours = """SELECT "v"."id" AS "id" FROM "public"."v" AS "v" WHERE "v"."at" > CAST('2020-01-01' AS TIMESTAMP)"""
    theirs = " SELECT id\n   FROM public.v\n  WHERE (at > '{} 00:00:00'::timestamp without time zone)"
    assert normal_form.query(ours, "postgresql") == normal_form.query(theirs.format("2020-01-01"), "postgresql")
    assert normal_form.query(ours, "postgresql") != normal_form.query(theirs.format("2020-01-02"), "postgresql")


def test_serial_and_identity_number_alike(postgresql_18: Server) -> None:
    catalogs = []
    for numbered in ("serial", "integer GENERATED BY DEFAULT AS IDENTITY"):
        url = postgresql_18.create_database()
        load_sql(url, f"CREATE TABLE x (a {numbered} PRIMARY KEY)")
        catalogs.append(postgresql_catalog(url))
    [found] = diff(catalogs[0], catalogs[1])
    assert (found.object, found.kind, found.severity, found.data_loss) == ("public.x.a", "identity", "low", False)
    assert found.detail == "nextval of its own sequence -> identity"


def test_what_could_not_be_read_is_said() -> None:
    whole = Catalog(engine="postgresql", version="18", database="d")
    part = whole.model_copy(update={"unread": [Unread(part="triggers", reason="permission denied")]})
    [found] = diff(whole, part)
    assert (found.object, found.kind, found.detail) == ("triggers", "unread", "read -> permission denied")
    with pytest.raises(UsageError, match="UNSUPPORTED_DIRECTION"):
        diff(whole, whole.model_copy(update={"engine": "sqlite"}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a IN ('x', 'y')", "((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))"),
        ("a NOT IN (1, 2)", "(a <> ALL (ARRAY[1, 2]))"),
        ("a BETWEEN 1 AND 5", "((a >= 1) AND (a <= 5))"),
        ("-1", "'-1'::integer"),
        ("'x'", "'x'::character varying"),
        ('lower("c" COLLATE "C")', 'lower((c COLLATE "C"))'),
        ("(NOW() AT TIME ZONE 'UTC')", "(now() AT TIME ZONE 'UTC'::text)"),
        ("a IS NOT DISTINCT FROM b", "(NOT (a IS DISTINCT FROM b))"),
        ("CASE WHEN a THEN 1 END", "CASE WHEN a THEN 1 ELSE NULL::integer END"),
        ("d > '2020-01-01'", "(d > '2020-01-01 00:00:00'::timestamp without time zone)"),
        ("to_char(d, 'YYYY')", "to_char(d, 'YYYY'::text)"),
        ("a LIKE 'x%'", "(a ~~ 'x%'::text)"),
        ("NULL", "NULL::character varying"),
        (None, "NULL"),
        ("a AND (b AND c)", "((a AND b) AND c)"),
    ],
)
def test_two_spellings_of_one_expression_are_equal(one: str | None, other: str) -> None:
    assert normal_form.expression(one, "postgresql") == normal_form.expression(other, "postgresql")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a - (b - c)", "(a - b) - c"), ("a > 1", "a >= 1"), ("a OR b AND c", "(a OR b) AND c"), ("'x'", "'X'"),
        ('"A"', "a"),
    ],
)  # fmt: skip
def test_expressions_that_mean_different_things_stay_different(one: str, other: str) -> None:
    assert normal_form.expression(one, "postgresql") != normal_form.expression(other, "postgresql")


@pytest.mark.parametrize(
    ("a", "b", "loses"),
    [
        ("bigint", "integer", True), ("integer", "bigint", False), ("numeric(10,2)", "numeric(12,2)", False),
        ("numeric", "numeric(10,2)", True), ("numeric(10,2)", "numeric", False),
        ("character varying(5)", "text", False),
        ("text", "character varying(5)", True), ("timestamp with time zone", "timestamp without time zone", True),
        ("date", "timestamp without time zone", False), ("integer", "text", False), ("text", "integer", True),
        ("timestamp(6) without time zone", "timestamp(3) without time zone", True),
    ],
)  # fmt: skip
def test_types_that_hold_less_lose_data(a: str, b: str, loses: bool) -> None:
    assert narrows(logical(a), logical(b)) is loses


@pytest.mark.parametrize(
    ("native", "kind"),
    [
        ("character varying(16)", Kind.TEXT), ("varchar", Kind.TEXT), ("timestamp(3) with time zone", Kind.TIMESTAMP),
        ("numeric(10,2)[]", Kind.ARRAY), ("public.mood", Kind.OTHER), ("bpchar", Kind.CHAR), ("int8", Kind.INTEGER),
    ],
)  # fmt: skip
def test_types_are_read_from_the_servers_spelling(native: str, kind: Kind) -> None:
    assert kind_of(native) is kind


def test_foreign_keys_go_between_types_that_compare() -> None:
    assert comparable("integer", "bigint")
    assert comparable("character varying(3)", "text")
    assert not comparable("text", "bigint")
    assert not comparable("numeric", "bigint")
