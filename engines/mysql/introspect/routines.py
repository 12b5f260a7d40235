"""Functions and procedures, from one query for them and one for their parameters."""

from __future__ import annotations

import re
from typing import Any

from engines.catalog import Parameter, Routine
from engines.mysql.introspect.exact import exact_body
from engines.mysql.introspect.reader import Reader
from engines.mysql.introspect.triggers import code_options
from engines.mysql.names import account
from engines.mysql.quoting import quote_identifier, quote_literal

ROUTINES = """
    SELECT r.SPECIFIC_NAME, r.ROUTINE_NAME, r.ROUTINE_TYPE, r.DTD_IDENTIFIER, r.CHARACTER_SET_NAME, r.COLLATION_NAME,
           r.ROUTINE_BODY, r.ROUTINE_DEFINITION, r.IS_DETERMINISTIC, r.SQL_DATA_ACCESS, r.SECURITY_TYPE, r.SQL_MODE,
           r.ROUTINE_COMMENT, r.DEFINER, r.CHARACTER_SET_CLIENT, r.COLLATION_CONNECTION, r.DATABASE_COLLATION,
           r.EXTERNAL_LANGUAGE
      FROM information_schema.ROUTINES r WHERE r.ROUTINE_SCHEMA = %s
"""
PARAMETERS = """
    SELECT p.SPECIFIC_NAME, p.ROUTINE_TYPE, p.ORDINAL_POSITION, p.PARAMETER_MODE, p.PARAMETER_NAME, p.DTD_IDENTIFIER,
           p.CHARACTER_SET_NAME, {default} AS PARAMETER_DEFAULT
      FROM information_schema.PARAMETERS p WHERE p.SPECIFIC_SCHEMA = %s AND p.ORDINAL_POSITION > 0
"""
DESCRIBED = ("FUNCTION", "PROCEDURE")
# only an aggregate fetches the rows of its group (MariaDB: Stored Aggregate Functions)
AGGREGATE = re.compile(r"\bfetch\s+group\s+next\s+row\b", re.IGNORECASE)


def read_routines(reader: Reader) -> list[Routine]:
    """All routines but those whose body the user may not see, which stand in unread."""
    parameters: dict[tuple[str, str], list[Parameter]] = {}
    default = reader.server.since((11, 8), None, "p.PARAMETER_DEFAULT", "NULL")
    rows = reader.rows("parameters of routines", PARAMETERS.format(default=default))
    for row in sorted(rows, key=lambda row: int(row.ordinal_position)):
        place = (str(row.routine_type), str(row.specific_name))
        parameters.setdefault(place, []).append(
            Parameter(
                name=row.parameter_name or "",
                mode=row.parameter_mode or "IN",
                native=_typed(row.dtd_identifier, row.character_set_name),
                default=row.parameter_default,
            )
        )
    found = []
    rows = reader.rows("routines", ROUTINES)
    for row in sorted(rows, key=lambda row: (str(row.routine_name), str(row.routine_type))):
        name = f"{str(row.routine_type).lower()} {reader.database}.{row.routine_name}"
        if row.routine_type not in DESCRIBED:
            reader.missing(name, "Packages aren't described and aren't carried over.", "package")
        elif row.routine_definition is None:
            right = "It needs SHOW_ROUTINE or SELECT on mysql.proc, or the account that made it."
            reader.missing(f"body of {name}", right, str(row.routine_type).lower())
        else:
            found.append(_routine(reader, row, parameters.get((row.routine_type, row.specific_name), [])))
    return found


def _routine(reader: Reader, row: Any, parameters: list[Parameter]) -> Routine:
    body = exact_body(reader, row.routine_type, row.routine_name, str(row.routine_definition))
    is_function = row.routine_type == "FUNCTION"
    aggregate = is_function and reader.server.is_mariadb and AGGREGATE.search(body) is not None
    returns = _typed(row.dtd_identifier, row.character_set_name, row.collation_name) if is_function else None
    deterministic = row.is_deterministic == "YES"
    return Routine(
        schema_name=reader.database,
        name=row.routine_name,
        kind="aggregate" if aggregate else str(row.routine_type).lower(),
        language=str(getattr(row, "external_language", None) or row.routine_body).lower(),
        signature=", ".join(_written(parameter, is_function) for parameter in parameters),
        definition=_definition(row, parameters, returns, aggregate, body),
        parameters=parameters,
        returns=returns,
        body=body,
        volatility=_volatility(deterministic, str(row.sql_data_access)),
        options={
            **code_options(row),
            "security": str(row.security_type),
            "data_access": str(row.sql_data_access),
            "deterministic": "YES" if deterministic else "NO",
        },
        comment=row.routine_comment or None,
    )


def _volatility(deterministic: bool, access: str) -> str:
    """DETERMINISTIC is a promise about arguments; what also reads tables changes with them, so it is only stable."""
    if not deterministic or access == "MODIFIES SQL DATA":
        return "volatile"
    return "stable" if access == "READS SQL DATA" else "immutable"


def _typed(native: str, charset: str | None, collation: str | None = None) -> str:
    if not charset or native.lower() == "json":
        return native
    return f"{native} CHARSET {charset}" + (f" COLLATE {collation}" if collation else "")


def _written(parameter: Parameter, is_function: bool) -> str:
    mode = "" if is_function and parameter.mode == "IN" else f"{parameter.mode} "
    default = "" if parameter.default is None else f" DEFAULT {parameter.default}"
    return f"{mode}{quote_identifier(parameter.name)} {parameter.native}{default}"


def _definition(row: Any, parameters: list[Parameter], returns: str | None, aggregate: bool, body: str) -> str:
    """A statement that makes the routine again under the sql_mode of its options."""
    kind = f"AGGREGATE {row.routine_type}" if aggregate else row.routine_type
    written = ", ".join(_written(parameter, returns is not None) for parameter in parameters)
    lines = [f"CREATE DEFINER={account(row.definer)} {kind} {quote_identifier(row.routine_name)}({written})"]
    lines += [f"RETURNS {returns}"] if returns else []
    lines += ["DETERMINISTIC"] if row.is_deterministic == "YES" else []
    lines += [str(row.sql_data_access)] if row.sql_data_access != "CONTAINS SQL" else []
    lines += [f"SQL SECURITY {row.security_type}"] if row.security_type != "DEFINER" else []
    lines += [f"COMMENT {quote_literal(row.routine_comment)}"] if row.routine_comment else []
    return "\n".join([*lines, body])
