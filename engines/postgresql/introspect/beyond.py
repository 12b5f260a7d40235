"""Objects that the catalog model doesn't describe: they are named, so that nobody believes they were carried over."""

from __future__ import annotations

from engines.postgresql.introspect.reader import USER_SCHEMA, Reader, not_of_extension

NAMED = "quote_ident(n.nspname) || '.' || quote_ident({})"
RELATION = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
# kind -> query for the names (column 1) of what exists of it
BEYOND = {
    "rule": f"""
        SELECT quote_ident(r.rulename) || ' on ' || {RELATION}
          FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE r.rulename <> '_RETURN' AND {USER_SCHEMA} AND {not_of_extension("pg_class", "c.oid")}""",
    "policy": f"""
        SELECT quote_ident(p.polname) || ' on ' || {RELATION}
          FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {USER_SCHEMA}""",
    "extended statistics": f"""
        SELECT {NAMED.format("s.stxname")}
          FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {USER_SCHEMA}""",
    "collation": f"""
        SELECT {NAMED.format("o.collname")} FROM pg_collation o JOIN pg_namespace n ON n.oid = o.collnamespace
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
}


def read_beyond(reader: Reader) -> None:
    """Name every object of a kind that the catalog model doesn't describe in unread."""
    for kind, sql in BEYOND.items():
        for row in reader.rows(kind, f"SELECT name FROM ({sql}) AS found(name) ORDER BY name"):
            reader.missing(f"{kind} {row.name}", "This kind of object isn't described and isn't carried over.", kind)
