"""What a request says beside databases and limits: backup, way back, workload, and how the work is done."""

from __future__ import annotations

import base64
import binascii
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from engines.catalog import Model
from engines.connection import parse
from transfer.load import LoadLimits
from transfer.moveplan import Policy, Unholdable
from transfer.source_copy import SourceCopy

ValidationLevel = Literal["counts", "checksums", "rows", "stream", "sample"]
Strategy = Literal["big-bang", "blue-green", "continuous-replication", "trickle"]
ED25519_KEY_BYTES = 32
MAX_SQL = 100_000  # characters of a translation that a person gives


class Waiver(Model):
    """A person's decision to go without a safety measure."""

    by: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]


class Backup(Model):
    """A backup of the target and the source with the check that proves it, or a waiver; exactly one of them.

    archive: a pg_dump, tar or zip archive whose contents are listed; file: anything whose presence and age are
    looked at; command: words of a program that must end with status 0. max_age_hours goes with archive and file.
    """

    archive: str | None = None
    file: str | None = None
    command: Annotated[list[str], Field(min_length=1)] | None = None
    max_age_hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    waiver: Waiver | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [n for n in ("archive", "file", "command", "waiver") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of archive, file, command, waiver is needed, here: {given or 'none'}")
        if self.file is not None and self.max_age_hours is None:
            raise ValueError("file needs max_age_hours")
        if self.max_age_hours is not None and not (self.file or self.archive):
            raise ValueError("max_age_hours goes with archive or file")
        return self


class Rollback(Model):
    """What the request says about rehearsing the way back."""

    waiver: Waiver | None = None


class Workload(Model):
    """Queries to measure: a file of statements, or what pg_stat_statements of the source has recorded."""

    file: str | None = None
    pg_stat_statements: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.file is not None) == self.pg_stat_statements:
            raise ValueError("exactly one of file and pg_stat_statements is needed")
        return self


class Overrides(Model):
    """What a person chose instead of the rules; every choice makes another plan with another hash.

    columns: types by `schema.table.column`; tables: by `schema.table`, column to type; strategy: instead of the
    table's, refused where it contradicts the constraints; translations: SQL for the target by the name of a statement
    of the workload, of a view, or of a routine or trigger that would stay behind.
    """

    columns: dict[str, str] = Field(default_factory=dict)
    tables: dict[str, dict[str, str]] = Field(default_factory=dict)
    strategy: Strategy | None = None
    translations: dict[str, Annotated[str, Field(min_length=1, max_length=MAX_SQL)]] | None = None


class Acceptance(Model):
    """A person takes an omission or a dependency as it is; object is a name or a pattern with * and ?."""

    object: Annotated[str, Field(min_length=1)]
    kind: str | None = None
    by: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]

    def covers(self, name: str, kind: str) -> bool:
        """Whether it is meant for that object."""
        # brackets are characters of names here, no set of them
        return self.kind in (None, kind) and fnmatchcase(name, self.object.replace("[", "[[]"))


class Options(Model):
    """How the work is done; every field may be left out.

    policies: for values that the target can't hold, by kind; `unholdable` for all kinds that aren't named.
    quarantine_limit: how many of them the copy bears, by default what MovePlan says. scan_max_rows: tables with more
    rows are planned by their declared types, without a look at their values (not for SQLite). scratch: servers on which
    databases may be made and dropped, for samples and rehearsals, by family of engines. source_copy: whether a SQLite
    source is read from a private copy (transfer/source_copy.py).
    """

    parallel: Annotated[int, Field(ge=1, le=64)] | None = None
    chunk_rows: Annotated[int, Field(ge=1)] | None = None
    validation: ValidationLevel | None = None
    target_schema: Annotated[str, Field(min_length=1)] | None = None
    overrides: Overrides = Field(default_factory=Overrides)
    policies: dict[Literal["unholdable"] | Unholdable, Policy] = Field(default_factory=dict)
    quarantine_limit: Annotated[int, Field(ge=0)] | None = None
    scan_max_rows: Annotated[int, Field(ge=0)] | None = None
    scratch: dict[Literal["mysql", "mongodb"], str] = Field(default_factory=dict)
    accept: list[Acceptance] = Field(default_factory=list)
    approvers: list[str] = Field(default_factory=list)
    certificate_key: Annotated[str, Field(min_length=1)] | None = None
    load: LoadLimits | None = None
    source_copy: SourceCopy = "auto"
    max_unchunked_gb: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    max_billed_tokens: Annotated[int, Field(ge=1)] | None = None
    max_cost_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @field_validator("policies")
    @classmethod
    def _rest(cls, policies: dict[str, str]) -> dict[str, str]:
        if policies.get("unholdable") == "convert":
            raise ValueError("unholdable is quarantine or stop; convert goes by kind, such as nul_in_text")
        return policies

    @field_validator("scratch")
    @classmethod
    def _servers(cls, servers: dict[str, str]) -> dict[str, str]:
        for family, url in servers.items():
            if parse(url).engine != family:
                raise ValueError(f"the scratch server of {family} has a url of {parse(url).engine}")
        return servers

    @field_validator("approvers")
    @classmethod
    def _keys(cls, keys: list[str]) -> list[str]:
        for key in keys:
            try:
                size = len(base64.b64decode(key, validate=True))
            except binascii.Error as error:
                raise ValueError(f"{key[:12]}... is not base64") from error
            if size != ED25519_KEY_BYTES:
                raise ValueError(f"{key[:12]}... is no Ed25519 public key: {size} bytes, not {ED25519_KEY_BYTES}")
        return keys
