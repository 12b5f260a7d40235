"""Clauses of MySQL and MariaDB statements: columns, keys, indexes, references, table options, partitions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conversion.to_mysql.flavour import Flavour
from engines.catalog import Check, Column, ForeignKey, Index, IndexKey, Key, Kind, Part, Partitioning, Sequence, Table
from engines.mysql.quoting import quote_identifier, quote_literal

# What may stand after DEFAULT without parentheses: literals, the clock, and words.
PLAIN_DEFAULT = re.compile(
    r"(?:(?:[nN]|_[a-z0-9]+\s*)?'(?:[^'\\]|\\.|'')*'|[bBxX]'[0-9a-fA-F]*'|0x[0-9a-fA-F]+|[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
    r"|NULL|TRUE|FALSE|(?:CURRENT_TIMESTAMP|NOW|LOCALTIMESTAMP|LOCALTIME)(?:\s*\(\d?\))?)",
    re.IGNORECASE | re.DOTALL,
)
CLOCK = re.compile(r"(?:CURRENT_TIMESTAMP|NOW|LOCALTIMESTAMP|LOCALTIME)(?:\s*\((\d?)\))?", re.IGNORECASE)
WITHOUT_LITERAL_DEFAULT = ("tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob",
                           "json", "geometry")  # fmt: skip
# options of a table as the catalog names them -> how CREATE TABLE writes them, in this order
TABLE_OPTIONS: dict[str, str] = {
    "engine": "ENGINE={word}", "charset": "DEFAULT CHARSET={word}", "collation": "COLLATE={word}",
    "row_format": "ROW_FORMAT={word}", "key_block_size": "KEY_BLOCK_SIZE={number}",
    "auto_increment": "AUTO_INCREMENT={number}", "avg_row_length": "AVG_ROW_LENGTH={number}",
    "max_rows": "MAX_ROWS={number}", "min_rows": "MIN_ROWS={number}", "checksum": "CHECKSUM={number}",
    "delay_key_write": "DELAY_KEY_WRITE={number}", "pack_keys": "PACK_KEYS={word}",
    "stats_persistent": "STATS_PERSISTENT={word}", "stats_auto_recalc": "STATS_AUTO_RECALC={word}",
    "stats_sample_pages": "STATS_SAMPLE_PAGES={word}", "insert_method": "INSERT_METHOD={word}",
    "page_compressed": "PAGE_COMPRESSED={word}", "page_compression_level": "PAGE_COMPRESSION_LEVEL={number}",
    "compression": "COMPRESSION={text}", "encryption": "ENCRYPTION={text}", "transactional": "TRANSACTIONAL={number}",
    "page_checksum": "PAGE_CHECKSUM={number}", "encrypted": "`ENCRYPTED`={word}",
    "encryption_key_id": "`ENCRYPTION_KEY_ID`={number}",
}  # fmt: skip
ROW_TIME = re.compile(r"ROW (START|END)", re.IGNORECASE)  # of a table whose versions MariaDB keeps
WORD = re.compile(r"[A-Za-z0-9_]+")


def names(columns: Iterable[str], prefixes: dict[str, int] | None = None) -> str:
    """Quoted names with commas, each with the length of its prefix where it has one."""
    return ", ".join(
        quote_identifier(name) + (f"({prefixes[name]})" if prefixes and name in prefixes else "") for name in columns
    )


def comment_sql(comment: str | None) -> str:
    """The COMMENT clause, with a space before it."""
    return f" COMMENT {quote_literal(comment)}" if comment else ""


def column_sql(column: Column, table: Table, flavour: Flavour) -> str:
    """A column of CREATE TABLE or ADD COLUMN: type, character set, computed value or default, NOT NULL, comment."""
    sql = f"{quote_identifier(column.name)} {_native(column, flavour)}{_charset(column, table)}"
    if column.generated is not None:
        if ROW_TIME.fullmatch(column.generated.expression.strip()):
            return f"{sql} GENERATED ALWAYS AS {column.generated.expression.strip()}{_visibility(column, flavour)}"
        sql += (
            f" GENERATED ALWAYS AS ({column.generated.expression}) {'STORED' if column.generated.stored else 'VIRTUAL'}"
        )
        sql += " NOT NULL" if not column.nullable and not flavour.is_mariadb else ""
        return sql + _visibility(column, flavour) + comment_sql(column.comment)
    if not column.nullable:
        sql += " NOT NULL"
    elif column.native.lower().startswith("timestamp"):
        sql += " NULL"  # without it a server with explicit_defaults_for_timestamp off makes it NOT NULL
    if column.default is not None:
        sql += f" DEFAULT {default_sql(column.default, column.native, flavour)}"
    if column.on_update:
        sql += f" ON UPDATE {column.on_update}"
    if column.identity is not None:
        sql += " AUTO_INCREMENT"
    return sql + _visibility(column, flavour) + comment_sql(column.comment)


def default_sql(default: str, native: str, flavour: Flavour) -> str:
    """What stands after DEFAULT: literals and the clock as they are, expressions in parentheses."""
    text = default.strip()
    base = re.split(r"[( ]", native.strip().lower(), maxsplit=1)[0]
    if PLAIN_DEFAULT.fullmatch(text):
        clock = CLOCK.fullmatch(text) and base not in ("datetime", "timestamp")
        bare = text.upper() == "NULL" or base not in WITHOUT_LITERAL_DEFAULT
        if not clock and (bare or flavour.has("literal defaults of texts")):
            return text
    if text.startswith("(") and _closes_at_end(text):
        return text
    return f"({text})"


def _closes_at_end(text: str) -> bool:
    """True when the first parenthesis is closed by the last character; parentheses in quotes don't count."""
    depth = 0
    for found in re.finditer(r"'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|\"(?:[^\"\\]|\\.|\"\")*\"|[()]", text, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end() == len(text)
    return False


def _native(column: Column, flavour: Flavour) -> str:
    if column.type.kind is Kind.GEOMETRY and column.type.srid is not None:
        word = "REF_SYSTEM_ID={}" if flavour.is_mariadb else "SRID {}"
        return f"{column.native} {word.format(column.type.srid)}"
    return column.native


def _charset(column: Column, table: Table) -> str:
    """Character set and collation where they aren't the table's."""
    charset = column.charset or (column.collation or "").partition("_")[0]
    if not column.collation or column.type.kind is Kind.JSON:
        return f" CHARACTER SET {column.charset}" if column.charset and column.type.kind is not Kind.JSON else ""
    if column.collation == table.options.get("collation"):
        return ""
    named = f" CHARACTER SET {charset}" if WORD.fullmatch(charset) and not column.collation.startswith("uca") else ""
    return f"{named} COLLATE {column.collation}"


def _visibility(column: Column, flavour: Flavour) -> str:
    return " INVISIBLE" if column.invisible and flavour.has("invisible columns") else ""


def key_sql(kind: str, key: Key) -> str:
    """PRIMARY KEY or UNIQUE KEY with name, columns and comment."""
    name = "" if kind == "PRIMARY KEY" else f" {quote_identifier(key.name or key.columns[0])}"
    return f"{kind}{name} ({names(key.columns, key.prefixes)}){comment_sql(key.comment)}"


def index_sql(index: Index, flavour: Flavour, memory: bool = False) -> str:
    """What stands after ADD: kind, name, keys and options of an index; memory: its table lives in memory."""
    kind = {"fulltext": "FULLTEXT KEY", "spatial": "SPATIAL KEY"}.get(
        index.method, "UNIQUE KEY" if index.unique else "KEY"
    )
    sql = f"{kind} {quote_identifier(index.name)} ({', '.join(_index_key(key) for key in index.keys)})"
    if memory and index.method in ("hash", "btree"):
        sql += f" USING {index.method.upper()}"
    if WORD.fullmatch(index.options.get("parser", "")):
        sql += f" WITH PARSER {index.options['parser']}"
    sql += comment_sql(index.comment)
    if not index.visible and flavour.has("ignored indexes"):
        sql += " IGNORED" if flavour.is_mariadb else " INVISIBLE"
    return sql


def _index_key(key: IndexKey) -> str:
    sql = quote_identifier(key.column) if key.column is not None else f"({key.expression})"
    return sql + (f"({key.prefix})" if key.prefix else "") + (" DESC" if key.descending else "")


def foreign_key_sql(key: ForeignKey) -> str:
    """FOREIGN KEY with reference and actions, said always: MariaDB's own default is RESTRICT. No database is named."""
    sql = f"FOREIGN KEY ({names(key.columns)}) REFERENCES {quote_identifier(key.referenced_table)}"
    sql += f" ({names(key.referenced_columns)})"
    return f"{sql} ON UPDATE {key.on_update} ON DELETE {key.on_delete}"


def check_sql(check: Check) -> str:
    """CHECK with its name and expression."""
    name = f"CONSTRAINT {quote_identifier(check.name)} " if check.name else ""
    return f"{name}CHECK ({check.expression})" + ("" if check.enforced else " NOT ENFORCED")


def sequence_sql(sequence: Sequence) -> str:
    """CREATE SEQUENCE (MariaDB); its state is set after the rows."""
    sql = f"CREATE SEQUENCE {quote_identifier(sequence.name)} START WITH {sequence.start}"
    if sequence.minimum is not None:
        sql += f" MINVALUE {sequence.minimum}"
    if sequence.maximum is not None:
        sql += f" MAXVALUE {sequence.maximum}"
    sql += f" INCREMENT BY {sequence.increment} CACHE {sequence.cache}"
    return sql + (" CYCLE" if sequence.cycle else " NOCYCLE")


def versions_sql(table: Table) -> list[str]:
    """PERIOD FOR SYSTEM_TIME of a table that says which columns hold it; without them the server hides its own."""
    found = {
        column.generated.expression.strip().upper(): column.name
        for column in table.columns
        if column.generated is not None and ROW_TIME.fullmatch(column.generated.expression.strip())
    }
    if len(found) != 2:
        return []
    return [f"PERIOD FOR SYSTEM_TIME ({names([found['ROW START'], found['ROW END']])})"]


def table_options_sql(table: Table) -> str:
    """Engine, character set, row format and comment, with a space before each."""
    sql = ""
    for name, template in TABLE_OPTIONS.items():
        value = table.options.get(name)
        if value and (WORD.fullmatch(value) or "{text}" in template):
            sql += " " + template.format(word=value, number=value, text=quote_literal(value))
    return sql + (f" COMMENT={quote_literal(table.comment)}" if table.comment else "")


def partitioning_sql(found: Partitioning) -> str:
    """PARTITION BY with its parts."""
    sql = f" PARTITION BY {found.strategy} ({found.key or ''})"
    if found.sub_strategy:
        sql += f" SUBPARTITION BY {found.sub_strategy} ({found.sub_key or ''})"
    if not found.parts:
        return sql
    return sql + " (" + ", ".join(_part(part) for part in found.parts) + ")"


def _part(part: Part) -> str:
    sql = (
        f"PARTITION {quote_identifier(part.name)}"
        + (f" {part.bound}" if part.bound else "")
        + comment_sql(part.comment)
    )
    if not part.parts:
        return sql
    return sql + " (" + ", ".join(f"SUBPARTITION {quote_identifier(name)}" for name in part.parts) + ")"
