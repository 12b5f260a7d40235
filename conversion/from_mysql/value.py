"""An expression on its way from MySQL: its text for the target, and what is known of the value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from conversion.names import shorten
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from conversion.typed import grouped
from engines.catalog import Kind

TEXTS = frozenset({Kind.TEXT, Kind.CHAR, Kind.ENUM})
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
EXACT = frozenset({Kind.INTEGER, Kind.DECIMAL})
MOMENTS = frozenset({Kind.DATE, Kind.TIMESTAMP})


@dataclass(frozen=True)
class Value:
    """kind None is NULL; folds: MySQL compares the text without case; scale: digits behind the point, of exact
    numbers and times; zoned: a moment; labels: those of an enum; immutable: always the same for the same arguments."""

    node: exp.Expr
    kind: Kind | None
    folds: bool = False
    scale: int | None = None
    zoned: bool = False
    labels: tuple[str, ...] = ()
    immutable: bool = True

    @property
    def literal(self) -> str | None:
        """The text of a literal with its sign; None for anything else."""
        node = self.node.this if isinstance(self.node, exp.Neg) else self.node
        if not isinstance(node, exp.Literal):
            return None
        return ("-" if node is not self.node else "") + str(node.this)

    @property
    def operand(self) -> exp.Expr:
        """The expression where an operator's precedence could matter."""
        return grouped(self.node)

    def become(self, node: exp.Expr, kind: Kind | None = None, scale: int | None = None) -> Value:
        """Another expression made of this one: what it depends on stays."""
        return Value(node, kind or self.kind, immutable=self.immutable, scale=scale)


def reference(column: ColumnShape, folds: bool, table: str = "") -> Value:
    """A column of the target, quoted."""
    name = exp.to_identifier(column.name, quoted=True)
    node = exp.Column(this=name, table=exp.to_identifier(table, quoted=True) if table else None)
    return Value(
        node, column.kind, folds, scale=column.scale, zoned=column.route == "timestamptz", labels=column.labels
    )


def bit_number(node: exp.Expr) -> Value | None:
    """b'101' and x'05' where a number stands; None for anything else."""
    inner = node.unnest()
    if not isinstance(inner, (exp.BitString, exp.HexString)):
        return None
    digits = str(inner.this)
    number = int(digits or "0", 2 if isinstance(inner, exp.BitString) else 16)
    return Value(exp.Literal.number(number), Kind.INTEGER, scale=0)


def together(values: list[Value]) -> bool:
    """True when all of them are immutable."""
    return all(value.immutable for value in values)


def unified(values: list[Value]) -> Value:
    """What CASE, COALESCE or UNION makes of these: NULL node, with the kind they share. Untranslatable without one."""
    known = [value for value in values if value.kind is not None]
    kinds = {value.kind for value in known}
    first = known[0] if known else values[0]
    scales = [value.scale for value in known]
    scale = None if any(found is None for found in scales) else max((found or 0 for found in scales), default=None)
    made = replace(
        first, node=exp.Null(), scale=scale, immutable=together(values), folds=any(value.folds for value in known)
    )
    if len(kinds) <= 1:
        if len({value.zoned for value in known}) > 1:
            raise Untranslatable("moments and wall-clock times meet in one column")
        same = {value.labels for value in known}
        return made if len(same) <= 1 else replace(made, kind=Kind.TEXT, labels=())
    if kinds <= TEXTS:
        return replace(made, kind=Kind.TEXT, labels=())
    if kinds <= NUMBERS:
        return replace(made, kind=Kind.FLOAT if Kind.FLOAT in kinds else Kind.DECIMAL)
    if kinds <= NUMBERS | {Kind.BOOLEAN}:
        return unified([replace(value, kind=Kind.INTEGER, scale=0) if value.kind is Kind.BOOLEAN else value
                        for value in values])  # fmt: skip
    names = ", ".join(sorted(kind.value for kind in kinds if kind))
    raise Untranslatable(f"values of different kinds meet ({names})")


def shape_of(name: str, columns: list[str], values: list[Value]) -> TableShape:
    """A query as a source of another: its columns under the names it gives them."""
    shapes = {column.lower(): output(column, value) for column, value in zip(columns, values, strict=True)}
    return TableShape("", shorten(name), shapes)


def output(name: str, value: Value) -> ColumnShape:
    """A column of a query as further queries see it."""
    return ColumnShape(
        shorten(name),
        value.kind or Kind.TEXT,
        "timestamptz" if value.zoned else "",
        "folding_ci" if value.folds else "",
        scale=value.scale,
        labels=value.labels,
    )
