"""Writes Great Expectations 1.x suites, one per table, from the target's catalog and the source's profile."""

from __future__ import annotations

import json
from typing import Any

from conversion.mapping import TableMapping
from engines.catalog import Catalog, Table
from engines.profile import TableProfile
from skills.testing_strategy_composer.facts import TableOutcome

FOLDER = "great_expectations/expectations"
VERSION = "1.0.0"  # the oldest version whose suite format this is; later ones of major version 1 read it
WHOLE = frozenset({"integer", "integer_any"})  # routes that keep an integer as it is


def write_suite(outcome: TableOutcome, mapping: TableMapping, profile: TableProfile | None, catalog: Catalog) -> str:
    """The JSON text of one table's suite: rows, columns, not null, unique, and ranges of whole numbers."""
    table = next((table for table in catalog.tables if table.full_name == outcome.target), None)
    expectations: list[dict[str, Any]] = []
    rows = outcome.rows_target
    if rows is None and outcome.rows_source is not None:
        rows = outcome.rows_source - outcome.rows_aside
    if rows is not None:
        expectations.append(_expectation("expect_table_row_count_to_equal", value=rows))
    if table is not None:
        names = [column.name for column in table.columns]
        expectations.append(_expectation("expect_table_columns_to_match_set", column_set=names, exact_match=True))
        expectations += _of_keys(table)
    expectations += _of_ranges(mapping, profile)
    suite = {
        "name": outcome.target,
        "expectations": expectations,
        "meta": {"great_expectations_version": VERSION, "source_table": outcome.source},
        "notes": None,
    }
    return json.dumps(suite, indent=2, ensure_ascii=False) + "\n"


def path_of(outcome: TableOutcome) -> str:
    """Where the suite belongs in a Great Expectations file context."""
    plain = "".join(character if character.isalnum() or character in "._-" else "_" for character in outcome.target)
    return f"{FOLDER}/{plain}.json"


def _of_keys(table: Table) -> list[dict[str, Any]]:
    found = []
    key = table.primary_key.columns if table.primary_key else []
    for column in table.columns:
        if not column.nullable or column.name in key:
            found.append(_expectation("expect_column_values_to_not_be_null", column=column.name))
    for columns in [key, *(unique.columns for unique in table.uniques)]:
        if len(columns) == 1:
            found.append(_expectation("expect_column_values_to_be_unique", column=columns[0]))
        elif columns:
            found.append(_expectation("expect_compound_columns_to_be_unique", column_list=list(columns)))
    return found


def _of_ranges(mapping: TableMapping, profile: TableProfile | None) -> list[dict[str, Any]]:
    """Smallest and largest value of columns whose whole numbers were moved as they are."""
    found = []
    for column in mapping.columns if profile else []:
        seen = profile.columns.get(column.source) if profile else None
        if seen is None or seen.minimum is None or seen.maximum is None or column.route not in WHOLE:
            continue
        found.append(
            _expectation(
                "expect_column_values_to_be_between",
                column=column.target,
                min_value=seen.minimum,
                max_value=seen.maximum,
            )
        )
    return found


def _expectation(kind: str, **arguments: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": arguments, "meta": {}}
