"""Values of relational sources as their servers give them, by which rows that are set aside are proved later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from conversion.documents.relations_mapping import FieldMapping
from engines.catalog import Kind
from engines.mysql.quoting import quote_identifier as quote_mysql
from engines.mysql.types import logical_type
from engines.postgresql.quoting import quote_identifier as quote_postgresql
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.canonical.sql_postgresql import OWN_TEXT
from transfer.compare.originals import LONGEST_PLACE
from transfer.routes.relations_readers import LONGEST_VALUE, Mysql, Postgresql, Source, Sqlite, is_long
from transfer.sides.mysql_queries import SHOWN_AS

SHORT = LONGEST_PLACE  # bytes of a value that is kept; of a longer one how many they are, and a digest
MEASURABLE = 256 << 20  # bytes of a value that PostgreSQL is asked to write out as text: hex is twice as long
WHOLE, MEASURED = b"=", b"#"  # what a long type's value begins with: the value, or its size and MD5
BYTES = (Kind.BINARY, Kind.GEOMETRY)

Value = tuple[str, Any, dict[str, Any]]  # class, the value where it is short, what is kept of a long one


class OwnValues(Protocol):
    """How one column is read as its server gives it."""

    def reads(self, field: FieldMapping) -> tuple[str, ...]:
        """SQL, the table's alias being r."""
        ...

    def value(self, field: FieldMapping, read: Sequence[Any]) -> Value:
        """What was read of it."""
        ...


def own_values(source: Source) -> OwnValues:
    """The way of a source's engine."""
    if isinstance(source, Postgresql):
        ((encoding,),) = source.snapshot.query("SELECT pg_catalog.getdatabaseencoding()::text")
        return _Postgresql(str(encoding))
    if isinstance(source, Mysql):
        return _Mysql()
    assert isinstance(source, Sqlite)
    return _Sqlite()


class _Postgresql:
    """The text of the type's output function, as bytes of UTF-8."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding if encoding == "SQL_ASCII" else "UTF8"

    def reads(self, field: FieldMapping) -> tuple[str, ...]:
        name = f"r.{quote_postgresql(field.column)}"
        own = f"pg_catalog.convert_to({OWN_TEXT.replace('{c}', name)}, '{self.encoding}')"
        if not is_long(field):
            return (own,)
        size = f"pg_catalog.octet_length({own})"
        told = _postgresql_text(f"{size} || ' ' || pg_catalog.md5({own})")
        found = f"CASE WHEN {size} <= {SHORT} THEN '\\x{WHOLE.hex()}'::bytea || {own} ELSE {told} END"
        if field.source_type in ("bytea", "text", "character varying"):
            stored = f"pg_catalog.octet_length({name})"
            found = f"CASE WHEN {stored} > {MEASURABLE} THEN {_postgresql_text(f'{stored}::text')} ELSE {found} END"
        return (f"CASE WHEN {name} IS DISTINCT FROM NULL THEN {found} END",)

    def value(self, field: FieldMapping, read: Sequence[Any]) -> Value:
        return _marked("text", read[0], is_long(field))


def _postgresql_text(sql: str) -> str:
    return f"pg_catalog.convert_to('{MEASURED.decode()}' || {sql}, 'SQL_ASCII')"


class _Mysql:
    """What the server sends, text in UTF-8."""

    def reads(self, field: FieldMapping) -> tuple[str, ...]:
        name, kind = f"r.{quote_mysql(field.column)}", logical_type(field.source_type).kind
        if not is_long(field):
            return (SHOWN_AS.get(kind, "{c}").format(c=name) if kind is not Kind.BIT else name,)
        value = name if kind in BYTES else f"CONVERT({name} USING utf8mb4)"
        told = f"CONCAT('{MEASURED.decode()}', LENGTH({value}), ' ', MD5({value}))"
        found = f"IF(LENGTH({value}) <= {SHORT}, CONCAT('{WHOLE.decode()}', {value}), {told})"
        # beyond max_allowed_packet functions give NULL
        unread = f"CONCAT('{MEASURED.decode()}', LENGTH({name}))"
        return (f"CASE WHEN {name} IS NOT NULL THEN COALESCE({found}, {unread}) END",)

    def value(self, field: FieldMapping, read: Sequence[Any]) -> Value:
        klass = "blob" if logical_type(field.source_type).kind in BYTES else "text"
        return _marked(klass, read[0], is_long(field))


class _Sqlite:
    """Storage class and value; what is too long for a document is not loaded."""

    def reads(self, field: FieldMapping) -> tuple[str, ...]:
        name = f"r.{quote_sqlite(field.column)}"
        size = f"CASE typeof({name}) WHEN 'blob' THEN length({name}) ELSE length(CAST({name} AS BLOB)) END"
        return (f"typeof({name})", f"CASE WHEN {size} <= {LONGEST_VALUE} THEN {name} END", size)

    def value(self, field: FieldMapping, read: Sequence[Any]) -> Value:
        klass, value, size = read[0], read[1], read[2]
        klass = klass.decode() if isinstance(klass, bytes) else str(klass)
        if klass == "null":
            return "null", None, {}
        if value is None:
            return klass, None, {"bytes": int(size)}
        if isinstance(value, bytes) and len(value) > SHORT:
            return klass, None, {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        return klass, value, {}


def _marked(klass: str, found: Any, marked: bool) -> Value:
    if found is None:
        return "null", None, {}
    data = bytes(found)
    if not marked:
        return klass, data, {}
    if data[:1] == WHOLE:
        return klass, data[1:], {}
    size, _, digest = data[1:].decode().partition(" ")
    return klass, None, {"bytes": int(size), **({"md5": digest} if digest else {})}


def groups(fields: Sequence[FieldMapping], most: int) -> Iterator[Sequence[FieldMapping]]:
    """The fields in lots that one query may read."""
    for start in range(0, len(fields), most):
        yield fields[start : start + most]
