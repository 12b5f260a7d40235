"""What a comparison is asked for and what it finds, as plain data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engines.errors import DbmoError
from engines.model import Model
from transfer.canonical.columns import Uncompared

Level = Literal["schema", "counts", "checksums", "rows", "stream", "sample"]
Kind = Literal["different", "missing", "extra"]


class Options(Model):
    """How deep and how hard.

    limit: differing rows shown per table; values: show what they hold; route: where rows are hashed (auto: the fastest
    exact one); source_cpu: share of one core of the source that may be used, over 0 to 1; confidence and share: a
    sample is large enough to find, with that probability, at least one of differing rows that are that share of all;
    seed: of the sample's choice, so that it can be drawn again; settle_seconds: how long differing rows are read again
    until they are stable, 0: never (nobody writes); key: 32 hex digits that key the hashes, None: new ones; parts: keep
    the digests of all parts, for a certificate.
    """

    level: Level = "checksums"
    limit: int = Field(default=20, ge=0)
    values: bool = True
    route: Literal["auto", "pushdown", "stream"] = "auto"
    source_cpu: float = Field(default=1.0, gt=0, le=1)
    confidence: float = Field(default=0.99, gt=0, lt=1)
    share: float = Field(default=0.001, gt=0, lt=1)
    seed: int = 0
    settle_seconds: float = Field(default=0.0, ge=0)
    key: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    parts: bool = False


class Problem(Model):
    """Why a table could not be compared: what happened, what to do, a code (docs/errors.md)."""

    code: str
    what: str
    do: str

    @classmethod
    def of(cls, error: DbmoError) -> Problem:
        """The problem that an error is."""
        return cls(code=error.code, what=error.what, do=error.remedy)


class RowDifference(Model):
    """A row that is not the same on both sides; key and values as canonical texts, columns that differ."""

    kind: Kind
    key: dict[str, str | None]
    columns: list[str] = Field(default_factory=list)
    source: dict[str, str | None] = Field(default_factory=dict)
    target: dict[str, str | None] = Field(default_factory=dict)


class Part(Model):
    """A part of a table that was compared by digest: its span, and the digest (both halves as 32 hex digits).

    digest: the source's; digest_target: where the target's is another one.
    """

    lower: int | None = None
    upper: int | None = None
    bucket: int | None = None
    of: int = 1
    rows: int
    digest: str
    digest_target: str | None = None
    equal: bool


class Sampled(Model):
    """What a sample says: rows looked at, and the largest share of differing rows that it does not rule out."""

    rows: int
    confidence: float
    share: float
    seed: int


class TableComparison(Model):
    """A table's result; equal is False for a table that could not be compared whole.

    withheld rows and set_aside values differ on purpose (quarantine) and are not among the differences; tolerated: rows
    that differ by no more than the tolerance of a column; settled: rows that differed at first and were equal when read
    again; unsettled: those still changing when the time was over, which count as differing. route: where rows were
    hashed, in words; method: of Hashing. columns: those that differ, with in how many of the differing rows that were
    looked at (looked; at level rows all of them). parts: only of levels that take digests.
    """

    name: str
    source: str
    target: str
    level: Level
    route: str = ""
    method: str = ""
    rows_source: int | None = None
    rows_target: int | None = None
    withheld: int = 0
    set_aside: int = 0
    tolerated: int = 0
    settled: int = 0
    unsettled: int = 0
    looked: int = 0
    different: int = 0
    missing: int = 0
    extra: int = 0
    columns: dict[str, int] = Field(default_factory=dict)
    rows: list[RowDifference] = Field(default_factory=list)
    tolerances: dict[str, str] = Field(default_factory=dict)
    uncompared: list[Uncompared] = Field(default_factory=list)
    parts: list[Part] = Field(default_factory=list)
    sampled: Sampled | None = None
    problem: Problem | None = None
    seconds: float = 0.0

    @property
    def equal(self) -> bool:
        """Everything was compared, and nothing differs beyond what was set aside and recorded."""
        return not (self.problem or self.uncompared or self.different or self.missing or self.extra)
