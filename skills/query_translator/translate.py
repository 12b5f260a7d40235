"""One statement from engine to engine: unchanged, by the proven rules, or transpiled and marked so."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from conversion.expressions import view_query
from conversion.purity import NOTHING_OWN, OwnCode, impurity, moving
from conversion.shapes import Shapes, Untranslatable
from conversion.workload import WorkloadStatement, dialect_of
from engines.families import family
from skills.query_translator.models import Translation

WROTE = {"given": "given", "rules": "written by the conversion's rules"}
ONLY_TESTED = "no rule covers this text; it was transpiled, so only running it says whether it is right"


def translate(
    statement: WorkloadStatement, source: str, target: str, shapes: Shapes, own: OwnCode = NOTHING_OWN
) -> Translation:
    """The statement on the target engine with the verdict that holds before anything was run."""
    if "mongodb" in (source, target):
        return Translation(
            name=statement.name,
            source=statement.sql,
            verdict="UNSUPPORTED",
            detail="SQL and aggregation pipelines are not translated into each other",
            line=statement.line,
            file=statement.file,
        )
    impure = impurity(statement.sql, source, own)
    made = _text(statement, source, target, shapes, impure)
    made.pure = impure is None
    made.order = order_keys(statement.sql, source) if made.pure else None
    if made.target is None or made.verdict == "UNSUPPORTED":
        return made
    if impure is not None:
        made.verdict = "UNSUPPORTED" if "not known to be free" in impure else "NOT_RUN"
        made.detail = f"not executed: {impure}"
        return made
    chance = moving(statement.sql, source)
    if chance is not None:
        made.detail = f"not comparable: its result depends on {chance}"
        made.warnings.append(made.detail)
    elif made.method == "unchanged":
        made.verdict, made.detail = "PROVED", "the text is unchanged, the engine family is the same, and it only reads"
    return made


def adopt(
    statement: WorkloadStatement,
    text: str,
    source: str,
    target: str,
    own: OwnCode = NOTHING_OWN,
    method: str = "given",
) -> Translation:
    """The statement with a text for the target that a person (given) or the conversion (rules) wrote.

    It runs only where both sides only read.
    """
    reasons = impurity(statement.sql, source, own), impurity(text, target, own)
    made = Translation(
        name=statement.name,
        source=statement.sql,
        target=text,
        verdict="NOT_RUN",
        detail=f"{WROTE[method]}, not executed",
        method=method,
        pure=reasons == (None, None),
        line=statement.line,
        file=statement.file,
    )
    if not made.pure:
        made.detail = f"{WROTE[method]}, not executed: {reasons[0] or reasons[1]}"
        return made
    made.order = order_keys(statement.sql, source)
    chance = moving(statement.sql, source) or moving(text, target)
    if chance is not None:
        made.detail = f"not comparable: its result depends on {chance}"
        made.warnings.append(made.detail)
    return made


def _text(statement: WorkloadStatement, source: str, target: str, shapes: Shapes, impure: str | None) -> Translation:
    made = Translation(
        name=statement.name,
        source=statement.sql,
        verdict="NOT_RUN",
        detail="translated, not executed",
        line=statement.line,
        file=statement.file,
    )
    if family(source) == family(target):
        made.target, made.method = statement.sql, "unchanged"
        return made
    reason = "no rules for this pair of engines"
    if (source, target) == ("sqlite", "postgresql") and impure is None:
        try:
            found = view_query(statement.sql, shapes)
        except Untranslatable as refused:
            reason = refused.reason
        else:
            made.target, made.method, made.warnings = found.sql, "rules", list(found.notes)
            return made
    return _transpiled(made, source, target, shapes, reason)


def _transpiled(made: Translation, source: str, target: str, shapes: Shapes, reason: str) -> Translation:
    try:
        trees = sqlglot.parse(made.source, read=dialect_of(source))
        tree = trees[0]
        if len(trees) != 1 or tree is None or isinstance(tree, exp.Command):
            raise Untranslatable("the parser can't read it")
        _use_target_names(tree, shapes)
        text = tree.sql(dialect=dialect_of(target), unsupported_level=ErrorLevel.RAISE, comments=False)
    except (SqlglotError, Untranslatable) as error:
        made.verdict, made.detail = "UNSUPPORTED", f"{reason}; {str(error).splitlines()[0]}"
        return made
    made.target, made.method = text, "transpiled"
    made.warnings.append(f"{reason}: {ONLY_TESTED}")
    return made


def _use_target_names(tree: exp.Expr, shapes: Shapes) -> None:
    """Tables and columns under the names they have on the target, as far as the query names them plainly."""
    names: dict[str, set[str]] = {}
    common = {table.alias.lower() for table in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        shape = None if table.name.lower() in common else shapes.find(table.name, table.db)
        if shape is None:
            continue
        if not table.alias and shape.name.lower() != table.name.lower():
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(shape.name, quoted=True))
        table.set("db", exp.to_identifier(shape.schema, quoted=True) if shape.schema else None)
        for source, known in shape.columns.items():
            names.setdefault(source, set()).add(known.name)
    for column in tree.find_all(exp.Column):
        targets = names.get(column.name.lower(), set())
        if len(targets) == 1:
            column.set("this", exp.to_identifier(next(iter(targets)), quoted=True))


def order_keys(sql: str, engine: str) -> list[int] | None:
    """Positions of the ORDER BY keys among the output columns; empty where one isn't, None without ORDER BY."""
    tree = sqlglot.parse_one(sql, read=dialect_of(engine))
    order = tree.args.get("order")
    if order is None:
        return None
    if not isinstance(tree, exp.Query):
        return []
    outputs = list(tree.selects)
    if any(item.is_star for item in outputs):
        return []
    positions = []
    for ordered in order.expressions:
        position = _position(ordered.this, outputs)
        if position is None:
            return []
        positions.append(position)
    return positions


def _position(key: exp.Expr, outputs: list[exp.Expr]) -> int | None:
    if isinstance(key, exp.Literal) and key.is_int:
        place = int(key.this) - 1
        return place if 0 <= place < len(outputs) else None
    for place, item in enumerate(outputs):
        named = isinstance(key, exp.Column) and not key.table and item.alias_or_name.lower() == key.name.lower()
        if named or item.unalias() == key:
            return place
    return None
