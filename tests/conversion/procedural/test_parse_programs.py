from __future__ import annotations

from collections.abc import Callable

import pytest

from conversion.procedural.parse_mysql import parse_body as mysql
from conversion.procedural.parse_plpgsql import parse_body as plpgsql
from conversion.procedural.parse_sql_functions import parse_sql_body
from conversion.procedural.parse_sqlite import parse_trigger
from conversion.procedural.tokens import Reader, split, tokenize
from conversion.procedural.tree import Block, Node, walk
from conversion.procedural.trigger_facts import condition
from conversion.procedural.types import declared
from conversion.shapes import Untranslatable


@pytest.mark.parametrize(
    ("text", "dialect", "words"),
    [
        ("a -- b\n# c\n/* d */ 'e''f' \"g\" `h``i`", "mysql", ["a", "'e''f'", '"g"', "`h``i`"]),
        ("a--b @x @@y /*!50003 c */ 'd\\'e'", "mysql", ["a", "-", "-", "b", "@x", "@@y", "c", "'d\\'e'"]),
        ("a -- b\n/* c /* d */ e */ E'f\\'' $$g'h$$ $t$ $$ $t$ $1 1..2", "postgresql",
         ["a", "E'f\\''", "$$g'h$$", "$t$ $$ $t$", "$1", "1", "..", "2"]),
        ("[a b] \"c\" 'd' x'00' e->>f /* no end", "sqlite", ["[a b]", '"c"', "'d'", "x'00'", "e", "->>", "f"]),
    ],
)  # fmt: skip
def test_text_is_cut_by_the_engines_own_rules(text: str, dialect: str, words: list[str]) -> None:
    assert [token.text for token in tokenize(text, dialect)] == words


def test_a_reader_stops_outside_of_parentheses_and_case() -> None:
    reader = Reader("CASE WHEN a THEN b END = (c; d) THEN x", "mysql")
    assert reader.until("THEN", ";") == "CASE WHEN a THEN b END = (c; d)"
    assert split("f(a, b), 'c,d', [e]", "postgresql") == ["f(a, b)", "'c,d'", "[e]"]


def shape(node: Node) -> list[str]:
    return [type(item).__name__ for item in walk(node)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SET NEW.a = 1, NEW.b = 2", ["Several", "Assign", "Assign"]),
        ("BEGIN DECLARE a, b INT DEFAULT 1; IF a THEN SET a = 1; ELSEIF b THEN BEGIN END; END IF; END",
         ["Block", "If", "Branch", "Assign", "Branch", "Block", "Variable", "Variable"]),
        ("x: LOOP LEAVE x; ITERATE x; END LOOP x", ["Loop", "Leave", "Leave"]),
        ("BEGIN DECLARE EXIT HANDLER FOR NOT FOUND, 1062 BEGIN END; SELECT a INTO b FROM c; END",
         ["Block", "Sql", "Handler", "Block"]),
        ("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'x', MYSQL_ERRNO = 5", ["Raise"]),
        ("TRUNCATE t", ["Unknown"]),
    ],
)  # fmt: skip
def test_bodies_of_mysql_become_a_tree(text: str, names: list[str]) -> None:
    assert shape(mysql(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("DECLARE a int := 1; BEGIN a := 2; NULL; END;", ["Block", "Assign", "Nothing", "Variable"]),
        ("<<x>> BEGIN FOR i IN REVERSE 1..f(2) BY 2 LOOP EXIT x WHEN i = 1; END LOOP; END x",
         ["Block", "ForRange", "Leave"]),
        ("BEGIN FOR r IN SELECT 1 LOOP CONTINUE; END LOOP; RETURN; END", ["Block", "ForQuery", "Leave", "Return"]),
        ("BEGIN INSERT INTO t VALUES (1) RETURNING a INTO b; SELECT INTO STRICT x y FROM z; PERFORM f(1); END",
         ["Block", "Sql", "Sql", "Sql"]),
        ("BEGIN RAISE NOTICE 'a % b %%', c; EXCEPTION WHEN others OR unique_violation THEN RAISE; END",
         ["Block", "Raise", "Handler", "Raise"]),
        ("BEGIN a[1] := 2; GET DIAGNOSTICS n = ROW_COUNT; END", ["Block", "Unknown", "Unknown"]),
    ],
)  # fmt: skip
def test_bodies_of_plpgsql_become_a_tree(text: str, names: list[str]) -> None:
    assert shape(plpgsql(text)) == names


@pytest.mark.parametrize(
    ("text", "returns", "names"),
    [
        ("SELECT $1 + 1 AS x", True, ["Block", "Return"]),
        ("DELETE FROM a; SELECT b FROM c", True, ["Block", "Sql", "Return"]),
        ("RETURN a + b", True, ["Block", "Return"]),
        ("BEGIN ATOMIC DELETE FROM a; END", False, ["Block", "Sql"]),
    ],
)
def test_functions_in_sql_become_a_tree(text: str, returns: bool, names: list[str]) -> None:
    assert shape(parse_sql_body(text, returns)) == names


def test_a_trigger_of_sqlite_is_read_whole() -> None:
    found = parse_trigger(
        'CREATE TEMP TRIGGER IF NOT EXISTS "a""b" INSTEAD OF UPDATE OF [x y], \'z\' ON main.v WHEN new.a > (1) BEGIN '
        "SELECT CASE WHEN a = ';' THEN RAISE(ABORT, 'end; END') END; DELETE FROM t; END"
    )
    assert (found.timing, found.event, found.columns, found.condition) == (
        "INSTEAD OF", "UPDATE", ["x y", "z"], "new.a > (1)",
    )  # fmt: skip
    assert shape(Block(found.body)) == ["Block", "If", "Branch", "Raise", "Sql"]


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((mysql, text) for text in ("BEGIN", "BEGIN SET a = 1 END", "IF a THEN", "x: LOOP END", "SET = 1")),
        *((plpgsql, text) for text in ("", "BEGIN", "BEGIN a := 1 END", "DECLARE a", "BEGIN x; y", "BEGIN END; END")),
        *((parse_trigger, text) for text in ("", "CREATE TRIGGER", "CREATE TRIGGER a AFTER", "DROP TRIGGER a")),
    ],
)
def test_half_a_program_is_refused_with_a_reason(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(Untranslatable):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TG_OP = 'INSERT'", True),
        ("TG_OP <> 'INSERT'", False),
        ("TG_OP IN ('UPDATE', 'DELETE')", False),
        ("(TG_OP = 'INSERT') AND NEW.a > 1", "NEW.a > 1"),
        ("TG_OP = 'DELETE' OR NOT TG_OP = 'INSERT'", False),
        ("NEW.a = 'TG_OP'", "NEW.a = 'TG_OP'"),
    ],
)
def test_what_the_event_decides_is_settled(text: str, expected: str | bool) -> None:
    assert condition(text, {"tg_op": "INSERT"}) == expected


@pytest.mark.parametrize(
    ("native", "ends", "expected"),
    [
        ("int(10) unsigned", ("mysql", "postgresql"), "bigint"),
        ("varchar(30) CHARSET utf8mb4 COLLATE utf8mb4_general_ci", ("mysql", "postgresql"), "varchar(30)"),
        ("decimal(10, 2) unsigned", ("mysql", "postgresql"), "numeric(10,2)"),
        ("datetime(3)", ("mysql", "postgresql"), "timestamp(3)"),
        ("timestamp", ("mysql", "postgresql"), "timestamp(0) with time zone"),
        ("double precision", ("mysql", "postgresql"), "double precision"),
        ("timestamp(3) without time zone", ("postgresql", "mysql"), "datetime(3)"),
        ("numeric(10,2)", ("postgresql", "mysql"), "decimal(10,2)"),
        ("character varying(5)", ("postgresql", "mysql"), "varchar(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
    ],
)
def test_types_of_variables_have_their_counterpart(native: str, ends: tuple[str, str], expected: str) -> None:
    assert declared(native, ends).native == expected


@pytest.mark.parametrize("native", ["inet", "int[]", "record", "geometry", "public.my_type"])
def test_a_type_without_counterpart_is_refused(native: str) -> None:
    with pytest.raises(Untranslatable, match="no known counterpart"):
        declared(native, ("postgresql", "mysql"))
