"""How much load a copy may put on both ends: what a request says of it, and what a person changes while it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from engines.connection import parse
from engines.errors import DbmoError, UsageError
from engines.model import Model

MOST_CONNECTIONS = 256
LEAST_RATE = 1024  # bytes per second; below it a block takes minutes

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class LoadLimits(Model):
    """Ceilings of a copy; None: no ceiling (connections: as many as the plan's parallel says).

    connections: lanes that copy, each with one connection at the source; bytes_per_second: of all lanes together;
    max_replica_lag_seconds, max_running_threads (of the source), max_target_latency_ms: the copy pauses above them;
    max_snapshot_minutes, max_snapshot_transactions (whose old row versions the source keeps): it stops above them;
    replicas: references of replicas of the source whose lag is asked of themselves.
    """

    connections: Annotated[int, Field(ge=1, le=MOST_CONNECTIONS)] | None = None
    bytes_per_second: Annotated[int, Field(ge=LEAST_RATE)] | None = None
    max_replica_lag_seconds: Positive | None = None
    max_running_threads: Annotated[int, Field(ge=1)] | None = None
    max_target_latency_ms: Positive | None = None
    max_snapshot_minutes: Positive | None = None
    max_snapshot_transactions: Annotated[int, Field(ge=1)] | None = None
    replicas: list[str] = Field(default_factory=list, max_length=64)

    @field_validator("replicas")
    @classmethod
    def _references(cls, replicas: list[str]) -> list[str]:
        for text in replicas:
            try:
                parse(text)
            except DbmoError as error:
                raise ValueError(f"{error.what} {error.remedy}") from None
        return replicas

    @model_validator(mode="after")
    def _replicas_have_a_limit(self) -> Self:
        if self.replicas and self.max_replica_lag_seconds is None:
            raise ValueError("replicas need max_replica_lag_seconds")
        return self

    def tuned(self, changes: Mapping[str, Any]) -> LoadLimits:
        """These limits with some replaced; None lifts one. UsageError LIMIT_INVALID for a value that can't be."""
        try:
            return LoadLimits.model_validate({**self.model_dump(), **changes})
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            name = ".".join(str(part) for part in first["loc"]) or "load"
            raise UsageError(
                "LIMIT_INVALID",
                f"{name}: {first['msg'].removeprefix('Value error, ')}.",
                "docs/load.md says what each limit may be.",
            ) from None


TUNABLE = tuple(name for name in LoadLimits.model_fields if name != "replicas")


class Tuning:
    """The file by which a person changes the limits of a run: a JSON object, replaced as a whole.

    It holds what was changed and nothing else, so that it stands above the request's own limits in every later run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None

    def changes(self) -> dict[str, Any]:
        """What was changed; empty without a file. UsageError TUNING_UNREADABLE for a file that is none of ours."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(str(error)) from error
        try:
            found = json.loads(text)
        except ValueError as error:
            raise self._unreadable(str(error)) from error
        if not isinstance(found, dict) or not found.keys() <= set(TUNABLE):
            raise self._unreadable(f"it may hold {', '.join(TUNABLE)}")
        return found

    def changed(self) -> bool:
        """Whether the file is another than at the last call; True at the first."""
        try:
            stat = self.path.stat()
            seen = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        except OSError:
            seen = (0, 0, 0)
        if seen == self._seen:
            return False
        self._seen = seen
        return True

    def _unreadable(self, why: str) -> UsageError:
        return UsageError(
            "TUNING_UNREADABLE",
            f"{self.path} can't be used: {why}.",
            "Remove it, then use `dbmo tune`.",
        )
