"""Which MySQL type a PostgreSQL column becomes, and what stands in its default."""

import pytest

from conversion.convert import convert
from conversion.from_mysql.flavours import collation
from conversion.names import for_mysql
from conversion.postgresql_types import logical
from conversion.relational.choice import ColumnFacts
from conversion.shapes import Untranslatable
from conversion.to_mysql.defaults import convert_default, sequence_of
from conversion.to_mysql.domains import read_domain
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.types_from_postgresql import choose
from engines.catalog import Catalog, Column, Key, Table, UserType
from engines.profile import ColumnProfile

MARIADB, MYSQL = Flavour.of("mariadb", "10.11.19"), Flavour.of("mysql", "8.4.3")


def facts(native: str, profile: ColumnProfile | None = None, keyed: bool = False) -> ColumnFacts:
    found = logical(native)
    found.name = "varbit" if native.startswith("bit varying") else found.name
    column = Column(name="c", position=1, native=native, type=found)
    table = Table(schema_name="public", name="t", columns=[column])
    if keyed:
        table.uniques = [Key(columns=["c"])]
    source = Catalog(engine="postgresql", version="18", database="d", tables=[table])
    return ColumnFacts(source, table, column, profile, in_unique=keyed)


def profile(**found: object) -> ColumnProfile:
    return ColumnProfile.model_validate({"column": "c", "classes": {"value": 3}} | found)


TYPES = [
    ("smallint", "smallint", "pg_integer"),
    ("integer", "int", "pg_integer"),
    ("bigint", "bigint", "pg_integer"),
    ("boolean", "tinyint(1)", "pg_boolean"),
    ("numeric(10,2)", "decimal(10,2)", "pg_numeric"),
    ("numeric(5,-2)", "decimal(7,0)", "pg_numeric"),
    ("numeric", "decimal(65,30)", "pg_numeric"),
    ("real", "float", "pg_real"),
    ("double precision", "double", "pg_real"),
    ("character varying(20)", "varchar(20)", "pg_text"),
    ("character varying(20000)", "mediumtext", "pg_text"),
    ("character(5)", "char(5)", "pg_text"),
    ("character(300)", "varchar(300)", "pg_text"),
    ("text", "longtext", "pg_text"),
    ("bytea", "longblob", "pg_blob"),
    ("bit(3)", "bit(3)", "pg_bit"),
    ("bit varying(9)", "varchar(9)", "pg_text"),
    ("date", "date", "pg_date"),
    ("time(3) without time zone", "time(3)", "pg_time"),
    ("time with time zone", "varchar(21)", "pg_text"),
    ("timestamp without time zone", "datetime(6)", "pg_timestamp"),
    ("timestamp(0) without time zone", "datetime", "pg_timestamp"),
    ("timestamp(3) with time zone", "datetime(3)", "pg_timestamptz"),
    ("interval", "varchar(100)", "pg_interval"),
    ("uuid", "uuid", "pg_text"),
    ("jsonb", "json", "pg_json"),
    ("text[]", "json", "pg_array"),
    ("inet", "varchar(43)", "pg_text"),
    ("xml", "longtext", "pg_text"),
    ("tsvector", "longtext", "pg_text"),
]


@pytest.mark.parametrize(("native", "expected", "route"), TYPES)
def test_types_without_a_look_at_the_values(native: str, expected: str, route: str) -> None:
    choice = choose(facts(native), MARIADB)
    assert (choice.native, choice.route) == (expected, route)
    assert choice.reason.startswith(f"{native}: ")


@pytest.mark.parametrize(
    ("native", "found", "keyed", "expected"),
    [
        ("text", profile(max_length=30), True, "varchar(255)"),
        ("text", profile(max_length=600), True, "varchar(768)"),
        ("text", profile(max_length=5000, max_bytes=5000), True, "text"),
        ("text", profile(max_length=50_000, max_bytes=50_000), False, "mediumtext"),
        ("text", None, True, "varchar(768)"),
        ("bytea", profile(max_bytes=16), True, "varbinary(3072)"),
        ("numeric", profile(max_digits=5, max_scale=3), False, "decimal(38,3)"),
        ("numeric", profile(max_digits=40, max_scale=10), False, "decimal(65,10)"),
        ("numeric", profile(max_digits=70, max_scale=0), False, "longtext"),
    ],
)
def test_values_decide_lengths_and_digits(native: str, found: ColumnProfile | None, keyed: bool, expected: str) -> None:
    assert choose(facts(native, found, keyed), MARIADB).native == expected


@pytest.mark.parametrize(
    ("native", "form"),
    [("numeric", "nan"), ("double precision", "infinity"), ("date", "infinity"), ("date", "out_of_range")],
)
def test_what_mysql_cant_store_is_set_aside(native: str, form: str) -> None:
    choice = choose(facts(native, profile(forms={form: 2})), MARIADB)
    assert choice.set_aside == 2 and "quarantine" in choice.reason


def test_texts_compare_by_their_bytes_on_either_server() -> None:
    assert choose(facts("text"), MARIADB).collation == "utf8mb4_nopad_bin"
    assert choose(facts("text"), MYSQL).collation == "utf8mb4_0900_bin"
    assert choose(facts("character(3)"), MYSQL).collation == "utf8mb4_bin"
    assert choose(facts("uuid"), MYSQL).native == "char(36)"


@pytest.mark.parametrize(
    ("native", "default", "expected"),
    [
        ("integer", "'5'::integer", "5"),
        ("integer", "(-1)", "-1"),
        ("boolean", "true", "1"),
        ("text", "'it''s \\ x'::text", "'it''s \\\\ x'"),
        ("character varying(5)", "NULL::character varying", None),
        ("numeric(4,2)", "1.5", "1.5"),
        ("date", "CURRENT_DATE", "CURRENT_DATE"),
        ("date", "('now'::text)::date", "CURRENT_DATE"),
        ("timestamp without time zone", "now()", "current_timestamp(6)"),
        ("timestamp(0) without time zone", "CURRENT_TIMESTAMP", "current_timestamp"),
        ("timestamp without time zone", "(now() AT TIME ZONE 'utc'::text)", "utc_timestamp(6)"),
        ("timestamp(3) with time zone", "now()", "utc_timestamp(3)"),
        ("timestamp(3) with time zone", "'2020-01-01 02:00:00+02'::timestamptz", "'2020-01-01 00:00:00.000'"),
        ("timestamp(0) without time zone", "'2020-01-01 00:00:00'::timestamp", "'2020-01-01 00:00:00'"),
        ("bytea", "'\\xff00'::bytea", "X'ff00'"),
        ("text[]", "'{a,\"b c\",NULL}'::text[]", "'[\"a\", \"b c\", null]'"),
        ("text[]", "ARRAY['a'::text]", "'[\"a\"]'"),
        ("jsonb", "'{}'::jsonb", "'{}'"),
        ("interval", "'1 day'::interval", "'1 day'"),
        ("uuid", "gen_random_uuid()", "UUID()"),
        ("text", "lower('A'::text)", "LOWER('A')"),
    ],
)  # fmt: skip
def test_defaults(native: str, default: str, expected: str | None) -> None:
    assert convert_default(default, choose(facts(native), MARIADB), MARIADB) == expected


@pytest.mark.parametrize(
    ("native", "default"),
    [("timestamp with time zone", "'infinity'::timestamp with time zone"), ("integer", "my_function()"),
     ("character varying(2)", "'too long'::character varying"), ("date", "'0044-03-15 BC'::date")],
)  # fmt: skip
def test_defaults_that_mysql_has_no_value_for_are_refused(native: str, default: str) -> None:
    with pytest.raises(Untranslatable):
        convert_default(default, choose(facts(native), MARIADB), MARIADB)


@pytest.mark.parametrize(
    ("default", "name"),
    [("nextval('public.s'::regclass)", "public.s"), ("nextval(('s'::text)::regclass)", "home.s"),
     ("nextval('\"A b\".\"c\"\"d\"'::regclass)", 'A b.c"d'), ("now()", None), (None, None)],
)  # fmt: skip
def test_sequences_of_defaults(default: str | None, name: str | None) -> None:
    assert sequence_of(default, "home") == name


def test_domains_are_read_with_all_they_add() -> None:
    definition = (
        'CREATE DOMAIN "public"."d" AS character varying(10) DEFAULT \'a DEFAULT b\'::character varying NOT NULL '
        'CONSTRAINT "check me" CHECK (((VALUE)::text <> \'VALUE\'::text)) CONSTRAINT "c2" CHECK ((length(VALUE) > 1))'
    )
    found = read_domain(UserType(schema_name="public", name="d", kind="domain", definition=definition))
    assert (found.base, found.not_null, found.default) == (
        "character varying(10)",
        True,
        "'a DEFAULT b'::character varying",
    )
    assert [name for name, _ in found.checks] == ["check me", "c2"]
    assert found.for_column(found.checks[0][1], '"x"') == "((\"x\")::text <> 'VALUE'::text)"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("plain", "plain"), ("a" * 63, "a" * 63), ("ends ", "ends_"), ("", "unnamed"), ("x`y", "x`y")],
)
def test_names(wanted: str, expected: str) -> None:
    assert for_mysql().take("tables", wanted).startswith(expected)


def test_names_that_differ_in_case_only_or_reach_beyond_the_server_are_told_apart() -> None:
    namer = for_mysql()
    found = [namer.take("tables", name) for name in ("T", "t", "😀", "😁", "." * 63, "." * 62 + "x")]
    assert len({name.lower() for name in found}) == len(found)
    assert all(len(name) <= 64 and all(ord(character) < 0x10000 for character in name) for name in found)


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("utf8mb4_0900_ai_ci", MARIADB, "utf8mb4_uca1400_nopad_ai_ci"),
        ("utf8mb4_sv_0900_as_cs", MARIADB, "utf8mb4_uca1400_swedish_nopad_as_cs"),
        ("utf8mb4_0900_ai_ci", Flavour.of("mariadb", "10.6.1"), "utf8mb4_unicode_520_nopad_ci"),
        ("utf8mb4_0900_bin", MARIADB, "utf8mb4_nopad_bin"),
        ("utf8mb4_nopad_bin", MYSQL, "utf8mb4_0900_bin"),
        ("utf8mb4_uca1400_swedish_ai_ci", MYSQL, "utf8mb4_sv_0900_ai_ci"),
        ("uca1400_as_cs", MYSQL, "utf8mb4_0900_as_cs"),
        ("utf8mb4_unicode_520_nopad_ci", MYSQL, "utf8mb4_0900_ai_ci"),
        ("latin1_swedish_nopad_ci", MYSQL, "latin1_swedish_ci"),
        ("utf8mb4_general_ci", MYSQL, "utf8mb4_general_ci"),
        ("utf8mb4_bin", MARIADB, "utf8mb4_bin"),
    ],
)
def test_collations_between_the_two_servers(name: str, target: Flavour, expected: str) -> None:
    assert collation(name, target)[0] == expected


def test_mariadb_only_things_on_mysql_are_named() -> None:
    column = Column(name="u", position=1, native="uuid", type=logical("uuid"), default="nextval(`db`.`s`)")
    table = Table(
        schema_name="db", name="t", columns=[column], options={"engine": "Aria", "collation": "utf8mb4_nopad_bin"}
    )
    source = Catalog(engine="mariadb", version="10.11.19", database="db", tables=[table])
    result = convert(source, {}, "mysql", "8.4.3")
    made = result.target.table("db.t")
    assert (made.columns[0].native, made.options["engine"]) == ("char(36)", "InnoDB")
    assert made.options["collation"] == "utf8mb4_0900_bin"
    assert [item.kind for item in result.omissions] == ["default"]
    assert any("Aria" in note.text for note in result.notes)


@pytest.mark.parametrize(
    ("engine", "version", "feature", "expected"),
    [("mariadb", "10.11.19-MariaDB", "uuid type", True), ("mariadb", "10.6", "uuid type", False),
     ("mysql", "8", "functional keys", True), ("mysql", "8.0.12", "functional keys", False),
     ("mysql", "9.1", "sequences", False)],
)  # fmt: skip
def test_features_by_version(engine: str, version: str, feature: str, expected: bool) -> None:
    assert Flavour.of(engine, version).has(feature) is expected
