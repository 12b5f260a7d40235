"""Text functions, patterns and casts to text."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from conversion.shapes import Untranslatable
from conversion.to_mysql.sql.translator import Handler, Translator
from conversion.to_mysql.sql.values import TEXTS, Value, call, collated, made, text_value
from engines.catalog import Kind
from engines.mysql.quoting import quote_literal

# Regular expressions that mean the same in PostgreSQL, PCRE (MariaDB) and ICU (MySQL 8)
COMMON_PATTERN = re.compile(
    r"(?:[A-Za-z0-9 _@%&=:;,!#\"'/<>~`-]|[.*+?^$|()]|\\[.*+?^$|()\[\]{}/\\-]|\{\d+(?:,\d*)?\}"
    r"|\[\^?(?:[A-Za-z0-9 _.@%+*?$|()/:;,#!=&'\"-]|\\[.\\\]\[-])+\])*"
)


def text_of(value: Value) -> Value:
    """A text, or refused."""
    if value.kind is not None and value.kind not in TEXTS:
        raise Untranslatable(f"a text function on a {value.kind.value} value")
    return value


def as_text(value: Value) -> Value:
    """The value as PostgreSQL's ::text spells it; refused where MySQL would spell it otherwise."""
    if value.kind in (Kind.TEXT, Kind.CHAR, None):
        return value
    if value.kind in (Kind.ENUM, Kind.UUID, Kind.INTEGER):
        length = 20 if value.kind is Kind.INTEGER else None
        return replace(made(f"CAST({value.sql} AS CHAR)", Kind.TEXT, value, atomic=True), length=length)
    if value.kind is Kind.BOOLEAN:
        sql = f"CASE WHEN {value.sql} THEN 'true' WHEN NOT ({value.sql}) THEN 'false' END"
        return replace(made(sql, Kind.TEXT, value), length=5)
    if value.kind is Kind.DATE:
        return replace(made(f"DATE_FORMAT({value.sql}, '%Y-%m-%d')", Kind.TEXT, value, atomic=True), length=10)
    raise Untranslatable(f"the text of a {value.kind.value} value differs between PostgreSQL and MySQL")


def cut(value: Value, length: int) -> Value:
    """The first characters, as PostgreSQL's cast to varchar(n) leaves them."""
    if value.length is not None and value.length <= length:
        return value
    return replace(made(f"LEFT({value.sql}, {length})", Kind.TEXT, value, atomic=True), length=length)


def _folding(name: str) -> Handler:
    def handler(translator: Translator, node: exp.Expr) -> Value:
        value = text_of(translator.value(node.this))
        return replace(call(name, Kind.TEXT, value), length=value.length)

    return handler


def _length(translator: Translator, node: exp.Expr) -> Value:
    value = translator.value(node.this)
    if value.kind is Kind.BINARY:
        return call("OCTET_LENGTH", Kind.INTEGER, value)
    if value.kind is Kind.CHAR:
        raise Untranslatable("length() of character(n)")
    return call("CHAR_LENGTH", Kind.INTEGER, text_of(value))


def _octets(translator: Translator, node: exp.Expr) -> Value:
    value = translator.value(node.expressions[0])
    return call("OCTET_LENGTH", Kind.INTEGER, value if value.kind is Kind.BINARY else text_of(value))


def _positive(node: exp.Expr | None) -> str:
    """A literal that is at least 1; other starts and lengths are counted otherwise."""
    if not isinstance(node, exp.Literal) or not node.name.isdigit() or int(node.name) < 1:
        raise Untranslatable("a position or length that isn't a positive number")
    return node.name


def _substring(translator: Translator, node: exp.Expr) -> Value:
    value = text_of(translator.value(node.this))
    start, length = _positive(node.args.get("start")), node.args.get("length")
    tail = f", {_positive(length)}" if length is not None else ""
    return made(f"SUBSTRING({value.sql}, {start}{tail})", Kind.TEXT, value, atomic=True)


def _edge(name: str) -> Handler:
    def handler(translator: Translator, node: exp.Expr) -> Value:
        value = text_of(translator.value(node.this))
        return made(f"{name}({value.sql}, {_positive(node.expression)})", Kind.TEXT, value, atomic=True)

    return handler


def _trim(translator: Translator, node: exp.Expr) -> Value:
    value = text_of(translator.value(node.this))
    position = str(node.args.get("position") or "BOTH").upper()
    characters = translator.value(node.expression).literal if node.expression else " "
    if characters is None or len(characters) != 1:
        raise Untranslatable("trim() of a set of characters")
    return replace(
        made(f"TRIM({position} {quote_literal(characters)} FROM {value.sql})", Kind.TEXT, value, atomic=True),
        length=value.length,
    )


def _position(translator: Translator, node: exp.Expr) -> Value:
    value, wanted = (text_of(translator.value(item)) for item in (node.this, node.args["substr"]))
    if not value.collation:
        value = collated(value, translator.flavour.exact)
    return made(f"LOCATE({wanted.sql}, {value.sql})", Kind.INTEGER, value, wanted, atomic=True)


def _replace(translator: Translator, node: exp.Expr) -> Value:
    parts = [text_of(translator.value(item)) for item in (node.this, node.expression, node.args["replacement"])]
    if parts[1].literal == "" or parts[1].literal is None:
        raise Untranslatable("replace() of a text that isn't a literal")
    return call("REPLACE", Kind.TEXT, *parts)


def _concat(translator: Translator, node: exp.Expr) -> Value:
    """PostgreSQL's concat() leaves NULLs out."""
    parts = [as_text(translator.value(item)) for item in node.expressions]
    filled = [part if not part.nullable else call("COALESCE", Kind.TEXT, part, text_value("")) for part in parts]
    return call("CONCAT", Kind.TEXT, *filled)


def _concat_ws(translator: Translator, node: exp.Expr) -> Value:
    return call("CONCAT_WS", Kind.TEXT, *(as_text(translator.value(item)) for item in node.expressions))


def _like(translator: Translator, node: exp.Expr) -> Value:
    escape = None
    if isinstance(node, exp.Escape):
        escape, node = node.expression, node.this
    value, pattern = text_of(translator.value(node.this)), text_of(translator.value(node.expression))
    if isinstance(node, exp.ILike):
        value, pattern = call("LOWER", Kind.TEXT, value), call("LOWER", Kind.TEXT, pattern)
        translator.note("ILIKE folds case by Unicode here, by the locale in PostgreSQL")
    if value.kind is Kind.UUID or not value.collation:
        value = collated(value, translator.flavour.exact)
    word = "NOT LIKE" if node.args.get("negate") else "LIKE"
    sql = f"{value.grouped} {word} {pattern.grouped}"
    if escape is not None:
        sql += f" ESCAPE {translator.value(escape).sql}"
    return made(sql, Kind.BOOLEAN, value, pattern)


def _regular(translator: Translator, node: exp.Expr) -> Value:
    value, pattern = text_of(translator.value(node.this)), translator.value(node.expression).literal
    if pattern is None or "(?" in pattern or not COMMON_PATTERN.fullmatch(pattern):
        raise Untranslatable("a regular expression that the engines may read differently")
    if isinstance(node, exp.RegexpILike):
        value = collated(value, translator.flavour.caseless)
    elif not value.collation:
        value = collated(value, translator.flavour.exact)
    return made(f"{value.grouped} REGEXP {quote_literal(pattern)}", Kind.BOOLEAN, value)


def _pad(translator: Translator, node: exp.Expr) -> Value:
    value = text_of(translator.value(node.this))
    fill = translator.value(node.args["fill_pattern"]) if node.args.get("fill_pattern") else text_value(" ")
    name = "LPAD" if node.args.get("is_left") else "RPAD"
    sql = f"{name}({value.sql}, {_positive(node.expression)}, {text_of(fill).sql})"
    return made(sql, Kind.TEXT, value, fill, atomic=True)


def _repeat(translator: Translator, node: exp.Expr) -> Value:
    value = text_of(translator.value(node.this))
    return made(f"REPEAT({value.sql}, {_positive(node.args['times'])})", Kind.TEXT, value, atomic=True)


def _starts_with(translator: Translator, node: exp.Expr) -> Value:
    value, start = (text_of(translator.value(item)) for item in (node.this, node.expression))
    if not value.collation:
        value = collated(value, translator.flavour.exact)
    return made(f"LEFT({value.sql}, CHAR_LENGTH({start.sql})) = {start.grouped}", Kind.BOOLEAN, value, start)


def _md5(translator: Translator, node: exp.Expr) -> Value:
    return replace(call("MD5", Kind.TEXT, text_of(translator.value(node.this))), length=32)


TEXT_FUNCTIONS: dict[str | type[exp.Expr], Handler] = {
    exp.Lower: _folding("LOWER"),
    exp.Upper: _folding("UPPER"),
    exp.Reverse: _folding("REVERSE"),
    exp.Length: _length,
    "OCTET_LENGTH": _octets,
    exp.Substring: _substring,
    exp.Left: _edge("LEFT"),
    exp.Right: _edge("RIGHT"),
    exp.Trim: _trim,
    exp.StrPosition: _position,
    exp.Replace: _replace,
    exp.Concat: _concat,
    exp.ConcatWs: _concat_ws,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Escape: _like,
    exp.RegexpLike: _regular,
    exp.RegexpILike: _regular,
    exp.Pad: _pad,
    exp.Repeat: _repeat,
    exp.StartsWith: _starts_with,
    exp.MD5: _md5,
}
