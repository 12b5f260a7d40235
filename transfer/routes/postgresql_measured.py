"""PostgreSQL's own text of one value of a large row: as the comparison reads it, or how long it is and its digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engines.postgresql.quoting import quote_identifier, quote_literal
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.canonical.sql_postgresql import OWN_TEXT
from transfer.compare.originals import LONGEST_PLACE, sized
from transfer.routes.mysql_fields import placed_by
from transfer.routes.postgresql_asked import UNCHECKED
from transfer.routes.texts import text_original

# OFFSET 0: else the text would be made once for every place that names it
MEASURED = """
SELECT octet_length(v), CASE WHEN octet_length(v) <= {longest} THEN v END,
       CASE WHEN octet_length(v) > {longest} THEN pg_catalog.md5(v) END
  FROM (SELECT pg_catalog.convert_to({text}, {encoding}) AS v FROM {origin} WHERE {where} OFFSET 0) AS one
"""


def measured(snapshot: PostgresqlSnapshot, name: str, origin: str, where: str) -> dict[str, Any]:
    """What is written down of a column's value in the one row that the condition is true for."""
    encoding = UNCHECKED if snapshot.encoding == UNCHECKED else "UTF8"
    text = OWN_TEXT.replace("{c}", quote_identifier(name))
    sql = MEASURED.format(
        text=text, encoding=quote_literal(encoding), origin=origin, where=where, longest=LONGEST_PLACE
    )
    [(size, value, digest)] = snapshot.query_binary(sql)
    if digest is not None:
        return {"class": "text", "bytes": size, "md5": digest}
    return dict(text_original(None if value is None else bytes(value)))


def placed_of(originals: Iterable[Mapping[str, Any]]) -> list[str | None]:
    """The same values as a row without a key is found by them, long ones by their size."""
    return [sized(own["bytes"]) if "bytes" in own else placed_by(own) for own in originals]
