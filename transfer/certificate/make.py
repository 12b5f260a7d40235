"""Makes and signs the certificate of a comparison that found both sides equal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engines.connection import parse
from engines.errors import CheckFailed, UsageError
from engines.protocols import Database
from engines.signing import load_key, signed
from transfer.canonical.columns import ComparedTable
from transfer.certificate.model import Certificate, CertifiedEnd, CertifiedTable
from transfer.compare.model import TableComparison

HASHED = ("checksums", "rows")


def certified_end(url: str, database: Database, position: str) -> CertifiedEnd:
    """A side as the certificate names it; the reference without a password in plain text."""
    return CertifiedEnd(
        url=parse(url).display,
        engine=database.engine,
        version=database.version,
        identity=database.identity,
        position=position,
    )


def check_certifiable(level: str) -> None:
    """UsageError for a level that leaves no digests of all rows."""
    if level not in HASHED:
        raise UsageError(
            "CERTIFICATE_LEVEL",
            f"The level {level} leaves no hash of every row, so there is nothing to certify.",
            f"Use level {' or '.join(HASHED)} for a certificate.",
        )


def certify(
    compared: Sequence[tuple[ComparedTable, TableComparison]],
    source: CertifiedEnd,
    target: CertifiedEnd,
    key: str,
    tool: str,
    key_file: Path,
) -> Certificate:
    """The signed certificate; CERTIFICATE_REFUSED (a failed check) where a table is not equal."""
    wrong = [result.name for _, result in compared if not result.equal]
    if wrong:
        raise CheckFailed(
            "CERTIFICATE_REFUSED",
            f"Not equal, so not certified: {', '.join(wrong)}.",
            "Repair what differs or leave the tables out, then compare again.",
            tables=wrong,
        )
    private = load_key(key_file)
    made = Certificate(
        tool=tool,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        key=key,
        source=source,
        target=target,
        tables=[_table(table, result) for table, result in compared],
        root="",
    )
    made.root = made.computed_root()
    statement: dict[str, Any] = made.model_dump(mode="json", exclude={"public_key", "signature"})
    return Certificate.model_validate(signed(statement, private))


def _table(table: ComparedTable, result: TableComparison) -> CertifiedTable:
    assert result.rows_source is not None and result.rows_target is not None
    made = CertifiedTable(
        table=table,
        level=result.level,
        method=result.method,
        rows_source=result.rows_source,
        rows_target=result.rows_target,
        withheld=result.withheld,
        set_aside=result.set_aside,
        tolerated=result.tolerated,
        settled=result.settled,
        parts=result.parts,
        root="",
    )
    made.root = made.computed_root()
    return made
