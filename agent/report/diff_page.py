"""A comparison as an HTML page: what is equal, what differs, and every differing value beside the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup, escape

from agent.report.render import environment
from agent.report.tables import cleaned, table
from agent.report.view import Tile
from agent.report.words import bare, counted, cut, number, plain
from engines.connection import redact
from skills.data_migration_validator.model import Output, TableResult
from transfer.compare.model import RowDifference

VALUE = 400  # characters of a value; a longer one is cut around its first difference
BEFORE = 60
ALIGNED = 600  # characters of both values together up to which single differences are marked
NULL = Markup('<i class="null">NULL</i>')
NOTHING = Markup("")


@dataclass(frozen=True)
class Line:
    """A column of a differing row, as cells."""

    kind: str
    key: str
    column: str
    source: Markup
    target: Markup


def diff_page(output: Output, source: str, target: str) -> str:
    """The page as text; source and target are references as a person gave them."""
    view = cleaned(_facts(output, redact(source), redact(target)))
    view["differing"] = [_differing(result) for result in _worst_first(output.tables) if not result.equal]
    return environment(html=True).get_template("diff.html.j2").render(view=view)


def _facts(output: Output, source: str, target: str) -> dict[str, Any]:
    titles = "Table:code Result:mark Source:number Target:number Different:number Missing:number Extra:number"
    ranked = _worst_first(output.tables)
    return {
        "title": "Comparison of two databases",
        "source": source,
        "target": target,
        "verdict": _verdict(output),
        "tiles": _tiles(output),
        "tables": table(f"{titles} Set_aside:number Tolerated:number", ranked, _row, 500),
        "unpaired": table(
            "Table:code Only_on Loses_rows:mark Reason",
            output.unpaired,
            lambda item: [item.name, item.side, "missing" if item.loses else "no", item.reason],
        ),
        "schema": table(
            "Object:code Kind Severity:mark Detail",
            output.schema_findings,
            lambda item: [item.object, item.kind, item.severity, cut(item.detail)],
            500,
        ),
        "tolerances": table(
            "Table:code Column:code Compared",
            [(one.name, *pair) for one in output.tables for pair in one.tolerances.items()],
            list,
        ),
        "uncompared": table(
            "Table:code Column:code Side Why_not",
            [(one.name, item) for one in output.tables for item in one.uncompared],
            lambda pair: [pair[0], pair[1].column, pair[1].side, pair[1].reason],
        ),
        "facts": _how(output),
    }


def _verdict(output: Output) -> dict[str, Any]:
    if output.equal:
        return {"tone": "good", "word": "EQUAL", "headline": _compared(output), "lines": []}
    lines = [f"{bare(result.name)}: {_summary(result)}" for result in _worst_first(output.tables) if not result.equal]
    lines += [f"{item.name} is only on the {item.side}" for item in output.unpaired if item.loses]
    lines += [f"{len(output.schema_findings):,} findings in the schema"] * bool(output.schema_findings)
    shown = lines[:5] + [f"and {len(lines) - 5:,} more"] * (len(lines) > 5)
    return {"tone": "bad", "word": "DIFFERENT", "headline": _compared(output), "lines": shown}


def _compared(output: Output) -> str:
    if output.level == "schema":
        return "The schemas were compared, not the rows."
    what = {"counts": "counted only", "sample": "by a sample"}.get(output.level, "every value of every row")
    return f"{counted(output.rows_compared, 'row')} of {counted(len(output.tables), 'table')}, {what}."


def _tiles(output: Output) -> list[Tile]:
    shown = {
        "Different": sum(result.different for result in output.tables),
        "Missing": sum(result.missing for result in output.tables),
        "Extra": sum(result.extra for result in output.tables),
    }
    aside = sum(result.set_aside + result.withheld for result in output.tables)
    tiles = [Tile("Rows of the source", number(output.rows_compared), "")]
    tiles += [Tile(f"{name} rows", number(rows), "") for name, rows in shown.items()]
    return tiles + [Tile("Set aside", number(aside), "known, and as recorded")] * bool(aside)


def _row(result: TableResult) -> list[str]:
    verdict = "equal" if result.equal else "differs"
    figures = (result.rows_source, result.rows_target, result.different, result.missing, result.extra)
    aside = result.set_aside + result.withheld
    return [bare(result.name), verdict, *(number(n) for n in figures), number(aside), number(result.tolerated)]


def _differing(result: TableResult) -> dict[str, Any]:
    problem = [result.problem.what, result.problem.do] if result.problem else []
    lines = [line for row in result.rows for line in _lines(row)]
    found = result.different + result.missing + result.extra
    more = f"{len(result.rows):,} of {counted(found, 'differing row')} are shown." if found > len(result.rows) else ""
    counts = table(
        "Column:code Differing_rows:number",
        sorted(result.rows_by_column.items(), key=lambda pair: -pair[1]),
        lambda pair: [pair[0], number(pair[1])],
    )
    texts = {"name": bare(result.name), "summary": _summary(result), "problem": problem, "more": more}
    return {**cleaned(texts), "columns": cleaned_table(counts), "rows": lines}


def cleaned_table(found: Any) -> Any:
    """A table whose cells hold nothing that a reader could not see."""
    if found is not None:
        found.rows = cleaned(found.rows)
    return found


def _summary(result: TableResult) -> str:
    if result.problem is not None:
        return "could not be compared"
    parts = [f"{getattr(result, kind):,} {kind}" for kind in ("different", "missing", "extra") if getattr(result, kind)]
    parts += [f"{result.unsettled:,} of them still changing when the time was over"] * bool(result.unsettled)
    parts += [f"{counted(len(result.uncompared), 'column')} not compared"] * bool(result.uncompared)
    return ", ".join(parts) or "equal"


def _lines(row: RowDifference) -> Iterator[Line]:
    key = plain(", ".join(f"{name}={'NULL' if value is None else value}" for name, value in row.key.items()))
    if not row.columns or row.kind != "different":
        yield Line(row.kind, cut(key), "", NOTHING, NOTHING)
        return
    for place, column in enumerate(row.columns):
        here, there = _marked(row.source.get(column), row.target.get(column), column in row.source)
        yield Line(row.kind, cut(key) if place == 0 else "", plain(column), here, there)


def _marked(here: str | None, there: str | None, shown: bool) -> tuple[Markup, Markup]:
    """Both values with what only one of them has marked."""
    if not shown:
        return NOTHING, NOTHING
    if here is None or there is None:
        return tuple(NULL if value is None else _plain(value, 0) for value in (here, there))  # type: ignore[return-value]
    if len(here) + len(there) > ALIGNED:
        first = next(
            (n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there))
        )
        return _plain(here, max(0, first - BEFORE)), _plain(there, max(0, first - BEFORE))
    left, right = Markup(), Markup()
    for kind, a, b, c, d in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        left += _piece(here[a:b], "gone" if kind != "equal" else "")
        right += _piece(there[c:d], "come" if kind != "equal" else "")
    return left, right


def _piece(text: str, mark: str) -> Markup:
    shown = escape(plain(text))
    return Markup('<mark class="{}">{}</mark>').format(mark, shown) if mark and text else shown


def _plain(value: str, start: int) -> Markup:
    """A part of a value, its length beside it where something is left out."""
    part = plain(value[start : start + VALUE])
    if len(value) <= VALUE:
        return escape(part)
    return Markup("{}{}… <i>({} characters)</i>").format("…" if start else "", part, f"{len(value):,}")


def _how(output: Output) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = [("Level", output.level)]
    pairs += [(f"Moment of the {side}", position) for side, position in output.positions.items()]
    routes = sorted({result.route for result in output.tables if result.route})
    pairs += [("Hashed", route) for route in routes]
    pairs += [(name, "; ".join(notes)) for name, notes in output.notes.items()]
    pairs += [(name, f"left out by wish: {', '.join(columns)}") for name, columns in output.ignored.items()]
    if output.certificate is not None:
        pairs.append(("Certificate", output.certificate.root))
    return pairs


def _worst_first(tables: list[TableResult]) -> list[TableResult]:
    def rank(result: TableResult) -> tuple[bool, int, str]:
        return result.equal, -(result.different + result.missing + result.extra), result.name

    return sorted(tables, key=rank)
