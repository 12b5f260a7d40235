"""From a request file to a checked request: everything that is wrong is said at once."""

from __future__ import annotations

import difflib
import hashlib
import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from agent.request_model import Request, SourceDatabase, TargetDatabase
from engines.connection import Reference
from engines.errors import UsageError

__all__ = [
    "Request",
    "absolute_url",
    "load_request",
    "migration_id",
    "missing_fields",
    "parse_request",
    "request_schema",
]

SCHEMA_HINT = "`dbmo schema request` prints what a request may hold."
ENGINE_HINT = " (SQLite is type other with engine sqlite, MariaDB is type mysql with engine mariadb)"

# Fields that must be there, and whether a url (or the embedded platform) makes them unnecessary.
REQUIRED = (
    ("source_database.type", True),
    ("source_database.version", True),
    ("source_database.size_gb", True),
    ("target_database.type", True),
    ("target_database.version", True),
    ("target_database.platform", True),
    ("migration_type", False),
    ("constraints.max_downtime_minutes", False),
    ("constraints.data_consistency", False),
    ("constraints.rollback_required", False),
)


def load_request(path: Path) -> Request:
    """Read a request file. Relative paths in it (SQLite files, backups, workloads) are taken from its folder.

    Raises UsageError: REQUEST_UNREADABLE (no file, no JSON: with line and column), REQUEST_INVALID (unknown keys
    with the nearest known one, wrong values), REQUEST_INCOMPLETE (every missing field), LITERAL_PASSWORD.
    """
    return parse_request(_read(path), path.resolve().parent, str(path))


def parse_request(data: Any, base: Path, shown: str = "the request") -> Request:
    """Check a request that is already data; base is the folder that relative paths start from."""
    if not isinstance(data, dict):
        raise UsageError("REQUEST_INVALID", f"{shown} holds no JSON object.", SCHEMA_HINT)
    missing = missing_fields(data)
    try:
        request = Request.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise _refusal(error, missing, shown) from None
    if missing:
        raise _incomplete(missing, shown)
    return _resolve(request, base)


def missing_fields(data: dict[str, Any]) -> list[str]:
    """Dotted names of all required fields that a request lacks, in the order of the specification's example."""
    found = [
        name for name, by_url in REQUIRED if _value(data, name) is None and not (by_url and _derivable(data, name))
    ]
    for side in ("source_database", "target_database"):
        if _value(data, f"{side}.type") == "other" and not (
            _value(data, f"{side}.url") or _value(data, f"{side}.engine")
        ):
            found.append(f"{side}.engine")
    return found


def migration_id(request: Request) -> str:
    """The request's name, else source, target and the first 12 digits of the sha256 of its canonical JSON."""
    if request.name:
        return request.name
    text = json.dumps(request.model_dump(mode="json", exclude_none=True), sort_keys=True, separators=(",", ":"))
    pair = f"{request.source_database.engine_name}-to-{request.target_database.engine_name}"
    return f"{pair}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def request_schema() -> dict[str, Any]:
    """JSON Schema of a request file; the fields that a url makes unnecessary are optional in it."""
    schema = Request.model_json_schema(by_alias=True)
    without_url = {"SourceDatabase": ["type", "version", "size_gb"], "TargetDatabase": ["type", "version", "platform"]}
    for name, fields in without_url.items():
        part = schema["$defs"][name]
        part.pop("required", None)
        part["anyOf"] = [{"required": ["url"]}, {"required": fields}]
        if name == "TargetDatabase":
            part["anyOf"].append({"required": ["platform"], "properties": {"platform": {"const": "embedded"}}})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(f"{path} can't be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise _unreadable(f"{path} is not UTF-8 (byte {error.start}).") from error
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _unreadable(
            f"{path} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            line=error.lineno,
            column=error.colno,
        ) from error
    except RecursionError as error:
        raise _unreadable(f"{path} is nested too deeply to be a request.") from error


def _unreadable(what: str, **data: object) -> UsageError:
    return UsageError("REQUEST_UNREADABLE", what, "Give the path of a request written as JSON.", **data)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise UsageError("REQUEST_INVALID", f"The key {key} stands twice in one object.", "Leave one of them out.")
        seen[key] = value
    return seen


def _no_constant(name: str) -> Any:
    raise UsageError("REQUEST_INVALID", f"{name} is no number of JSON.", "Write a number, or leave the field out.")


def _value(data: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _derivable(data: dict[str, Any], name: str) -> bool:
    side, field = name.split(".")
    if _value(data, f"{side}.url") is not None:
        return True
    if side == "target_database" and _value(data, f"{side}.platform") == "embedded":
        return True
    return field == "type" and _value(data, f"{side}.engine") is not None


def _refusal(error: ValidationError, missing: list[str], shown: str) -> UsageError:
    problems: list[str] = []
    lacking = list(missing)
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for part in found["loc"]) or "request"
        if found["type"] == "missing":
            if not any(name == place or name.startswith(place + ".") for name in lacking):
                lacking.append(place)
        elif found["type"] == "extra_forbidden":
            problems.append(f"{place}: unknown key{_nearest(found['loc'])}")
        elif place not in lacking:  # null where something must stand is told as missing
            hint = ENGINE_HINT if place.endswith("_database.type") else ""
            problems.append(f"{place}: {found['msg'].removeprefix('Value error, ')}{hint}")
    if not problems:
        return _incomplete(lacking, shown)
    also = f"; missing: {', '.join(lacking)}" if lacking else ""
    what = f"{shown} has {len(problems)} mistake{'s' if len(problems) > 1 else ''}: {'; '.join(problems)}{also}."
    return UsageError(
        "REQUEST_INVALID", what, f"Correct what is named; {SCHEMA_HINT}", problems=problems, missing=lacking
    )


def _incomplete(missing: list[str], shown: str) -> UsageError:
    return UsageError(
        "REQUEST_INCOMPLETE",
        f"{shown} lacks {', '.join(missing)}.",
        "Add them; a database with a url needs no type, version, size or platform.",
        missing=missing,
    )


def _nearest(location: tuple[int | str, ...]) -> str:
    *parents, key = (str(part) for part in location if isinstance(part, str))
    paths = list(_paths(Request, ""))
    siblings = [path.rpartition(".")[2] for path in paths if path.rpartition(".")[0] == ".".join(parents)]
    near = difflib.get_close_matches(key, siblings, n=1)
    if near:
        return f", did you mean {near[0]}?"
    homes = [path for path in paths if path.rpartition(".")[2] == key]
    return f", it belongs at {homes[0]}" if homes else ""


def _paths(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        yield path
        for inner in (field.annotation, *typing.get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _paths(inner, path + ".")


def _resolve(request: Request, base: Path) -> Request:
    source, target = request.source_database, request.target_database
    changes: dict[str, Any] = {
        "source_database": _located(source, base),
        "target_database": _located(target, base),
    }
    if request.backup is not None:
        paths = {
            name: str(base / v) for name in ("archive", "file") if (v := getattr(request.backup, name)) is not None
        }
        changes["backup"] = request.backup.model_copy(update=paths)
    if request.options.certificate_key is not None:
        key = str(base / request.options.certificate_key)
        changes["options"] = request.options.model_copy(update={"certificate_key": key})
    if request.workload is not None and request.workload.file is not None:
        changes["workload"] = request.workload.model_copy(update={"file": str(base / request.workload.file)})
    return request.model_copy(update=changes)


def _located(database: SourceDatabase | TargetDatabase, base: Path) -> SourceDatabase | TargetDatabase:
    url = database.url
    if url is None or "${" in url:
        return database
    return database.model_copy(update={"url": absolute_url(url, base)})


def absolute_url(url: str, base: Path) -> str:
    """The reference with the path of a SQLite file or an embedded folder made absolute; others as they are."""
    head, mark, query = url.partition("?")
    if head.startswith("sqlite:"):
        path = base / Reference(head, "sqlite").sqlite_path
        return f"sqlite:///{quote(str(path))}{mark}{query}"
    if head.startswith("embedded:"):
        return f"embedded:{base / head.removeprefix('embedded:')}{mark}{query}"
    return url
