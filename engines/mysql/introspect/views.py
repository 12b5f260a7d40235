"""The queries of views, without the name of their own database, and what they read."""

from __future__ import annotations

from collections.abc import Iterable

from engines.catalog import View
from engines.full_names import parts, qualified
from engines.mysql.defaults import without_introducers
from engines.mysql.introspect.exact import LOST, exact_query
from engines.mysql.introspect.reader import Reader
from engines.mysql.names import tables_named, unqualified

VIEWS = """
    SELECT v.TABLE_NAME, v.VIEW_DEFINITION, v.CHECK_OPTION, v.DEFINER, v.SECURITY_TYPE, v.CHARACTER_SET_CLIENT,
           v.COLLATION_CONNECTION, {algorithm} AS ALGORITHM
      FROM information_schema.VIEWS v WHERE v.TABLE_SCHEMA = %s
"""
DATABASES = "SELECT s.SCHEMA_NAME FROM information_schema.SCHEMATA s WHERE s.SCHEMA_NAME <> %s"


def read_views(reader: Reader, views: dict[str, View], tables: Iterable[str]) -> None:
    """Fill definition, depends_on (schema.name of tables and views) and options of every view.

    tables: names of what else views may read: tables, sequences, and what this program left there.

    options: definer, security, algorithm, check_option where there is one, charset and collation of its literals.
    """
    if not views:
        return
    others = frozenset(str(row[0]) for row in reader.rows("names of databases", DATABASES))
    known = frozenset(qualified(reader.database, name) for name in (*views, *tables))
    algorithm = "v.ALGORITHM" if reader.server.is_mariadb else "NULL"
    for row in reader.rows("views", VIEWS.format(algorithm=algorithm)):
        view = views.get(row.table_name)
        if view is None:
            continue
        view.options = {
            name: str(value)
            for name, value in {
                "definer": row.definer,
                "security": row.security_type,
                "algorithm": row.algorithm,
                "check_option": None if row.check_option == "NONE" else row.check_option,
                "charset": row.character_set_client,
                "collation": row.collation_connection,
            }.items()
            if value
        }
        _define(reader, view, str(row.view_definition or ""), others, known)


def _define(reader: Reader, view: View, text: str, others: frozenset[str], known: frozenset[str]) -> None:
    if not text:
        right = "It needs SHOW VIEW on it, and SELECT on what it reads."
        reader.missing(f"definition of view {view.full_name}", right, "view")
        return
    view.depends_on = [
        name
        for name in tables_named(text, reader.database, others)
        if name != view.full_name and (name in known or view.broken or parts(name)[0] != reader.database)
    ]
    own = None if LOST in text else unqualified(text, reader.database)
    own = own or exact_query(reader, view.name)
    if own is None:
        reader.missing(f"definition of view {view.full_name}", "It is given with the database's name, as it was read.")
    view.definition = (own or text).strip()
    if not reader.server.is_mariadb:
        view.definition = without_introducers(view.definition)
