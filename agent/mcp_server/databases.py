"""Databases by configured name: an assistant says `shop`, and only this file knows where that is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from agent.request import absolute_url
from agent.request_model import SourceDatabase, TargetDatabase
from agent.request_options import Backup, Options, Rollback, Workload
from engines.catalog import Model
from engines.connection import parse, secret
from engines.errors import UsageError

DEFAULT_FILE = Path("dbmo-databases.json")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
EMBEDDED = "embedded"
EMBEDDED_ENTRY = {"type": "postgresql", "platform": "embedded", "environment": "scratch"}
ABSENT_VARIABLE = frozenset({"VARIABLE_NOT_SET", "VARIABLE_UNEXPANDED"})  # a matter of each call, not of the file
HINT = 'Write {"databases": {"NAME": {"url": "postgresql://user:${VARIABLE}@host/database"}}} (docs/mcp.md).'


class Defaults(Model):
    """Sections of a request that a person decides for every migration that an assistant starts."""

    backup: Backup | None = None
    rollback: Rollback | None = None
    workload: Workload | None = None
    options: Options | None = None


class File(Model):
    """The file as it is written; a database's fields are those of a request's database."""

    databases: dict[str, dict[str, Any]] = Field(default_factory=dict)
    defaults: Defaults = Field(default_factory=Defaults)


class Databases:
    """The configured databases; `embedded` is always there as a target that may be lost, unless the file names it."""

    def __init__(self, file: File, base: Path) -> None:
        self.base = base
        self.defaults = file.defaults.model_dump(mode="json", exclude_none=True, exclude_unset=True)
        self._entries = file.databases
        for name in file.databases:
            self._check(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what can be looked at."""
        return tuple(self._entries)

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of what can be moved into."""
        return (*self._entries, *(() if EMBEDDED in self._entries else (EMBEDDED,)))

    def source(self, name: str) -> dict[str, Any]:
        """A database as a request's source_database."""
        entry = {key: value for key, value in self._entry(name).items() if key != "schema"}
        return _valid(name, SourceDatabase, entry)

    def target(self, name: str) -> dict[str, Any]:
        """A database as a request's target_database."""
        return _valid(name, TargetDatabase, self._entry(name))

    def url(self, name: str) -> str:
        """A database's reference; UsageError DATABASE_DECLARED_ONLY where it has none."""
        url = self.target(name).get("url")
        if url is None:
            raise UsageError(
                "DATABASE_DECLARED_ONLY",
                f"The database {name} is only declared: it has no url to look at.",
                "Give it a url in the file of databases.",
            )
        return str(url)

    def described(self) -> list[dict[str, Any]]:
        """Name, engine and environment of each; no url, and the reason where one can't be used now."""
        found = []
        for name in self.target_names:
            try:
                entry = TargetDatabase.model_validate(self._entry(name))
            except UsageError as error:
                found.append({"name": name, "engine": None, "environment": None, "problem": error.what})
                continue
            environment = "scratch" if entry.scratch else "production"
            found.append({"name": name, "engine": entry.engine_name, "environment": environment, "problem": None})
        return found

    def _entry(self, name: str) -> dict[str, Any]:
        if name not in self.target_names:
            raise UsageError(
                "DATABASE_UNKNOWN",
                f"No database of the name {name[:60]!r} is configured.",
                f"Configured: {', '.join(self.target_names)}.",
            )
        entry = dict(self._entries.get(name, EMBEDDED_ENTRY))
        if isinstance(entry.get("url"), str) and "${" not in entry["url"]:
            entry["url"] = absolute_url(entry["url"], self.base)
        return entry

    def _check(self, name: str) -> None:
        """Refuse at the start what can't be right later either; secrets that are set are known for redaction."""
        if not NAME.fullmatch(name):
            raise _invalid(f"the name {name[:60]!r} has other signs than letters, digits, - and _")
        try:
            entry = self.target(name)
            if entry.get("url") is not None:
                secret(parse(entry["url"]))
        except UsageError as error:
            if error.code not in ABSENT_VARIABLE:
                raise


def load_databases(path: Path | None) -> Databases:
    """Read the file; without one (none asked for, none at the usual place) only `embedded` is there.

    UsageError: DATABASES_UNREADABLE, DATABASES_INVALID, LITERAL_PASSWORD.
    """
    if path is None and not DEFAULT_FILE.is_file():
        return Databases(File(), Path.cwd())
    where = path or DEFAULT_FILE
    try:
        data = json.loads(where.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON in UTF-8"
        raise UsageError("DATABASES_UNREADABLE", f"{where} can't be read: {reason}.", HINT) from error
    try:
        return Databases(File.model_validate_json(json.dumps(data), strict=True), where.resolve().parent)
    except ValidationError as error:
        raise _invalid(_told(error)) from None


def _valid(name: str, model: type[SourceDatabase | TargetDatabase], entry: dict[str, Any]) -> dict[str, Any]:
    try:
        model.model_validate_json(json.dumps(entry), strict=True)
    except ValidationError as error:
        raise _invalid(f"{name}: {_told(error)}") from None
    return entry


def _told(error: ValidationError) -> str:
    """Places and messages; never the values, which may be secrets."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in found)


def _invalid(problem: str) -> UsageError:
    return UsageError("DATABASES_INVALID", f"The file of databases has a mistake: {problem}.", HINT)
