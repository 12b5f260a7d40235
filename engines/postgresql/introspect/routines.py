"""Functions, procedures and aggregates, each whole and taken apart."""

from __future__ import annotations

from typing import Any

from engines.catalog import Parameter, Routine
from engines.postgresql.introspect.reader import Reader, not_of_extension
from engines.postgresql.quoting import quote_literal, quote_name
from engines.postgresql.schemas import USER_SCHEMA

KINDS = {"f": "function", "w": "function", "p": "procedure", "a": "aggregate"}
VOLATILITIES = {"i": "immutable", "s": "stable", "v": "volatile"}
PARALLEL = {"s": "safe", "r": "restricted"}
MODES = {"i": "IN", "o": "OUT", "b": "INOUT", "v": "VARIADIC", "t": "TABLE"}
ROUTINES = """
    SELECT p.oid, n.nspname, p.proname, p.prokind::text, l.lanname, d.description,
           pg_get_function_identity_arguments(p.oid) AS signature,
           CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END AS definition,
           CASE WHEN p.prokind <> 'a' THEN {body} END AS body, pg_get_function_result(p.oid) AS returns,
           p.provolatile::text AS volatility, p.prosecdef, p.proisstrict, p.proleakproof,
           p.proparallel::text AS parallel, p.proconfig, p.prokind = 'w' AS is_window,
           nullif(p.procost, CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END) AS cost,
           nullif(p.prorows, CASE WHEN p.proretset THEN 1000 ELSE 0 END) AS result_rows
      FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_language l ON l.oid = p.prolang
      LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0
     WHERE {user_schema} AND {own}
     ORDER BY n.nspname, p.proname, p.oid
"""
PARAMETERS = f"""
    SELECT p.oid, p.proargnames[u.place] AS name, coalesce(p.proargmodes[u.place]::text, 'i') AS mode,
           format_type(u.type, NULL) AS native, pg_get_function_arg_default(p.oid, u.place::integer) AS initial
      FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace
      CROSS JOIN LATERAL unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY u(type, place)
     WHERE {USER_SCHEMA} AND {not_of_extension("pg_proc", "p.oid", "ei")}
     ORDER BY p.oid, u.place
"""
AGGREGATES = f"""
    SELECT p.oid, n.nspname, p.proname, pg_get_function_arguments(p.oid) AS arguments, a.aggkind::text,
           a.aggtransfn::regproc::text AS sfunc, format_type(a.aggtranstype, NULL) AS stype,
           nullif(a.aggtransspace, 0) AS sspace,
           CASE WHEN a.aggfinalfn <> 0 THEN a.aggfinalfn::regproc::text END AS finalfunc,
           a.aggfinalextra AS finalfunc_extra,
           CASE WHEN a.aggcombinefn <> 0 THEN a.aggcombinefn::regproc::text END AS combinefunc,
           CASE WHEN a.aggserialfn <> 0 THEN a.aggserialfn::regproc::text END AS serialfunc,
           CASE WHEN a.aggdeserialfn <> 0 THEN a.aggdeserialfn::regproc::text END AS deserialfunc,
           a.agginitval AS initcond,
           CASE WHEN a.aggmtransfn <> 0 THEN a.aggmtransfn::regproc::text END AS msfunc,
           CASE WHEN a.aggminvtransfn <> 0 THEN a.aggminvtransfn::regproc::text END AS minvfunc,
           CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END AS mstype,
           nullif(a.aggmtransspace, 0) AS msspace,
           CASE WHEN a.aggmfinalfn <> 0 THEN a.aggmfinalfn::regproc::text END AS mfinalfunc,
           a.aggmfinalextra AS mfinalfunc_extra, a.aggminitval AS minitcond,
           CASE WHEN a.aggsortop <> 0 THEN 'OPERATOR(' || quote_ident(opn.nspname) || '.' || o.oprname || ')'
           END AS sortop,
           CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END AS parallel,
           a.aggkind = 'h' AS hypothetical
      FROM pg_aggregate a
      JOIN pg_proc p ON p.oid = a.aggfnoid
      JOIN pg_namespace n ON n.oid = p.pronamespace
      LEFT JOIN pg_operator o ON o.oid = a.aggsortop
      LEFT JOIN pg_namespace opn ON opn.oid = o.oprnamespace
     WHERE {USER_SCHEMA} AND {not_of_extension("pg_proc", "p.oid")}
"""
# the options of CREATE AGGREGATE in its own order, and how each is written
AGGREGATE_OPTIONS = {
    "sfunc": "value",
    "stype": "value",
    "sspace": "value",
    "finalfunc": "value",
    "finalfunc_extra": "flag",
    "combinefunc": "value",
    "serialfunc": "value",
    "deserialfunc": "value",
    "initcond": "literal",
    "msfunc": "value",
    "minvfunc": "value",
    "mstype": "value",
    "msspace": "value",
    "mfinalfunc": "value",
    "mfinalfunc_extra": "flag",
    "minitcond": "literal",
    "sortop": "value",
    "parallel": "value",
    "hypothetical": "flag",
}


def read_routines(reader: Reader) -> list[Routine]:
    """All routines; constructors that a range type brought with it are left out, they come with the type."""
    aggregates = {row.oid: _aggregate(row) for row in reader.rows("aggregates", AGGREGATES)}
    parameters: dict[int, list[Parameter]] = {}
    for row in reader.rows("parameters of routines", PARAMETERS):
        parameters.setdefault(row.oid, []).append(
            Parameter(name=row.name or "", mode=MODES[row.mode], native=row.native, default=row.initial)
        )
    sql = ROUTINES.format(
        body=reader.since(140000, "coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)", "p.prosrc"),
        user_schema=USER_SCHEMA,
        own=not_of_extension("pg_proc", "p.oid", "ei"),
    )
    return [
        Routine(
            schema_name=row.nspname,
            name=row.proname,
            kind=KINDS[row.prokind],
            language=row.lanname,
            signature=row.signature,
            definition=(row.definition or aggregates.get(row.oid, "")).rstrip(),
            parameters=parameters.get(row.oid, []),
            returns=row.returns,
            body=row.body,
            volatility=VOLATILITIES[row.volatility],
            options=_options(row),
            comment=row.description,
        )
        for row in reader.rows("routines", sql)
    ]


def _options(row: Any) -> dict[str, str]:
    """What is not the default of CREATE FUNCTION; a setting of its own stands under `set NAME`."""
    flags = {"strict": row.proisstrict, "leakproof": row.proleakproof, "window": row.is_window}
    found = {name: "true" for name, on in flags.items() if on}
    if row.prosecdef:
        found["security"] = "definer"
    if row.parallel in PARALLEL:
        found["parallel"] = PARALLEL[row.parallel]
    if row.cost is not None:
        found["cost"] = f"{row.cost:g}"
    if row.result_rows is not None:
        found["rows"] = f"{row.result_rows:g}"
    for setting in row.proconfig or ():
        name, _, value = setting.partition("=")
        found[f"set {name}"] = value
    return found


def _aggregate(row: Any) -> str:
    parts = []
    for option, form in AGGREGATE_OPTIONS.items():
        value = getattr(row, option)
        if value is None or value is False:
            continue
        parts.append(option if form == "flag" else f"{option} = {quote_literal(value) if form == 'literal' else value}")
    return f"CREATE AGGREGATE {quote_name(row.nspname, row.proname)}({row.arguments or '*'}) ({', '.join(parts)})"
