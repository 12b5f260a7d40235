"""The tool table: which program does which piece for a pair of engines, and in which version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from engines.errors import Aborted
from skills.data_engineering_pipeline_designer.decision_matrix import SPECIFICATION
from skills.data_engineering_pipeline_designer.models import Decision, Endpoint, Tool
from skills.data_engineering_pipeline_designer.stages import READABLE

SQL_ENGINES = frozenset({"postgresql", "mysql", "mariadb", "sqlite"})
MYSQL_FAMILY = frozenset({"mysql", "mariadb"})
NO_STREAM = "This version of dbmo copies and proves; it doesn't set up or watch a change stream."
NOT_MOVED = "This version of dbmo doesn't move this pair of engines."
READS_ONLY = "This version of dbmo reads only SQLite and PostgreSQL."


@dataclass(frozen=True)
class Pair:
    """What a tool row may look at; sync: changes have to be carried along while the copy runs."""

    source: Endpoint
    target: Endpoint
    migration_type: str
    sync: bool

    @property
    def engines(self) -> tuple[str, str]:
        """Source and target engine."""
        return self.source.engine, self.target.engine

    @property
    def on_aws(self) -> bool:
        """Whether the target is a service of AWS."""
        return (self.target.platform or "").lower().startswith("aws")


@dataclass(frozen=True)
class Piece:
    """A tool as the table names it; version: whose version it takes, or a fixed text."""

    name: str
    purpose: str
    version: Literal["source", "target", "program", "both"] | str
    replaces: str | None = None
    unsupported: str | None = None
    when: Callable[[Pair], bool] = lambda pair: True


@dataclass(frozen=True)
class ToolRow:
    """A rule: for which pair, and what does the work."""

    id: str
    when: str
    holds: Callable[[Pair], bool]
    pieces: tuple[Piece, ...]


# The first row that holds decides.
TOOL_ROWS = (
    ToolRow(
        "T0-consolidation",
        "several databases become one, or one becomes several",
        lambda p: p.migration_type in {"consolidation", "splitting"},
        (Piece("data pipeline with a transformation layer", "merge and move", "to be built", None, NOT_MOVED),),
    ),
    ToolRow(
        "T1-postgresql-replicated",
        "PostgreSQL to PostgreSQL while the source is in use",
        lambda p: p.engines == ("postgresql", "postgresql") and p.sync,
        (
            Piece("pg_dump", "schema (--schema-only)", "target"),
            Piece("logical replication", "data: initial copy and changes", "both", None, NO_STREAM),
        ),
    ),
    ToolRow(
        "T2-postgresql-copied",
        "PostgreSQL to PostgreSQL with the source closed",
        lambda p: p.engines == ("postgresql", "postgresql"),
        (
            Piece("schema-comparator", "schema in dependency order", "program", "pg_dump --schema-only {target}"),
            Piece("etl-pipeline-builder", "data in resumable chunks", "program", "pg_dump and pg_restore {target}"),
        ),
    ),
    ToolRow(
        "T3-sqlite-postgresql",
        "SQLite to PostgreSQL",
        lambda p: p.engines == ("sqlite", "postgresql"),
        (
            Piece("schema-comparator", "schema in dependency order", "program", "pgloader"),
            Piece("etl-pipeline-builder", "data in resumable chunks", "program", "pgloader"),
        ),
    ),
    ToolRow(
        "T9-to-sqlite",
        "PostgreSQL or SQLite to SQLite",
        lambda p: p.source.engine in {"postgresql", "sqlite"} and p.target.engine == "sqlite",
        (
            Piece("schema-comparator", "schema in dependency order", "program"),
            Piece("etl-pipeline-builder", "data in resumable chunks", "program"),
        ),
    ),
    ToolRow(
        "T4-mysql-postgresql",
        "MySQL or MariaDB to PostgreSQL",
        lambda p: p.source.engine in MYSQL_FAMILY and p.target.engine == "postgresql",
        (
            Piece("pgLoader", "schema and data", "3.6", None, NOT_MOVED, lambda p: not (p.sync or p.on_aws)),
            Piece("AWS DMS", "data and changes", "managed service", None, NOT_MOVED, lambda p: p.sync or p.on_aws),
        ),
    ),
    ToolRow(
        "T5-mongodb-postgresql",
        "MongoDB to PostgreSQL",
        lambda p: p.engines == ("mongodb", "postgresql"),
        (Piece("custom ETL pipeline", "schema mapping, then data", "to be built", None, NOT_MOVED),),
    ),
    ToolRow(
        "T6-sql-mongodb",
        "a relational database to MongoDB",
        lambda p: p.source.engine in SQL_ENGINES and p.target.engine == "mongodb",
        (
            Piece("normalization review", "which tables become embedded documents", "by people", None, NOT_MOVED),
            Piece("custom ETL pipeline", "denormalize and move", "to be built", None, NOT_MOVED),
        ),
    ),
    ToolRow(
        "T7-mysql-mysql",
        "MySQL or MariaDB to MySQL or MariaDB",
        lambda p: p.source.engine in MYSQL_FAMILY and p.target.engine in MYSQL_FAMILY,
        (
            Piece("mysqldump", "schema and data", "source", None, NOT_MOVED),
            Piece("binary log replication", "changes", "both", None, NOT_MOVED, lambda p: p.sync),
        ),
    ),
    ToolRow(
        "T8-mongodb-mongodb",
        "MongoDB to MongoDB",
        lambda p: p.engines == ("mongodb", "mongodb"),
        (Piece("mongodump and mongorestore", "data and indexes", "source", None, NOT_MOVED),),
    ),
)

# What proves the result, whatever moved it.
PROOF = (
    Piece("data-migration-validator", "counts, checksums, differing rows", "program"),
    Piece("testing-strategy-composer", "acceptance criteria and workload before and after", "program"),
)


def program_version() -> str:
    """The version of dbmo, `checkout` when it runs without being installed."""
    try:
        return version("dbmo")
    except PackageNotFoundError:
        return "checkout"


def major(text: str) -> str:
    """The first number of a version."""
    return text.split(".", maxsplit=1)[0]


def choose_tools(pair: Pair) -> tuple[list[Tool], list[Decision]]:
    """The tools of the first row that holds, the proof's tools, and every row as a decision.

    Raises Aborted UNSUPPORTED_ENGINE when no row names the pair.
    """
    chosen = next((row for row in TOOL_ROWS if row.holds(pair)), None)
    if chosen is None:
        source, target = pair.engines
        raise Aborted(
            "UNSUPPORTED_ENGINE",
            f"No tool of the decision table moves {source} to {target}.",
            "Choose another target; docs/unsupported.md lists the pairs.",
            source=source,
            target=target,
        )
    tools = [_tool(piece, pair, chosen.id) for piece in chosen.pieces if piece.when(pair)]
    proof = None if {*pair.engines} <= READABLE else READS_ONLY
    tools += [_tool(piece, pair, "T9-proof").model_copy(update={"unsupported": proof}) for piece in PROOF]
    return tools, [_decision(row, pair, row is chosen) for row in TOOL_ROWS]


def _tool(piece: Piece, pair: Pair, rule: str) -> Tool:
    source, target = major(pair.source.version), major(pair.target.version)
    versions = {"source": source, "target": target, "program": program_version(), "both": f"{source} to {target}"}
    return Tool(
        name=piece.name,
        version=versions.get(piece.version, piece.version),
        purpose=piece.purpose,
        by="dbmo" if piece.version == "program" else "operator",
        replaces=piece.replaces.format(target=target) if piece.replaces else None,
        unsupported=piece.unsupported,
        rule=rule,
    )


def _decision(row: ToolRow, pair: Pair, fired: bool) -> Decision:
    names = ", ".join(piece.name for piece in row.pieces if piece.when(pair))
    return Decision(
        rule=row.id,
        table="tools",
        fired=fired,
        outcome=names if fired else "",
        because=row.when if fired else f"an earlier row decides: {row.when}" if row.holds(pair) else f"not {row.when}",
        inputs={"source": pair.source.engine, "target": pair.target.engine, "sync": pair.sync},
        citation=f"{SPECIFICATION}, Tool selection",
    )
