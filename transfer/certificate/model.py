"""What a certificate says, as plain data."""

from __future__ import annotations

from pydantic import Field

from engines.model import Model
from transfer.canonical.columns import ComparedTable
from transfer.certificate import merkle
from transfer.compare.model import Level, Part

FORMAT = "dbmo-certificate-1"


class CertifiedEnd(Model):
    """One side: its reference (a password stands behind a variable's name), what it is, and the moment it was read."""

    url: str
    engine: str
    version: str
    identity: str
    position: str


class CertifiedTable(Model):
    """A table that was found equal: how it was compared, and the digest of every part; root is over both."""

    table: ComparedTable
    level: Level
    method: str
    rows_source: int
    rows_target: int
    withheld: int = 0
    set_aside: int = 0
    tolerated: int = 0
    settled: int = 0
    parts: list[Part]
    root: str

    def computed_root(self) -> str:
        """The root that its content has."""
        head = self.model_dump(mode="json", exclude={"parts", "root"})
        leaves = [merkle.leaf(head), *(merkle.leaf(part.model_dump(mode="json")) for part in self.parts)]
        return merkle.root(leaves).hex()


class Certificate(Model):
    """Every table of a comparison that found nothing; key: of the hashes; root: over both ends, the key and all tables.

    Signed with an Ed25519 key over everything else that is in it (engines/signing.py).
    """

    format: str = FORMAT
    tool: str
    made_at: str
    key: str
    source: CertifiedEnd
    target: CertifiedEnd
    tables: list[CertifiedTable]
    root: str
    public_key: str = ""
    signature: str = ""

    @property
    def rows(self) -> int:
        """Rows of the source that were compared."""
        return sum(table.rows_source for table in self.tables)

    @property
    def parts(self) -> int:
        """Parts with a digest of their own."""
        return sum(len(table.parts) for table in self.tables)

    def computed_root(self) -> str:
        """The root that its content has."""
        head = self.model_dump(mode="json", include={"format", "tool", "made_at", "key", "source", "target"})
        return merkle.root([merkle.leaf(head), *(bytes.fromhex(table.root) for table in self.tables)]).hex()


class Check(Model):
    """One thing that was looked at, whether it holds, and what was seen."""

    name: str
    holds: bool
    detail: str


class Verdict(Model):
    """Whether a certificate holds: all checks do."""

    holds: bool
    checks: list[Check] = Field(default_factory=list)
