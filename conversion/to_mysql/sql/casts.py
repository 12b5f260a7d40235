"""PostgreSQL's casts on MySQL: those that give the same value for every value they take."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from conversion.shapes import NUMBERS, Untranslatable
from conversion.to_mysql.sql.comparisons import moment_literal
from conversion.to_mysql.sql.texts import as_text, cut
from conversion.to_mysql.sql.translator import Handler, Translator
from conversion.to_mysql.sql.values import TEXTS, Value, made, number_value, text_value
from engines.catalog import Kind
from engines.mysql.quoting import quote_literal

NUMBER = re.compile(r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$")
INTEGERS = {"SMALLINT", "INT", "BIGINT", "TINYINT"}
INTEGER_DIGITS = 20  # of an integer of 64 bits, with or without a sign
TEXT_NAMES = {"TEXT", "VARCHAR", "NAME", "CITEXT"}
TRUE_WORDS = {"t": "TRUE", "true": "TRUE", "yes": "TRUE", "on": "TRUE", "1": "TRUE", "y": "TRUE"}
FALSE_WORDS = {"f": "FALSE", "false": "FALSE", "no": "FALSE", "off": "FALSE", "0": "FALSE", "n": "FALSE"}
UTC = "a change between timestamp and timestamptz follows UTC here, the session's time zone in PostgreSQL"


def _cast(translator: Translator, node: exp.Expr) -> Value:
    to = node.args["to"]
    if not isinstance(to, exp.DataType):
        raise Untranslatable(f"a cast to {to.sql(dialect='postgres')}")
    name, arguments = to.this.name if hasattr(to.this, "name") else str(to.this), _arguments(to)
    inner = node.this.unnest()
    if isinstance(inner, exp.Literal) and inner.args.get("is_string"):
        return _literal(translator, inner.name, name, arguments, to)
    value = translator.value(node.this)
    return value if value.kind is None else _converted(translator, value, name, arguments, to)


def _arguments(to: exp.DataType) -> list[int]:
    return [int(item.name) for item in to.expressions if isinstance(item, exp.DataTypeParam) and item.name.isdigit()]


def _literal(translator: Translator, text: str, name: str, arguments: list[int], to: exp.DataType) -> Value:
    """A literal of that type."""
    if name in TEXT_NAMES:
        return text_value(text[: arguments[0]] if arguments else text)
    if name in ("CHAR", "BPCHAR"):
        return text_value(text.rstrip(" "), Kind.CHAR)
    if name in INTEGERS or name in ("DECIMAL", "DOUBLE", "FLOAT"):
        return _number(text.strip(), name)
    if name == "BOOLEAN":
        word = TRUE_WORDS.get(text.strip().lower()) or FALSE_WORDS.get(text.strip().lower())
        if word is None:
            raise Untranslatable(f"{text!r} is no boolean")
        return Value(word, Kind.BOOLEAN, literal="1" if word == "TRUE" else "0", nullable=False)
    if name == "DATE":
        return moment_literal(text, Kind.DATE, False)
    if name in ("TIMESTAMP", "TIMESTAMPNTZ", "TIMESTAMPTZ"):
        return moment_literal(text, Kind.TIMESTAMP, name == "TIMESTAMPTZ")
    if name == "TIME":
        return Value(f"TIME{quote_literal(text.strip())}", Kind.TIME, literal=text.strip(), nullable=False)
    if name == "UUID":
        return text_value(text.strip().lower(), Kind.UUID)
    if name in ("VARBINARY", "BINARY", "BLOB") and re.fullmatch(r"\\x(?:[0-9a-fA-F]{2})*", text):
        return Value(f"X'{text[2:]}'", Kind.BINARY, literal=text, nullable=False)
    if name == "BIT" and re.fullmatch(r"[01]+", text):
        return Value(f"b'{text}'", Kind.BIT, literal=text, nullable=False)
    if name in ("JSON", "JSONB"):
        return replace(text_value(text), kind=Kind.JSON)
    if name == "USERDEFINED":
        return text_value(text)
    raise Untranslatable(f"a literal of type {to.sql(dialect='postgres').lower()}")


def _number(text: str, name: str) -> Value:
    if not NUMBER.match(text):
        raise Untranslatable(f"the number {text}, which MySQL has no value for")
    if name in ("DOUBLE", "FLOAT"):
        spelled = text if "e" in text.lower() else text + "e0"
        return Value(spelled, Kind.FLOAT, literal=text, nullable=False)
    value = number_value(text)
    return value if name in INTEGERS else replace(value, kind=Kind.DECIMAL)


def _converted(translator: Translator, value: Value, name: str, arguments: list[int], to: exp.DataType) -> Value:
    """A computed value in that type."""
    if value.kind is Kind.JSON and name not in TEXT_NAMES:
        return _from_json(translator, value, name)
    if name in TEXT_NAMES:
        found = as_text(value)
        return cut(found, arguments[0]) if arguments else found
    if name in ("CHAR", "BPCHAR"):
        if value.kind not in (Kind.TEXT, Kind.CHAR):
            raise Untranslatable(f"a {value.kind.value if value.kind else ''} value as character(n)")
        return cut(value, arguments[0]) if arguments else value
    if name in INTEGERS:
        return _to_integer(translator, value)
    if name == "DECIMAL":
        return _to_decimal(value, arguments)
    if name in ("DOUBLE", "FLOAT") and value.kind in NUMBERS:
        return value if value.kind is Kind.FLOAT else made(f"{value.grouped} + 0e0", Kind.FLOAT, value)
    if name == "BOOLEAN" and value.kind in (Kind.BOOLEAN, Kind.INTEGER):
        return value if value.kind is Kind.BOOLEAN else made(f"{value.grouped} <> 0", Kind.BOOLEAN, value)
    if name in ("DATE", "TIMESTAMP", "TIMESTAMPNTZ", "TIMESTAMPTZ", "TIME"):
        return _to_moment(translator, value, name)
    if name == "UUID" and value.kind is Kind.UUID:
        return value
    if name == "USERDEFINED" and value.kind in TEXTS:
        return value
    kind = value.kind.value if value.kind else "NULL"
    raise Untranslatable(f"a {kind} value as {to.sql(dialect='postgres').lower()}")


def _from_json(translator: Translator, value: Value, name: str) -> Value:
    """A number or boolean inside JSON; PostgreSQL refuses values of other types."""
    if name in ("JSON", "JSONB"):
        return value
    text = f"JSON_UNQUOTE({value.sql})"
    if name == "BOOLEAN":
        sql = f"CASE ({text} COLLATE utf8mb4_bin) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
        return replace(made(sql, Kind.BOOLEAN, value), nullable=True)
    kinds = {"DECIMAL": ("DECIMAL(65,30)", Kind.DECIMAL), **dict.fromkeys(INTEGERS, ("SIGNED", Kind.INTEGER))}
    if name not in kinds:
        raise Untranslatable(f"a JSON value as {name.lower()}")
    translator.note("JSON that is no number is an error in PostgreSQL; MySQL reads the digits at its start")
    native, kind = kinds[name]
    return replace(made(f"CAST({text} AS {native})", kind, value, atomic=True), nullable=True)


def _to_integer(translator: Translator, value: Value) -> Value:
    if value.kind is Kind.INTEGER:
        return value
    if value.kind is Kind.BOOLEAN:
        return replace(value, kind=Kind.INTEGER)
    if value.kind is Kind.DECIMAL:
        return made(f"CAST({value.sql} AS SIGNED)", Kind.INTEGER, value, atomic=True)
    if value.kind in (Kind.TEXT, Kind.CHAR):
        translator.note("a text that is no number is an error in PostgreSQL; MySQL reads the digits at its start")
        return made(f"CAST({value.sql} AS SIGNED)", Kind.INTEGER, value, atomic=True)
    raise Untranslatable(f"a {value.kind.value if value.kind else ''} value as integer")


def _to_decimal(value: Value, arguments: list[int]) -> Value:
    if value.kind not in (Kind.INTEGER, Kind.DECIMAL):
        raise Untranslatable(f"a {value.kind.value if value.kind else ''} value as numeric")
    if not arguments and (value.kind is Kind.DECIMAL or value.literal is not None):
        return replace(value, kind=Kind.DECIMAL)
    if not arguments:  # what is computed of it may pass 64 bits
        arguments = [INTEGER_DIGITS]
    precision, scale = (*arguments, 0)[:2]
    if precision > 65 or scale > 30:
        raise Untranslatable(f"numeric({precision},{scale}), which MySQL's decimal doesn't hold")
    return made(f"CAST({value.sql} AS DECIMAL({precision},{scale}))", Kind.DECIMAL, value, atomic=True)


def _to_moment(translator: Translator, value: Value, name: str) -> Value:
    if value.kind is Kind.TIMESTAMP and name == "DATE":
        if value.zoned:
            translator.note(UTC)
        return made(f"DATE({value.sql})", Kind.DATE, value, atomic=True)
    if value.kind is Kind.TIMESTAMP and name == "TIME":
        return made(f"TIME({value.sql})", Kind.TIME, value, atomic=True)
    if value.kind is Kind.TIMESTAMP and name != "TIME":
        zoned = name == "TIMESTAMPTZ"
        if zoned != value.zoned:
            translator.note(UTC)
        return replace(value, zoned=zoned)
    if value.kind is Kind.DATE and name != "TIME":
        if name == "DATE":
            return value
        found = made(f"CAST({value.sql} AS DATETIME(6))", Kind.TIMESTAMP, value, atomic=True)
        return replace(found, zoned=name == "TIMESTAMPTZ")
    if value.kind is Kind.TIME and name == "TIME":
        return value
    raise Untranslatable(f"a {value.kind.value if value.kind else ''} value as {name.lower()}")


CASTS: dict[str | type[exp.Expr], Handler] = {exp.Cast: _cast}
