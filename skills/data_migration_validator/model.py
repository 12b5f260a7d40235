"""What the validator is asked for and what it answers."""

from __future__ import annotations

from pydantic import Field

from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping
from conversion.mapping import TableMapping
from engines.catalog import Model
from skills.models import DatabaseRef
from transfer.canonical.columns import Uncompared
from transfer.certificate.model import Certificate
from transfer.compare.model import Level, Options, Problem, RowDifference, Sampled, TableComparison
from transfer.compare.pairing import Unpaired
from transfer.compare.schema_level import SchemaFinding
from transfer.moveplan import ChunkKey
from transfer.repair.model import RepairPlan, RepairResult


class Input(Options):
    """Both ends, what to compare, how deep (Options), and what to do about what differs.

    tables: the mapping of a plan; None: all tables of both sides, paired by name. documents, collections,
    renamed_collections: the same where a side is MongoDB; keys: how the mover cut the tables, by which what it set
    aside is found. names: target names of source tables
    that are called otherwise; only, skip: source tables (schema.table, or the bare name) to compare, or to leave out;
    ignore: columns to leave out, `table.column` or a bare column of every table. migration: under which values were
    quarantined on the target. repair: say what would be copied again; approve: the hash of the repair that was shown,
    which lets it be done; deletes: rows that only the target has may go. certificate_key: a file with an Ed25519 key
    (PEM) that signs a certificate, where everything is equal. state: a file that keeps the keys that differ, so that
    an interrupted settling goes on where it stopped; None: nothing is kept.
    """

    source: DatabaseRef
    target: DatabaseRef
    tables: list[TableMapping] | None = None
    documents: list[CollectionMapping] = Field(default_factory=list)
    collections: list[DocumentMapping] = Field(default_factory=list)
    renamed_collections: dict[str, str] = Field(default_factory=dict)
    keys: dict[str, ChunkKey] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)
    only: list[str] = Field(default_factory=list)
    skip: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    migration: str | None = None
    repair: bool = False
    approve: str | None = None
    deletes: bool = False
    certificate_key: str | None = None
    state: str | None = None

    def options(self) -> Options:
        """How deep and how hard."""
        return Options.model_validate(self.model_dump(include=set(Options.model_fields)))


class TableResult(Model):
    """One table; keys and columns name the rows that differ (the first of them).

    rows_source and rows_target are None where a side could not be counted; columns: those that differ, the worst first;
    rows_by_column: in how many rows each. The other fields are those of transfer/compare/model.py, TableComparison.
    """

    name: str
    source: str
    target: str
    equal: bool
    level: Level
    route: str = ""
    rows_source: int | None = None
    rows_target: int | None = None
    different: int = 0
    missing: int = 0
    extra: int = 0
    withheld: int = 0
    set_aside: int = 0
    tolerated: int = 0
    settled: int = 0
    unsettled: int = 0
    looked: int = 0
    keys: list[dict[str, str | None]] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list)
    rows_by_column: dict[str, int] = Field(default_factory=dict)
    rows: list[RowDifference] = Field(default_factory=list)
    tolerances: dict[str, str] = Field(default_factory=dict)
    uncompared: list[Uncompared] = Field(default_factory=list)
    sampled: Sampled | None = None
    problem: Problem | None = None
    parts: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, found: TableComparison) -> TableResult:
        """The result of a comparison."""
        columns = sorted(found.columns, key=lambda name: (-found.columns[name], name))
        return cls(
            **found.model_dump(include=set(cls.model_fields) - {"columns", "parts"}),
            equal=found.equal,
            keys=[row.key for row in found.rows],
            columns=columns or sorted({column for row in found.rows for column in row.columns}),
            rows_by_column=found.columns,
            parts=len(found.parts),
        )


class Output(Model):
    """equal: everything was compared, and nothing differs but what was quarantined with the value the source holds.

    unpaired: tables that one side only has; notes: what a person should know of how a table was compared; ignored:
    columns left out by wish; schema_findings: of level schema. rows_compared: of the source.
    row_count_match: None where no rows were looked at.
    """

    equal: bool
    level: Level
    row_count_match: bool | None
    tables: list[TableResult]
    rows_compared: int
    positions: dict[str, str]
    unpaired: list[Unpaired] = Field(default_factory=list)
    notes: dict[str, list[str]] = Field(default_factory=dict)
    ignored: dict[str, list[str]] = Field(default_factory=dict)
    schema_findings: list[SchemaFinding] = Field(default_factory=list)
    repair_plan: RepairPlan | None = None
    repaired: RepairResult | None = None
    certificate: Certificate | None = None
