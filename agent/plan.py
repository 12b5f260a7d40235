"""The plan: plain data with a hash that an approval binds to."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import Field

from conversion.mapping import Omission
from engines.catalog import Model
from transfer.moveplan import MovePlan

# Settings of the load, which may be others at every run, and what changes with the rows, not with the decisions.
UNDECIDED = {"plan_hash", "keys", "chunk_rows", "chunk_bytes", "range_seconds", "parallel"}
COUNTED = frozenset({"types", "share", "reason", "alternatives", "rows", "size_bytes"})


class Side(Model):
    """A database of the plan; reference without secrets; identity None: not reached (declared facts only)."""

    engine: str
    version: str | None
    reference: str | None
    identity: str | None = None
    fingerprint: str | None = None
    scratch: bool = False


class Adopted(Model):
    """SQL that a person put into the request, as it was judged; name: the source object or the workload's statement."""

    name: str
    kind: Literal["query", "view", "routine", "trigger"]
    sql: str
    verdict: str
    detail: str


class Plan(Model):
    """What will be done, in full; two runs over the same databases and request give the same hash."""

    schema_version: int = 1
    migration: str
    source: Side
    target: Side
    strategy: str
    strategy_by: Literal["rules", "person"] = "rules"
    decisions: list[dict[str, Any]]
    declared: bool
    move: MovePlan | None
    renames: dict[str, str] = Field(default_factory=dict)
    omissions: list[Omission] = Field(default_factory=list)
    target_fingerprint: str | None = None
    validation_level: str
    views: dict[str, str] = Field(default_factory=dict)
    gates: list[dict[str, Any]] = Field(default_factory=list)
    settings: dict[str, Any] = Field(default_factory=dict)
    adopted: list[Adopted] = Field(default_factory=list)

    @property
    def hash(self) -> str:
        """sha256 of the canonical JSON of what will be done; counts and sizes, which change by the hour, apart."""
        text = json.dumps(self._decided(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _decided(self) -> dict[str, Any]:
        decided: dict[str, Any] = self.model_dump(
            mode="json", include={"schema_version", "migration", "source", "target", "strategy", "declared", "renames"}
        )
        decided |= {"validation_level": self.validation_level, "views": self.views}
        decided["sync"] = bool(self.settings.get("sync"))
        if self.settings.get("not_scanned"):
            decided["not_scanned"] = sorted(self.settings["not_scanned"])
        decided["omissions"] = [[o.object, o.kind] for o in self.omissions]
        if self.strategy_by == "person" or self.adopted:
            chosen = [[item.name, item.kind, item.sql] for item in self.adopted]
            decided["overrides"] = {"strategy_by": self.strategy_by, "translations": chosen}
        if self.move is not None:
            move = self.move.model_dump(mode="json", exclude=UNDECIDED)
            for table in move["tables"]:
                del table["rows"], table["size_bytes"]
                for column in table["columns"]:
                    del column["reason"], column["alternatives"]
            for part in ("documents", "collections"):
                move[part] = _without(move[part])
            decided["move"] = {name: value for name, value in move.items() if value not in ([], {})}
        return decided


def _without(data: Any) -> Any:
    """A mapping of documents without what was counted in them and what is said about it."""
    if isinstance(data, dict):
        return {name: _without(value) for name, value in data.items() if name not in COUNTED}
    return [_without(item) for item in data] if isinstance(data, list) else data
