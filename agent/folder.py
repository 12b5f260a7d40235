"""A migration's folder: what is kept in it, written whole or not at all, used by one process at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from agent.journal import Journal
from agent.request import Request, parse_request
from engines.errors import Aborted, UsageError

DEFAULT_ROOT = Path("migrations")
LOCK = ".lock"


class Folder:
    """`migrations/<id>/`: request.json, plan.json, contract.json, journal.db, artifacts/, report.html, report.md."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = Journal(path / "journal.db")

    @classmethod
    def create(cls, path: Path, request: Request, migration: str) -> Folder:
        """A new folder, or the one that is there when it belongs to the same request.

        FOLDER_OF_ANOTHER_REQUEST otherwise; changing a request under a running migration is never silent. Another
        options.load is no other request: it is no part of the plan (docs/load.md).
        """
        stored = path / "request.json"
        data = {"migration": migration, "request": request.model_dump(mode="json", exclude_none=True)}
        path.mkdir(parents=True, exist_ok=True)
        folder = cls(path)
        kept = folder._request_data() if stored.exists() else None
        if kept is not None and _without_load(kept) != _without_load(data):
            folder._replace_request(kept, data)
        if kept != data:
            folder.write_json("request.json", data)
            folder.journal.append("request", {"migration": migration, "sha256": _sha256(stored.read_bytes())})
        return folder

    def _replace_request(self, kept: dict[str, Any], data: dict[str, Any]) -> None:
        """Allowed until something was written to a target; a new plan with another hash follows."""
        if kept["migration"] != data["migration"] or self.journal.last("execution started") is not None:
            raise UsageError(
                "FOLDER_OF_ANOTHER_REQUEST",
                f"{self.path} holds a migration whose execution began under another request.",
                "Use the request as it was, or another name or --out folder for the changed one.",
            )
        for name in ("plan.json", "approval.json"):
            (self.path / name).unlink(missing_ok=True)

    @classmethod
    def open(cls, path: Path) -> Folder:
        """The folder of a migration that exists; UsageError FOLDER_UNKNOWN."""
        if not (path / "request.json").is_file():
            raise UsageError(
                "FOLDER_UNKNOWN",
                f"{path} is not the folder of a migration.",
                "Give the folder that `dbmo run` or `dbmo assess` named, by default migrations/<name>.",
            )
        return cls(path)

    @property
    def migration(self) -> str:
        """The migration's id."""
        return str(self._request_data()["migration"])

    @property
    def request(self) -> Request:
        """The request as it was stored, its paths absolute."""
        return parse_request(self._request_data()["request"], self.path.resolve())

    def _request_data(self) -> dict[str, Any]:
        data = self.read_json("request.json")
        if not isinstance(data, dict) or not {"migration", "request"} <= data.keys():
            raise UsageError(
                "FOLDER_DAMAGED",
                f"{self.path}/request.json holds no request.",
                "Run `dbmo run` with the request again.",
            )
        return data

    @property
    def artifacts(self) -> Path:
        """What is worth putting under version control."""
        return self.path / "artifacts"

    def artifact(self, name: str, content: str | dict[str, Any] | list[Any]) -> Path:
        """Write a file below artifacts/ and note its sha256 in the journal, once per content."""
        text = content if isinstance(content, str) else json_text(content)
        path = self.write(f"artifacts/{name}", text)
        digest = _sha256(path.read_bytes())
        if self.artifact_hashes().get(name) != digest:
            self.journal.append("artifact", {"path": name, "sha256": digest})
        return path

    def artifact_hashes(self) -> dict[str, str]:
        """The last noted sha256 of every artifact."""
        return {entry.body["path"]: entry.body["sha256"] for entry in self.journal.entries("artifact")}

    def artifact_problems(self) -> list[str]:
        """Artifacts that are missing or not what the journal says, one sentence each."""
        found = []
        for name, digest in sorted(self.artifact_hashes().items()):
            path = self.artifacts / name
            if not path.is_file():
                found.append(f"Artifact {name} is missing.")
            elif _sha256(path.read_bytes()) != digest:
                found.append(f"Artifact {name} was changed after it was written.")
        return found

    def read_artifact(self, name: str) -> Any:
        """An artifact's JSON, None when it was never written."""
        path = self.artifacts / name
        return json.loads(path.read_text()) if path.is_file() else None

    def write_json(self, name: str, data: Any) -> Path:
        """Write JSON into the folder, whole or not at all."""
        return self.write(name, json_text(data))

    def read_json(self, name: str) -> Any:
        """JSON of the folder, None where the file is not there."""
        path = self.path / name
        try:
            return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        except ValueError as error:
            raise UsageError(
                "FOLDER_DAMAGED",
                f"{path} holds no JSON any more: it was changed or cut off.",
                f"Put the file back; `dbmo audit {self.path}` says what else is not as it was written.",
            ) from error

    def write(self, name: str, text: str) -> Path:
        """Write a text file through a temporary file and a rename.

        The text is not redacted: what is stored is made of references without secrets and of messages that were
        redacted where they came in; replacing a password such as `id` here would change column names.
        """
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".new")
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder; FOLDER_IN_USE when one is in it. The lock holds this one's number."""
        with (self.path / LOCK).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Aborted(
                    "FOLDER_IN_USE",
                    f"Another dbmo is working on {self.path}.",
                    "Wait for it (`dbmo status` shows how far it is), or end it first.",
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock on this file, which the kernel drops with the process."""
    try:
        with path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def json_text(data: Any) -> str:
    """JSON as files hold it: indented, UTF-8 as it is; an order of magnitude faster than json.dumps with indent."""
    return to_json(data, indent=2).decode() + "\n"


def _without_load(data: dict[str, Any]) -> dict[str, Any]:
    """The same without what holds for the next run whatever was planned and approved."""
    request = dict(data["request"])
    options = {name: value for name, value in request.pop("options", {}).items() if name != "load"}
    return {**data, "request": {**request, "options": options}}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
