"""What a converted catalog still has and MySQL hasn't, in MySQL's own means: long keys, conditions, expressions.

InnoDB's keys hold 3,072 bytes and no whole text: an index gets the beginning of a value (a prefix), which finds the
same rows; a unique key keeps its whole value where the server hashes it (MariaDB by itself, MySQL by an expression).
A unique index with a condition gets one more key, which is 1 where the condition holds and NULL elsewhere: NULLs never
collide. MariaDB keeps expressions in invisible columns that are computed on reading; MySQL 8 indexes them directly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from conversion.mapping import TableMapping
from conversion.names import MYSQL_LIMIT, for_mysql
from conversion.result import Conversion, omission
from conversion.to_mysql.comments import fit_comments
from conversion.to_mysql.direction import spelled_for_key
from conversion.to_mysql.limits import (
    BYTES_PER_CHARACTER,
    KEY_BYTES,
    base,
    is_long,
    key_bytes,
    numbers,
    unit,
)
from conversion.to_mysql.lower_references import fit_references
from conversion.to_mysql.lower_rows import fit_row, spell_collations
from conversion.to_mysql.speaker import USED, Speaker
from engines.catalog import Column, Generated, Index, IndexKey, Key, Kind, Table
from engines.mysql.quoting import quote_identifier
from engines.mysql.types import logical_type

PREFIX = 255  # characters of a text that an index looks at where nothing else is said
GROWING = re.compile(r"\b(?:REPLACE|REPEAT|LPAD|RPAD|GROUP_CONCAT|SPACE|QUOTE|HEX)\b")
COMPUTED = "the invisible column {name} holds what it is over; queries use it when they name that column"
NUMBERED = "it is too long for a key and has {name}, which the server numbers: MariaDB can't hash that"
HASHED = "UNHEX(SHA2({column}, 256))"


def lower(result: Conversion, direction: Speaker) -> None:
    """Change the target's tables in place; what can't be kept becomes an omission."""
    mappings = {mapping.target: mapping for mapping in result.tables}
    for table in result.target.tables:
        mapping = mappings.get(table.full_name)
        spell_collations(table, direction)
        fit_comments(table, mapping, direction)
        fit_row(table, mapping, direction)
        TableLowering(table, mapping, direction, result).run()
    fit_references(result, direction)


class TableLowering:
    """Keys and indexes of one table."""

    def __init__(self, table: Table, mapping: TableMapping | None, direction: Speaker, result: Conversion) -> None:
        self.table = table
        self.source = mapping.source if mapping else table.full_name
        self.direction = direction
        self.flavour = direction.flavour
        self.result = result
        self.namer = for_mysql()
        self.computed: dict[str, str] = {}  # expression -> the invisible column that holds it
        for column in table.columns:
            self.namer.take("columns", column.name)

    def run(self) -> None:
        """Primary key, unique constraints, indexes."""
        if self.table.primary_key is not None:
            self._primary_key(self.table.primary_key)
        for key in list(self.table.uniques):
            if self._fits([IndexKey(column=name) for name in key.columns]):
                continue
            try:
                self._refuse_numbered(key.columns)
                self._hash(key)
            except ValueError as error:
                self.table.uniques.remove(key)
                self.result.omissions.append(omission(f"{self.source}.{key.name}", "unique constraint", str(error)))
        for index in list(self.table.indexes):
            if index.method in ("fulltext", "spatial"):
                continue
            try:
                self._index(index)
            except ValueError as error:
                self.table.indexes.remove(index)
                self.result.omissions.append(omission(f"{self.source}.{index.name}", "index", str(error)))

    def _primary_key(self, key: Key) -> None:
        keys = [IndexKey(column=name, prefix=key.prefixes.get(name)) for name in key.columns]
        if self._fits(keys):
            return
        self._shorten(keys)
        key.prefixes = {item.column: item.prefix for item in keys if item.column and item.prefix}
        text = "; ".join(f"{name}: {length}" for name, length in key.prefixes.items())
        sentence = f"its primary key looks at the first characters only ({text}): rows that agree in them collide"
        self.direction.say(self.source, sentence)

    def _hash(self, key: Key) -> None:
        """A unique constraint whose values are too long for a key."""
        if self.flavour.has("unique texts of any length"):
            self.direction.say(
                f"{self.source}.{key.name}", "its values are too long for a key: MariaDB keeps it by hash"
            )
            return
        self.table.uniques.remove(key)
        index = Index(name=key.name or "", keys=[IndexKey(column=name) for name in key.columns], unique=True)
        self.table.indexes.append(index)

    def _refuse_numbered(self, columns: Sequence[str | None]) -> None:
        """ValueError where MariaDB would have to hash a column that it numbers (its error 1901)."""
        if not self.flavour.has("unique texts of any length"):
            return
        for name in columns:
            if name is not None and self.table.column(name).identity is not None:
                raise ValueError(NUMBERED.format(name=name))

    def _index(self, index: Index) -> None:
        if index.predicate:
            flag = f"CASE WHEN {index.predicate} THEN 1 END"
            self.direction.kinds[flag] = Kind.INTEGER
            index.keys.append(IndexKey(expression=flag))
            index.predicate = None
        if len(index.keys) > 16:
            raise ValueError(f"it has {len(index.keys)} keys, MySQL takes at most 16")
        if index.unique and sum(map(self._computed_bytes, index.keys)) > KEY_BYTES:
            self._refuse_numbered([key.column for key in index.keys])
        if index.unique and not self._fits(index.keys) and not self.flavour.has("unique texts of any length"):
            for key in index.keys:
                if key.column and self._is_wide(key.column):
                    key.expression = HASHED.format(column=quote_identifier(key.column))
                    key.column = None
                    self.direction.kinds[key.expression] = Kind.BINARY
        if not self.flavour.has("functional keys"):
            for number, key in enumerate(index.keys, 1):
                if key.expression is not None:
                    key.column = self._computed(index, number, key.expression)
                    key.expression = None
        else:
            for key in index.keys:
                if key.expression is not None and self.direction.kinds.get(key.expression) is Kind.TEXT:
                    key.expression = f"CAST({key.expression} AS CHAR({self._length(key.expression) or PREFIX}))"
        if not index.unique and not self._fits(index.keys):
            self._shorten(index.keys)
            words = ", ".join(f"{key.prefix} of {key.column}" for key in index.keys if key.prefix)
            sentence = f"InnoDB's keys hold {KEY_BYTES:,} bytes: it holds the beginning of the values ({words})"
            self.direction.say(f"{self.source}.{index.name}", sentence)
        plain = all(key.column and not key.descending and not key.prefix for key in index.keys)
        if index.unique and plain and index.visible:
            self.table.indexes.remove(index)
            columns = [key.column or "" for key in index.keys]
            self.table.uniques.append(Key(name=index.name, columns=columns, comment=index.comment))

    def _computed(self, index: Index, number: int, expression: str) -> str:
        """An invisible column with the expression's value, shared by the indexes over it."""
        expression = self._stable(expression)
        if expression in self.computed:
            self.direction.say(f"{self.source}.{index.name}", COMPUTED.format(name=self.computed[expression]))
            return self.computed[expression]
        kind = self.direction.kinds.get(expression, Kind.TEXT)
        native = spelled_for_key(expression, kind, self.flavour)
        length = self._length(expression) if native == "longtext" else None
        if expression.startswith("CASE WHEN") and kind is Kind.INTEGER:
            native = "tinyint(1)"
        native = f"varchar({length})" if length else native
        name = self.namer.take("columns", f"{index.name[: MYSQL_LIMIT - 4]}_k{number}")
        made = Column(
            name=name,
            position=len(self.table.columns) + 1,
            native=native,
            type=logical_type(native),
            generated=Generated(expression=expression, stored=False),
            invisible=True,
        )
        if made.type.kind in (Kind.TEXT, Kind.CHAR):
            made.charset, made.collation = "utf8mb4", self.flavour.exact
        self.table.columns.append(made)
        self.computed[expression] = name
        self.direction.say(f"{self.source}.{index.name}", COMPUTED.format(name=name))
        return name

    def _stable(self, expression: str) -> str:
        """As MariaDB indexes it: a char is read with its spaces or without, by the session's sql_mode.

        ValueError for a column that the server numbers: https://mariadb.com/kb/en/generated-columns/
        """
        for name in dict.fromkeys(USED.findall(expression)):
            column = self.table.column(name.replace("``", "`"))
            if column.identity is not None:
                raise ValueError(f"{column.name} is numbered by the server, and no computed column may use it then")
            if base(column.native) == "char":
                quoted = quote_identifier(column.name)
                fixed = expression.replace(quoted, f"RTRIM({quoted})")
                if expression in self.direction.kinds:
                    self.direction.kinds[fixed] = self.direction.kinds[expression]
                expression = fixed
        return expression

    def _computed_bytes(self, key: IndexKey) -> int:
        """Bytes of a key that a column takes, or what will hold an expression; too many for an endless one."""
        if key.expression and self.direction.kinds.get(key.expression, Kind.TEXT) is Kind.TEXT:
            return (self._length(key.expression) or KEY_BYTES) * BYTES_PER_CHARACTER
        size = self._bytes(key)
        return KEY_BYTES + 1 if size is None else size

    def _length(self, expression: str) -> int | None:
        """The most characters that an expression over texts gives; None where that can't be told."""
        if GROWING.search(expression):
            return None
        total = len(re.sub(USED, "", expression))
        for name in USED.findall(expression):
            column = self.table.column(name.replace("``", "`"))
            if is_long(column.native) or not numbers(column.native):
                return None
            total += numbers(column.native)[0]
        return total if total * BYTES_PER_CHARACTER <= KEY_BYTES else None

    def _is_wide(self, name: str) -> bool:
        column = self.table.column(name)
        size = key_bytes(column)
        return size is None or size > 64

    def _bytes(self, key: IndexKey) -> int | None:
        if key.column is None:
            return 32
        column = self.table.column(key.column)
        return key.prefix * unit(column) if key.prefix else key_bytes(column)

    def _fits(self, keys: list[IndexKey]) -> bool:
        sizes = [self._bytes(key) for key in keys]
        return None not in sizes and sum(size or 0 for size in sizes) <= KEY_BYTES

    def _shorten(self, keys: list[IndexKey]) -> None:
        """Prefixes for texts without limit first, then for the widest until all fit."""
        for key in keys:
            if key.column and not key.prefix and is_long(self.table.column(key.column).native):
                key.prefix = PREFIX if self.table.column(key.column).type.kind is not Kind.BINARY else PREFIX * 3
        while not self._fits(keys):
            widest = max((key for key in keys if self._prefixable(key)), key=lambda key: self._bytes(key) or 0)
            column = self.table.column(widest.column or "")
            length = widest.prefix or numbers(column.native)[0]
            widest.prefix = max(length * 3 // 4, 1)

    def _prefixable(self, key: IndexKey) -> bool:
        name = base(self.table.column(key.column).native) if key.column else ""
        return name in ("varchar", "char", "varbinary", "binary") or bool(key.prefix)
