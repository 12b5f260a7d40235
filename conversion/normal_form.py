"""Expressions and queries of one engine in a form that is equal when the server would say they mean the same.

A server stores an expression parsed and prints it its own way: with casts it added, IN as = ANY (ARRAY[...]),
BETWEEN as two comparisons, names qualified or not, MySQL with backticks and the character set of each literal. The
normal form takes back what those rewritings add; casts are left out altogether, because the server adds its own, so a
change in nothing but a cast is not seen.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite", "mysql": "mysql", "mariadb": "mysql"}
CASE_BLIND = frozenset({"mysql", "mariadb", "sqlite"})  # quoted or not, their column names fold
NOISE = {"AS", "(", ")", "INNER", "OUTER", "CROSS", "JOIN", ",", "ASC", "ON", "WHERE", ";"}
MOMENTS = (exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp)  # one function of many names (MySQL manual)
WRAPPERS = (exp.Paren, exp.Cast, exp.TryCast)
# Casts of literals go before parsing: the parser reads to_char(x, 'YYYY') and to_char(x, 'YYYY'::text) apart.
LITERAL_CASTS = re.compile(r"('(?:[^']|'')*')::(?:text|character varying|bpchar|name)\b(?:\(\d+\))?(?!\[)")
MOMENT = re.compile(r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([+-]\d\d(:?\d\d)?)?)?$")
NUMBER = re.compile(r"'([+-]?\d*\.?\d+(?:e[+-]?\d+)?)'", re.IGNORECASE)
NULL_DEFAULTS = re.compile(r"^\s*null(\s*::.*)?$", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def expression(sql: str | None, engine: str) -> str:
    """The normal form of an expression; of one that can't be parsed, its words in lower case."""
    if sql is None or NULL_DEFAULTS.match(sql):
        return ""
    node = _parsed(f"SELECT {sql}", engine)
    if not isinstance(node, exp.Select) or len(node.expressions) != 1:
        return words(sql)
    return _canonical(_simplified(node.expressions[0], engine))


def number(form: str) -> str:
    """The form of a numeric column's default: 0.50, '0.5' and .5 are one number, true is 1."""
    if form in ("Boolean(this=true)", "Boolean(this=false)", "Boolean()"):
        return "1" if "true" in form else "0"
    found = NUMBER.fullmatch(form)
    return f"{Decimal(found[1]).normalize():f}" if found else form


@lru_cache(maxsize=5_000)
def query(sql: str, engine: str) -> str:
    """The normal form of a view's query: its tokens without qualifiers, parentheses, casts and aliases of no effect."""
    node = _parsed(sql, engine)
    if node is None:
        return words(sql)
    simple = _simplified(node, engine)
    dialect = sqlglot.Dialect.get_or_raise(DIALECTS.get(engine, engine))
    text = simple.sql(dialect=dialect, comments=False)
    texts = (token.text for token in dialect.tokenize(text))
    tokens = [_moment(token) if MOMENT.match(token) else token for token in texts]
    return " ".join(token.lower() for token in tokens if token.upper() not in NOISE)


def words(sql: str) -> str:
    """The text with single spaces, in lower case outside of quotes."""
    parts = re.split(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")", sql)
    return "".join(part if part[:1] in "'\"" else re.sub(r"\s+", " ", part).lower() for part in parts).strip()


def _parsed(sql: str, engine: str) -> exp.Expr | None:
    if engine == "postgresql":
        sql = LITERAL_CASTS.sub(r"\1", sql)
    try:
        found = sqlglot.parse_one(sql, read=DIALECTS.get(engine, engine))
    except SqlglotError:
        return None
    return None if isinstance(found, exp.Command) else found


def _simplified(node: exp.Expr, engine: str) -> exp.Expr:
    return _walked(node.copy(), engine in CASE_BLIND)


def _walked(node: exp.Expr, blind: bool) -> exp.Expr:
    """The tree with every part simplified, the innermost first; blind: column names fold."""
    for name, value in list(node.args.items()):
        if isinstance(value, exp.Expr):
            node.set(name, _walked(value, blind))
        elif isinstance(value, list):
            node.set(name, [_walked(item, blind) if isinstance(item, exp.Expr) else item for item in value])
    if blind and isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
        return exp.Column(this=exp.to_identifier(node.name.lower(), quoted=True))
    if blind and (isinstance(node, MOMENTS) or (isinstance(node, exp.Anonymous) and node.name.lower() == "now")):
        return exp.CurrentTimestamp(this=node.this if isinstance(node, MOMENTS) else (node.expressions or [None])[0])
    return _step(node)


def _step(node: exp.Expr) -> exp.Expr:
    if isinstance(node, WRAPPERS):
        inner: exp.Expr = node.this
        return inner
    if isinstance(node, exp.Introducer):
        literal: exp.Expr = node.expression
        return literal
    if isinstance(node, exp.Alias) and isinstance(node.this, exp.Column) and node.alias == node.this.name:
        return node.this
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
        return exp.Column(this=node.this)
    if isinstance(node, exp.Identifier):
        return exp.to_identifier(_folded(node), quoted=True)
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return exp.Literal(this="-" + node.this.name, is_string=False)
    if isinstance(node, exp.Between):
        low = exp.GTE(this=node.this.copy(), expression=node.args["low"])
        return exp.And(this=low, expression=exp.LTE(this=node.this.copy(), expression=node.args["high"]))
    if isinstance(node, exp.NullSafeEQ):
        return exp.Not(this=exp.NullSafeNEQ(this=node.this, expression=node.expression))
    return _listed(node)


def _listed(node: exp.Expr) -> exp.Expr:
    """= ANY (ARRAY[...]) and <> ALL (ARRAY[...]) as IN and NOT IN; ELSE NULL left out; table names without schema."""
    if isinstance(node, (exp.EQ, exp.NEQ)):
        values = _array(node.expression, "ANY" if isinstance(node, exp.EQ) else "ALL")
        if values is not None:
            found = exp.In(this=node.this, expressions=values)
            return found if isinstance(node, exp.EQ) else exp.Not(this=found)
    if isinstance(node, exp.Case) and isinstance(node.args.get("default"), exp.Null):
        node.set("default", None)
    if isinstance(node, exp.Table):
        node.set("db", None)
        if node.alias and node.alias.lower() == node.name.lower():
            node.set("alias", None)
    return node


def _array(node: exp.Expr, word: str) -> list[exp.Expr] | None:
    if isinstance(node, exp.Any) and word == "ANY":
        inner = node.this
    elif isinstance(node, exp.Anonymous) and str(node.this).upper() == "ALL" and word == "ALL":
        inner = node.expressions[0] if node.expressions else None
    else:
        return None
    return list(inner.expressions) if isinstance(inner, exp.Array) else None


def _folded(identifier: exp.Identifier) -> str:
    return str(identifier.this) if identifier.args.get("quoted") else str(identifier.this).lower()


def _canonical(node: object) -> str:
    """The tree as text, with AND, OR and || flattened."""
    if isinstance(node, (exp.And, exp.Or, exp.DPipe)):
        kind = type(node)
        return f"{kind.__name__}({', '.join(_canonical(item) for item in _flattened(node, kind))})"
    if isinstance(node, exp.Literal):
        return repr(_number(node.name))
    if isinstance(node, exp.Column):
        return f"[{node.name}]"
    if isinstance(node, exp.Identifier):
        return f"[{node.this}]"
    if isinstance(node, exp.Expr):
        parts = []
        for name, value in sorted(node.args.items()):
            if value is None or value is False or value == [] or name in ("safe", "typed", "quoted", "big_int"):
                continue
            parts.append(f"{name}={_canonical(value)}")
        return f"{type(node).__name__}({', '.join(parts)})"
    if isinstance(node, list):
        return "[" + ", ".join(_canonical(item) for item in node) + "]"
    return str(node).lower()


def _number(text: str) -> str:
    if MOMENT.match(text):
        return _moment(text)
    return re.sub(r"\.0+$", "", text) if re.fullmatch(r"-?\d+\.\d+", text) else text


def _moment(text: str) -> str:
    """A date-time literal in UTC: the server prints it in the session's time zone, and midnight as 00:00:00."""
    spelled = re.sub(r"([+-]\d\d)$", r"\1:00", text)
    try:
        moment = datetime.datetime.fromisoformat(spelled)
        return (moment.astimezone(datetime.UTC) if moment.tzinfo else moment).isoformat()
    except (ValueError, OverflowError):
        return text


def _flattened(node: exp.Expr, kind: type[exp.Expr]) -> list[exp.Expr]:
    if not isinstance(node, kind):
        return [node]
    return [*_flattened(node.this, kind), *_flattened(node.expression, kind)]
