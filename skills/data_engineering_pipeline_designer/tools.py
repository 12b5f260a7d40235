"""The tool table: which program does which piece for a pair of engines, and in which version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from engines.errors import Aborted
from engines.families import family
from skills.data_engineering_pipeline_designer.decision_matrix import SPECIFICATION
from skills.data_engineering_pipeline_designer.models import Decision, Endpoint, Tool
from skills.data_engineering_pipeline_designer.stage_plan import READABLE

SQL_ENGINES = frozenset({"postgresql", "mysql", "mariadb", "sqlite"})
MYSQL_FAMILY = frozenset({"mysql", "mariadb"})
NO_STREAM = "This version of dbmo copies and proves; it doesn't set up or watch a change stream."
NOT_MERGED = "This version of dbmo moves one database to one."
NOT_READ = "This version of dbmo doesn't read one of these engines."


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


def _closed(pair: Pair) -> bool:
    return not pair.sync


REPLACED = "pgLoader 3.6 or AWS DMS"
COPIED = (
    Piece("schema-comparator", "schema in dependency order", "program"),
    Piece("etl-pipeline-builder", "data in resumable chunks", "program"),
)
# The first row that holds decides.
TOOL_ROWS = (
    ToolRow(
        "T0-consolidation",
        "several databases become one, or one becomes several",
        lambda p: p.migration_type in {"consolidation", "splitting"},
        (Piece("data pipeline with a transformation layer", "merge and move", "to be built", None, NOT_MERGED),),
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
        "any engine to SQLite",
        lambda p: p.source.engine in {*SQL_ENGINES, "mongodb"} and p.target.engine == "sqlite",
        COPIED,
    ),
    ToolRow(
        "T4-mysql-postgresql",
        "MySQL or MariaDB to PostgreSQL",
        lambda p: p.source.engine in MYSQL_FAMILY and p.target.engine == "postgresql",
        (
            Piece("schema-comparator", "schema in dependency order", "program", REPLACED, None, _closed),
            Piece("etl-pipeline-builder", "data in resumable chunks", "program", REPLACED, None, _closed),
            Piece("AWS DMS", "data and changes", "managed service", None, NO_STREAM, lambda p: p.sync),
        ),
    ),
    ToolRow(
        "T5-mongodb-postgresql",
        "MongoDB to a relational database",
        lambda p: p.source.engine == "mongodb" and p.target.engine in SQL_ENGINES,
        (
            Piece("schema-comparator", "documents to tables, each path with its column", "program"),
            Piece("etl-pipeline-builder", "documents as rows, in resumable chunks", "program"),
        ),
    ),
    ToolRow(
        "T6-sql-mongodb",
        "a relational database to MongoDB",
        lambda p: p.source.engine in SQL_ENGINES and p.target.engine == "mongodb",
        (
            Piece("normalization review", "which tables become embedded documents", "by people"),
            Piece("schema-comparator", "tables to collections, each foreign key decided", "program"),
            Piece("etl-pipeline-builder", "rows as documents, in resumable chunks", "program"),
        ),
    ),
    ToolRow(
        "T7-mysql-mysql",
        "MySQL or MariaDB to MySQL or MariaDB",
        lambda p: p.source.engine in MYSQL_FAMILY and p.target.engine in MYSQL_FAMILY,
        (
            Piece("schema-comparator", "schema in dependency order", "program", "mysqldump --no-data"),
            Piece("etl-pipeline-builder", "data in resumable chunks", "program", "mysqldump"),
            Piece("binary log replication", "changes", "both", None, NO_STREAM, lambda p: p.sync),
        ),
    ),
    ToolRow(
        "T8-mongodb-mongodb",
        "MongoDB to MongoDB",
        lambda p: p.engines == ("mongodb", "mongodb"),
        (
            Piece("schema-comparator", "collections, validators and indexes", "program", "mongodump"),
            Piece("etl-pipeline-builder", "documents byte for byte", "program", "mongodump and mongorestore"),
        ),
    ),
    ToolRow(
        "T10-to-mysql",
        "PostgreSQL or SQLite to MySQL or MariaDB",
        lambda p: p.source.engine in {"postgresql", "sqlite"} and p.target.engine in MYSQL_FAMILY,
        COPIED,
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
    proof = None if {family(engine) for engine in pair.engines} <= READABLE else NOT_READ
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
