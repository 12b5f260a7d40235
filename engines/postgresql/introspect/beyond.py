"""Objects that the catalog model doesn't describe: they are named, so that nobody believes they were carried over."""

from __future__ import annotations

from engines.own_state import SCHEMA, TABLES
from engines.postgresql.introspect.reader import Reader, not_of_extension
from engines.postgresql.schemas import USER_SCHEMA

NOT_DESCRIBED = "The catalog has no place for this kind of object."
STRANGER = "object"  # of somebody else, in the schema of this program's notes
REASONS = {STRANGER: f"It lies in the schema {SCHEMA} of this program's notes, which isn't read: move it elsewhere."}
NAMED = "quote_ident(n.nspname) || '.' || quote_ident({})"
RELATION = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
STORED_AWAY = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || {detail}, NULL
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace {more}
     WHERE {condition} AND {user_schema} AND {own}"""

# what makes one of libc, ICU or (from 17 on) of the server itself; $locale, $rules: where the version keeps them
COLLATION = """
    CASE o.collprovider::text
         WHEN 'c' THEN format('CREATE COLLATION %I.%I (provider = libc, lc_collate = %L, lc_ctype = %L)',
                              n.nspname, o.collname, o.collcollate, o.collctype)
         WHEN 'i' THEN format('CREATE COLLATION %I.%I (provider = icu, locale = %L%s%s)',
                              n.nspname, o.collname, $locale,
                              CASE WHEN NOT o.collisdeterministic THEN ', deterministic = false' END,
                              ', rules = ' || quote_literal($rules))
         WHEN 'b' THEN format('CREATE COLLATION %I.%I (provider = builtin, locale = %L)',
                              n.nspname, o.collname, $locale)
    END"""


def _of_relations(detail: str, more: str, condition: str) -> str:
    own = not_of_extension("pg_class", "c.oid")
    return STORED_AWAY.format(detail=detail, more=more, condition=condition, user_schema=USER_SCHEMA, own=own)


OF_NOTES = ", ".join(f"'{name}'" for name in TABLES)
# kind -> query for the names of what exists of it, and in a second column their statements, where the server has them
BEYOND = {
    "rule": f"""
        SELECT quote_ident(r.rulename) || ' on ' || {RELATION},
               CASE WHEN r.ev_enabled = 'O' THEN pg_get_ruledef(r.oid) END
          FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE r.rulename <> '_RETURN' AND {USER_SCHEMA} AND {not_of_extension("pg_class", "c.oid")}""",
    "extended statistics": f"""
        SELECT {NAMED.format("s.stxname")}, pg_get_statisticsobjdef(s.oid)
          FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {USER_SCHEMA}""",
    "collation": f"""
        SELECT {NAMED.format("o.collname")}, {COLLATION}
          FROM pg_collation o JOIN pg_namespace n ON n.oid = o.collnamespace
         WHERE {USER_SCHEMA} AND {not_of_extension("pg_collation", "o.oid")}""",
    "operator": f"""
        SELECT quote_ident(n.nspname) || '.' || o.oprname
               || ' (' || format_type(nullif(o.oprleft, 0), NULL) || ', ' || format_type(o.oprright, NULL) || ')'
          FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
         WHERE {USER_SCHEMA} AND {not_of_extension("pg_operator", "o.oid")}""",
    "operator class": f"""
        SELECT {NAMED.format("o.opcname")} FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace
         WHERE {USER_SCHEMA} AND {not_of_extension("pg_opclass", "o.oid")}""",
    "conversion": f"""
        SELECT {NAMED.format("o.conname")} FROM pg_conversion o JOIN pg_namespace n ON n.oid = o.connamespace
         WHERE {USER_SCHEMA} AND {not_of_extension("pg_conversion", "o.oid")}""",
    "text search configuration": f"""
        SELECT {NAMED.format("o.cfgname")} FROM pg_ts_config o JOIN pg_namespace n ON n.oid = o.cfgnamespace
         WHERE {USER_SCHEMA} AND {not_of_extension("pg_ts_config", "o.oid")}""",
    "text search dictionary": f"""
        SELECT {NAMED.format("o.dictname")} FROM pg_ts_dict o JOIN pg_namespace n ON n.oid = o.dictnamespace
         WHERE {USER_SCHEMA} AND {not_of_extension("pg_ts_dict", "o.oid")}""",
    "base type": f"""
        SELECT {NAMED.format("t.typname")} FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE t.typtype = 'b' AND t.typcategory <> 'A' AND {USER_SCHEMA} AND {not_of_extension("pg_type", "t.oid")}""",
    "cast": f"""
        SELECT format_type(o.castsource, NULL) || ' to ' || format_type(o.casttarget, NULL) FROM pg_cast o
         WHERE o.oid >= 16384 AND {not_of_extension("pg_cast", "o.oid", "ei")}""",
    STRANGER: f"""
        SELECT {RELATION} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = '{SCHEMA}' AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relname NOT IN ({OF_NOTES})
        UNION ALL
        SELECT {NAMED.format("p.proname")} FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = '{SCHEMA}'
        UNION ALL
        SELECT {NAMED.format("t.typname")} FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = '{SCHEMA}' AND t.typtype IN ('d', 'e', 'r')""",
    "event trigger": f"""
        SELECT quote_ident(e.evtname) FROM pg_event_trigger e WHERE {not_of_extension("pg_event_trigger", "e.oid")}""",
    "foreign server": f"""
        SELECT quote_ident(s.srvname) FROM pg_foreign_server s
         WHERE {not_of_extension("pg_foreign_server", "s.oid")}""",
    "publication": "SELECT quote_ident(p.pubname) FROM pg_publication p",
    "default privileges": """
        SELECT 'of ' || pg_get_userbyid(a.defaclrole) || coalesce(' in ' || quote_ident(n.nspname), '')
          FROM pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace""",
    "large objects": "SELECT count(*)::text || ' of them' FROM pg_largeobject_metadata HAVING count(*) > 0",
    "subscription": """
        SELECT quote_ident(s.subname) FROM pg_subscription s JOIN pg_database b ON b.oid = s.subdbid
         WHERE b.datname = current_database()""",
    "language": f"""
        SELECT quote_ident(l.lanname) FROM pg_language l
         WHERE l.oid >= 16384 AND {not_of_extension("pg_language", "l.oid")}""",
    "comment": f"""
        SELECT 'on schema ' || quote_ident(n.nspname), format('COMMENT ON SCHEMA %I IS %L', n.nspname, d.description)
          FROM pg_namespace n JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'pg_namespace'::regclass
         WHERE {USER_SCHEMA} AND NOT (n.nspname = 'public' AND d.description = 'standard public schema')""",
    "typed table": _of_relations("' of ' || c.reloftype::regtype::text", "", "c.reloftype <> 0"),
    "tablespace": _of_relations(
        "' in ' || quote_ident(s.spcname)", "JOIN pg_tablespace s ON s.oid = c.reltablespace", "true"
    ),
    "storage": _of_relations(
        "' by ' || quote_ident(a.amname)", "JOIN pg_am a ON a.oid = c.relam AND a.amtype = 't'", "a.amname <> 'heap'"
    ),
    "cluster": _of_relations(
        "' by ' || quote_ident(ic.relname)",
        "JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class ic ON ic.oid = i.indexrelid",
        "i.indisclustered",
    ),
}


def read_beyond(reader: Reader) -> None:
    """Name every object of a kind that the catalog model doesn't describe in unread, with its statement."""
    locale = reader.since(170000, "o.colllocale", reader.since(150000, "o.colliculocale", "o.collcollate"))
    rules = reader.since(160000, "o.collicurules", "NULL::text")
    for kind, words in BEYOND.items():
        sql = words.replace("$locale", locale).replace("$rules", rules)
        for row in reader.rows(kind, f"SELECT * FROM ({sql}) AS found(name) ORDER BY name"):
            definition = row[1] if len(row) > 1 else None
            reader.missing(f"{kind} {row[0]}", REASONS.get(kind, NOT_DESCRIBED), kind, definition)
