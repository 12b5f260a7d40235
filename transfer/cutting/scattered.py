"""PostgreSQL tables whose rows lie in another order than their key: by the key each row would cost a page."""

from __future__ import annotations

from engines.families import family
from engines.full_names import qualified
from engines.protocols import Database

UNLIKE = 0.5  # correlation of key and pages below which ranges of pages are read instead (pg_stats.correlation)
PAGES = 2_000  # 16 MB: what is smaller is read from memory in any order

# of the first column of the primary key, or of a unique index where there is none
FOUND = """
SELECT s.nspname, c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace
JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND (i.indisprimary OR (i.indisunique AND NOT EXISTS (
  SELECT 1 FROM pg_catalog.pg_index AS p WHERE p.indrelid = c.oid AND p.indisprimary)))
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
JOIN pg_catalog.pg_stats AS t ON t.schemaname = s.nspname AND t.tablename = c.relname AND t.attname = a.attname
WHERE c.relkind = 'r' AND c.relpages >= {pages} AND NOT t.inherited
GROUP BY 1, 2 HAVING max(abs(t.correlation)) < {unlike}
"""


def scattered(source: Database) -> list[str]:
    """Full names of such tables, by the statistics of the last ANALYZE; of other engines none.

    Their ranges can't be told apart on the target by a key, so after a change of the source the whole table is compared
    or copied again: the price of reading each page once.
    """
    if family(source.engine) != "postgresql":
        return []
    return [qualified(*row) for row in source.query(FOUND.format(pages=PAGES, unlike=UNLIKE))]
