"""What a comparison found, in lines for a terminal."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from agent.report.words import counted, cut, plain
from engines.errors import UsageError

if TYPE_CHECKING:
    from skills.data_migration_validator.model import Output
    from transfer.repair.model import RepairPlan, RepairResult

SHOWN = 10
VALUE = 120
ASIDE = {
    "set_aside": "values set aside, each still what the source holds",
    "withheld": "rows withheld, each still what the source holds",
    "tolerated": "rows within the tolerance of a column",
    "settled": "rows that differed at first and were equal when read again",
    "unsettled": "rows still changing when the time was over",
}


def differing_lines(table: dict[str, Any], shown: int = SHOWN) -> Iterator[str]:
    """A differing table of a validator's output (as plain data) and its first rows."""
    if table.get("problem"):
        yield f"  NOT COMPARED {table['name']}: {table['problem']['what']} [{table['problem']['code']}]"
        return
    yield (
        f"  DIFFERS {table['name']}: {table['different']:,} different, "
        f"{table['missing']:,} missing, {table['extra']:,} extra"
    )
    for item in table.get("uncompared", []):
        yield f"    not compared: {item['column']} ({item['side']}): {item['reason']}"
    for row in table["rows"][:shown]:
        yield f"    {plain(_row(row))}"
    left = table["different"] + table["missing"] + table["extra"] - min(shown, len(table["rows"]))
    if left > 0 and table["rows"]:
        yield f"    and {counted(left, 'more row', 'more rows')}"


def check_repair(options: argparse.Namespace) -> None:
    """REPAIR_MISSING where something of a repair is asked for without it."""
    if (options.approve or options.deletes) and not options.repair:
        raise UsageError("REPAIR_MISSING", "--approve and --deletes go with --repair.", "Add --repair.")


def say_comparison(write: Callable[[str], object], output: Output, repair: bool) -> None:
    """Everything a person wants to know first, the differences before the rest."""
    for line in _lines(output, repair):
        write(line + "\n")


def _lines(output: Output, repair: bool) -> Iterator[str]:
    tables = output.model_dump(mode="json")["tables"]
    equal = [table for table in tables if table["equal"]]
    for table in tables:
        if not table["equal"]:
            yield from differing_lines(table)
    for item in output.unpaired:
        yield f"  {'ONLY ON' if item.loses else 'only on'} THE {item.side.upper()} {item.name}: {item.reason}"
    for finding in output.schema_findings:
        yield f"  {finding.severity} {finding.kind} {finding.object}: {cut(finding.detail)}"
    if equal:
        rows = sum(table["rows_source"] or 0 for table in equal)
        yield f"  {counted(rows, 'row')} of {counted(len(equal), 'table')}: equal ({output.level})"
    for field, word in ASIDE.items():
        number = sum(table[field] for table in tables)
        if number:
            yield f"  {number:,} {word}"
    for table in tables:
        for column, tolerance in table["tolerances"].items():
            yield f"  {table['name']}.{column}: {tolerance}"
    for name, notes in output.notes.items():
        yield from (f"  {name}: {note}" for note in notes)
    if output.certificate is not None:
        yield f"  certificate: root {output.certificate.root}"
    if output.repair_plan is not None:
        yield from repair_lines(output.repair_plan, output.repaired)
    elif repair:
        yield "  nothing to repair"
    yield "Equal." if output.equal else "Different."


def repair_lines(plan: RepairPlan, done: RepairResult | None) -> Iterator[str]:
    """What a repair would do, and what it did."""
    for line in plan.lines():
        yield f"  {line}"
    for table in done.tables if done else []:
        what = f"{table.inserted:,} inserted, {table.updated:,} updated, {table.deleted:,} deleted"
        after = "compared once more: equal" if table.clean else "compared once more: NOT equal"
        yield f"  repaired {table.target}: {what}; {table.problem.what if table.problem else after}"
        for left in table.left:
            yield f"    left as they are: {counted(left.rows, 'row')}: {left.reason}"
    if done is None:
        yield f"  nothing was written; to do it: --repair --approve {plan.hash}"


def _row(row: dict[str, Any]) -> str:
    key = ", ".join(f"{name}={value}" for name, value in row["key"].items())
    if row["kind"] != "different":
        return f"{row['kind']} row {key}"
    if not row["source"]:
        return f"different row {key}: {', '.join(row['columns'])}"
    changes = "; ".join(f"{c}: {_value(row['source'][c])} -> {_value(row['target'][c])}" for c in row["columns"])
    return f"different row {key}: {changes}"


def _value(value: str | None) -> str:
    return "NULL" if value is None else cut(repr(value), VALUE)
