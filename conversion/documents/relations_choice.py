"""What becomes of each foreign key: a document inside a document, an array, or a reference; a table of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from conversion.documents.relations_access import Access
from conversion.documents.relations_alike import compares_otherwise, folds, one_spelling, unkeyed
from conversion.documents.relations_mapping import RelationDecision
from engines.catalog import ForeignKey, Table
from engines.errors import UsageError

# planning values: a document may have 16 MB, and arrays beyond some hundred elements are slow to change
MOST_ELEMENTS = 100  # rows of the child per row of the parent, on average
MOST_BYTES = 1_048_576  # bytes of them
DEEPEST = 3  # levels of documents inside documents
REFERENCE = "reference"


@dataclass(frozen=True)
class Relation:
    """One foreign key with everything that the rules look at."""

    engine: str
    child: Table
    key: ForeignKey
    number: int
    parent: Table | None
    others: list[ForeignKey]  # other foreign keys of the child
    referenced_by: frozenset[str]  # tables with a foreign key to the child
    broken: bool  # rows are known to break it
    numbered: bool = False  # rows of the parent lack its key, so the server numbers its documents
    height: int = 0  # levels of documents that stand inside the child's own
    access: Access = field(default_factory=Access)
    other_rows: int | None = None  # of what the child's one other foreign key refers to

    @property
    def name(self) -> str:
        """schema.table.constraint, its columns where it has no name."""
        return f"{self.child.full_name}.{self.key.name or ','.join(self.key.columns)}"

    @property
    def primary(self) -> list[str]:
        """The columns of the child's primary key."""
        return self.child.primary_key.columns if self.child.primary_key else []

    @property
    def one_to_one(self) -> bool:
        """True where at most one row of the child belongs to a row of the parent."""
        keys = [set(self.primary), *(set(key.columns) for key in self.child.uniques)]
        keys += [
            {part.column or "" for part in index.keys}
            for index in self.child.indexes
            if index.unique and index.predicate is None and all(part.column and not part.prefix for part in index.keys)
        ]
        return any(key and key <= set(self.key.columns) for key in keys)

    @property
    def weak(self) -> bool:
        """True where the child's primary key begins with the reference and goes on: lines of an order."""
        count = len(self.key.columns)
        return len(self.primary) > count and set(self.primary[:count]) == set(self.key.columns)

    @property
    def joins(self) -> bool:
        """True for a table between two others: its primary key is made of exactly its two references."""
        if len(self.others) != 1 or not self.primary:
            return False
        return set(self.primary) == {*self.key.columns, *self.others[0].columns}

    @property
    def bare(self) -> bool:
        """True where one column alone stands beside the reference: never NULL, and the reference needs no spelling."""
        others = [column for column in self.child.columns if column.name not in self.key.columns]
        alone = len(others) == 1 and not others[0].nullable
        return alone and one_spelling(self.child, self.key.columns, self.engine)

    @property
    def elements(self) -> float | None:
        """Rows of the child per row of the parent; None where they weren't counted."""
        if self.parent is None or self.child.rows is None or self.parent.rows is None:
            return None
        return self.child.rows / max(1, self.parent.rows)

    @property
    def fits(self) -> bool:
        """True unless the counts say that an array would grow too large."""
        size = (self.child.size_bytes or 0) / max(1, self.parent.rows or 0) if self.parent else 0
        small = (self.child.rows or 0) <= MOST_ELEMENTS
        return small or ((self.elements or 0) <= MOST_ELEMENTS and size <= MOST_BYTES)

    @property
    def counted(self) -> bool:
        """True where the number of elements is known."""
        return self.elements is not None


def _nullable(relation: Relation) -> bool:
    return any(relation.child.column(name).nullable for name in relation.key.columns)


def _folded(relation: Relation) -> bool:
    return folds(relation.child, relation.key, relation.parent, relation.engine)


def _unlike(relation: Relation) -> bool:
    return compares_otherwise(relation.child, relation.key, relation.parent, relation.engine)


def _unkeyed(relation: Relation) -> bool:
    return relation.numbered or unkeyed(relation.key, relation.parent)


def _shorter_side(relation: Relation) -> bool:
    """Of the two sides of a table between two others, the one whose arrays are shorter: it has more rows.

    The side that the primary key begins with, where the rows weren't counted or are as many.
    """
    other = relation.others[0]
    mine = relation.parent.rows if relation.parent else None
    theirs = relation.other_rows
    if mine is not None and theirs is not None and mine != theirs:
        return mine > theirs
    first = relation.primary[0]
    return first in relation.key.columns or first not in other.columns


@dataclass(frozen=True)
class Rule:
    """One row: its name, when it holds, what is chosen, and the sentence for people."""

    id: str
    holds: Callable[[Relation], bool]
    choice: str
    reason: str


RULES: list[Rule] = [
    Rule("outside", lambda r: r.parent is None, REFERENCE, "the table it refers to isn't carried over"),
    Rule("itself", lambda r: r.parent is r.child, REFERENCE, "a table can't stand inside its own documents"),
    Rule("no parent", _nullable, REFERENCE, "rows without a parent would have no document to stand in"),
    Rule("orphans", lambda r: r.broken or not r.key.validated, REFERENCE, "rows break it, so they have no document"),
    Rule("folded key", _folded, REFERENCE, "its key compares without regard to case, equality in documents is exact"),
    Rule("unlike key", _unlike, REFERENCE, "its columns are compared otherwise than those that it refers to"),
    Rule("no key", _unkeyed, REFERENCE, "what it refers to is no key without NULLs of its parent"),
    Rule("shared", lambda r: bool(r.referenced_by), REFERENCE, "other tables refer to its rows"),
    Rule("deep", lambda r: r.height >= DEEPEST - 1, REFERENCE, "documents would stand too deep in each other"),
    Rule("asked alone", lambda r: r.access.alone > r.access.joined, REFERENCE, "the workload reads it mostly alone"),
    Rule("too many", lambda r: not r.one_to_one and not r.fits, REFERENCE, "too many rows belong to one parent"),
    Rule("one to one", lambda r: r.one_to_one and not r.others, "object", "at most one row belongs to a parent"),
    Rule(
        "one to one", lambda r: r.one_to_one and set(r.primary) == set(r.key.columns), "object",
        "it shares its parent's key",
    ),
    Rule(
        "n to m", lambda r: r.joins and r.bare and _shorter_side(r), "values",
        "the table holds nothing but pairs of keys: an array of references",
    ),
    Rule(
        "n to m", lambda r: r.joins and _shorter_side(r), "array",
        "the table connects two others: an array of references with their own values",
    ),
    Rule("n to m", lambda r: r.joins, REFERENCE, "the other side holds the array; this one is what it refers to"),
    Rule(
        "read together", lambda r: r.access.joined > r.access.alone and r.counted, "array",
        "the workload reads it with its parent",
    ),
    Rule(
        "owned", lambda r: r.key.on_delete == "CASCADE" and not r.others and (r.counted or r.weak), "array",
        "its rows live and end with their parent, and nothing else has a part in them",
    ),
    Rule("lines", lambda r: r.weak and not r.others, "array", "its key is its parent's with a number behind it"),
    Rule(
        "uncounted", lambda r: r.key.on_delete == "CASCADE" and not r.others, REFERENCE,
        "nobody counted how many rows belong to one parent",
    ),
    Rule("own life", lambda r: True, REFERENCE, "its rows have a life of their own"),
]  # fmt: skip
# rules that a person's wish doesn't change: rows would be lost
NEVER = frozenset({"outside", "itself", "no parent", "orphans", "folded key", "unlike key", "no key"})


def decide(relations: Iterable[Relation], wishes: dict[str, str]) -> list[RelationDecision]:
    """A decision for every foreign key of a table, in their order.

    At most one of them embeds it: a wish comes first, then what the workload joins most, then the order.

    wishes: by schema.table.constraint or schema.table(column,...): `embed` or `reference`. UsageError
    EMBED_IMPOSSIBLE where a wish would lose rows.
    """
    found = [(relation, _wish(relation, wishes)) for relation in relations]
    decisions = [_decision(relation, wish) for relation, wish in found]
    placed = False
    joined = {id(decision): one.access.joined for decision, (one, _) in zip(decisions, found, strict=True)}
    for decision in sorted(decisions, key=lambda one: (one.rule != "asked", -joined[id(one)])):
        if decision.choice == REFERENCE:
            continue
        if placed:
            decision.choice, decision.rule = REFERENCE, "placed"
            decision.reason = "its rows already stand in the documents of another parent"
        placed = True
    return decisions


def _decision(relation: Relation, wish: str | None) -> RelationDecision:
    rule = next(rule for rule in RULES if rule.holds(relation))
    embedded = "object" if relation.one_to_one else "values" if relation.joins and relation.bare else "array"
    choice, name, reason = rule.choice, rule.id, rule.reason
    if wish == "embed" and rule.id in NEVER:
        raise UsageError(
            "EMBED_IMPOSSIBLE",
            f"{relation.name} can't be embedded: {rule.reason}.",
            "Leave it a reference, or repair the source first.",
        )
    if wish is not None:
        choice = REFERENCE if wish == REFERENCE else embedded
        name, reason = "asked", f"asked for; the rules would say {rule.choice}: {rule.reason}"
    possible = [] if rule.id in NEVER else [REFERENCE] if choice != REFERENCE else ["embed"]
    return RelationDecision(
        table=relation.child.full_name,
        foreign_key=relation.name,
        columns=relation.key.columns,
        referenced=relation.key.referenced,
        choice=choice,
        rule=name,
        reason=reason,
        alternatives=possible,
    )


def _wish(relation: Relation, wishes: dict[str, str]) -> str | None:
    spelled = f"{relation.child.full_name}({','.join(relation.key.columns)})"
    wish = wishes.get(relation.name, wishes.get(spelled))
    if wish not in (None, "embed", REFERENCE):
        raise UsageError(
            "EMBED_IMPOSSIBLE", f"{relation.name} can't become {wish!r}.", "Ask for `embed` or `reference`."
        )
    return wish
