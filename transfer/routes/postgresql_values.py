"""Rows of PostgreSQL as Python values, the server's own text where Python has no value for one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import psycopg
from psycopg.types.datetime import DateLoader, TimeLoader, TimestampLoader, TimestamptzLoader, TimetzLoader

from engines.postgresql.snapshot import PostgresqlSnapshot


class _Text(psycopg.adapt.Loader):
    """The text that the server's output function gives."""

    def load(self, data: Any) -> str:
        return bytes(data).decode()


def _or_text(base: type[psycopg.adapt.Loader]) -> type[psycopg.adapt.Loader]:
    """A loader that gives the server's text for what the calendar of Python doesn't have: infinity, BC, year 10000."""

    class OrText(base):  # type: ignore[misc, valid-type]
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except (psycopg.DataError, ValueError, OverflowError):
                return bytes(data).decode()

    return OrText


LOADERS: dict[str, type[psycopg.adapt.Loader]] = {
    "date": _or_text(DateLoader),
    "time": _or_text(TimeLoader),
    "timetz": _or_text(TimetzLoader),
    "timestamp": _or_text(TimestampLoader),
    "timestamptz": _or_text(TimestamptzLoader),
}
# types that psycopg has classes of its own for, which say less than the text or spell it otherwise
AS_TEXT = (
    "interval", "json", "jsonb", "inet", "cidr", "int4range", "int8range", "numrange", "daterange", "tsrange",
    "tstzrange", "int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange",
    "tstzmultirange", "point", "xml",
)  # fmt: skip


def value_rows(snapshot: PostgresqlSnapshot, sql: str, lot: int) -> Generator[tuple[Any, ...], None, None]:
    """The rows of a query of ours, so many at a time as the server sends them.

    When it is left early, the query is cancelled and the transaction made usable again.
    """
    lot = lot if psycopg.capabilities.has_stream_chunked() else 1
    try:
        with snapshot.connection.cursor() as cursor:
            for name, loader in LOADERS.items():
                cursor.adapters.register_loader(name, loader)
            for name in AS_TEXT:
                if cursor.adapters.types.get(name) is not None:
                    cursor.adapters.register_loader(name, _Text)
            yield from cursor.stream(sql.encode(), size=lot)
    except GeneratorExit:
        snapshot.recover()
        raise
    except psycopg.Error as error:
        raise snapshot.translate(error) from error
