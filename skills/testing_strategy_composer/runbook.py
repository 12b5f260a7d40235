"""Writes the validation runbook: what to run, in which order, what to expect, and what to do when it differs."""

from __future__ import annotations

from typing import Any

from skills.testing_strategy_composer.criteria import Criterion
from skills.testing_strategy_composer.facts import TableOutcome
from skills.testing_strategy_composer.performance import Performance, WorkloadQuery
from skills.testing_strategy_composer.suite_pytest import PATH

REMEDIES = {
    "row-counts": "Run `dbmo validate DIR`: it names the missing and extra rows. Don't cut over.",
    "content": "Run `dbmo validate DIR`: it names every differing row and column. Don't cut over.",
    "quarantine": "Repair the values in the source, or record that they are accepted, and execute again.",
    "schema": "Give an override for the column in the request and plan again.",
    "tables-present": "Execute again: the same command goes on where it stopped.",
    "keys-present": "Add the key by hand after removing duplicates, then validate again.",
    "references-valid": "Repair the rows that reference nothing, then ALTER TABLE ... VALIDATE CONSTRAINT.",
    "indexes-valid": "Drop and create the index again.",
    "numbers-ahead": "Set the sequence over the largest value before the first write.",
    "queries-translated": "Rewrite the query by hand and put it into the workload, then run the translator again.",
    "query-results": "Look at the differing row: either the translation or the data is wrong. Don't cut over.",
    "speed": "Look at what bounds the slow queries (index, statistics, memory) and measure again.",
}


def write_runbook(
    names: tuple[str, str],
    outcomes: list[TableOutcome],
    criteria: list[Criterion],
    queries: list[WorkloadQuery],
    performance: Performance,
    aside: list[dict[str, Any]],
) -> str:
    """Markdown; names: source and target as people may see them."""
    source, target = names
    parts = [
        f"# Validation runbook\n\nSource: `{source}`. Target: `{target}`. {len(outcomes)} tables.",
        _steps(len(queries)),
        _table_of_criteria(criteria),
        _table_of_rows(outcomes),
    ]
    if aside:
        parts.append(_aside(aside))
    if performance.queries:
        parts.append(_speed(performance))
    return "\n\n".join(parts) + "\n"


def _steps(queries: int) -> str:
    return "\n".join(
        [
            "## Steps",
            "1. Stop writes to the source, or note that rows written from here on are not in this comparison.",
            "2. `dbmo validate DIR` compares counts and checksums and names every differing row.",
            f"3. `DBMO_SOURCE=... DBMO_TARGET=... pytest {PATH}` repeats counts, keys, references"
            f" and {queries} queries without this program.",
            "4. Load the Great Expectations suites into your own context where you keep watching the target.",
            "5. Run the application's own smoke tests against the target; this program can't know them.",
            "6. Go through the criteria below. Sign only when none is `failed` and each `not_run` was decided on.",
        ]
    )


def _table_of_criteria(criteria: list[Criterion]) -> str:
    lines = ["## Criteria", "| criterion | threshold | result | evidence | if it fails |", "|-|-|-|-|-|"]
    for criterion in criteria:
        cells = [criterion.statement, criterion.threshold, criterion.result, criterion.evidence]
        lines.append("| " + " | ".join(_cell(cell) for cell in [*cells, REMEDIES[criterion.id]]) + " |")
    return "\n".join(lines)


def _table_of_rows(outcomes: list[TableOutcome]) -> str:
    lines = ["## Tables", "| source | target | rows on the source | rows on the target | set aside |", "|-|-|-|-|-|"]
    for table in outcomes:
        counts = ["not counted" if n is None else str(n) for n in (table.rows_source, table.rows_target)]
        lines.append(
            f"| {_cell(table.source)} | {_cell(table.target)} | {counts[0]} | {counts[1]} | {table.rows_aside} |"
        )
    return "\n".join(lines)


def _aside(aside: list[dict[str, Any]]) -> str:
    lines = ["## Set aside", "Values that the target can't hold, kept with their key in quarantine:"]
    for entry in aside[:50]:
        place = f"{entry.get('table', '?')}.{entry.get('column', '?')}"
        lines.append(
            f"- `{_cell(place)}` key `{_cell(str(entry.get('key', '?')))}`: {_cell(str(entry.get('reason', '')))}"
        )
    if len(aside) > 50:
        lines.append(f"- and {len(aside) - 50} more")
    return "\n".join(lines)


def _speed(performance: Performance) -> str:
    lines = [
        "## Speed",
        f"{performance.method}.",
        "",
        "| query | before, median (p95) ms | after, median (p95) ms | change | bound by |",
        "|-|-|-|-|-|",
    ]
    for query in performance.queries:
        if query.before is None or query.after is None:
            lines.append(f"| {_cell(query.name)} | | | | {_cell(query.detail)} |")
            continue
        before = f"{query.before.median_ms:g} ({query.before.p95_ms:g})"
        after = f"{query.after.median_ms:g} ({query.after.p95_ms:g})"
        change = "" if query.improvement_percent is None else f"{query.improvement_percent:+g} %"
        lines.append(f"| {_cell(query.name)} | {before} | {after} | {change} | {_cell(query.after.bound_by)} |")
    if performance.improvement_percent is not None:
        lines.append(f"\nSum of the medians: {performance.improvement_percent:+g} % (positive is faster).")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text of a database inside a table of Markdown: one line, no cell or code borders."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain.replace("|", "\\|").replace("`", "'")[:300]
