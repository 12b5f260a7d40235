"""The gates before execution: a backup that was verified and a way back that was tried, or a person's waiver."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from agent.contract_model import RecordedWaiver
from agent.request_model import Request
from agent.request_options import Backup
from agent.rules import refuse
from engines.catalog import Model
from engines.connection import redact
from engines.embedded_settings import binaries
from engines.errors import DbmoError

COMMAND_SECONDS = 600
PG_DUMP_MAGIC = b"PGDMP"
SHOWN_CHARACTERS = 500
FUTURE_SECONDS = 60  # clocks differ; a backup from further ahead proves nothing


class BackupResult(Model):
    """What the declared check found; entries: files or objects listed in an archive."""

    kind: Literal["archive", "file", "command", "waiver"]
    verified: bool
    detail: str
    age_hours: float | None = None
    entries: int | None = None


class RehearsalResult(Model):
    """A rehearsal of one plan: whether it came through, and whether its rollback left the target as it was."""

    plan_hash: str
    passed: bool
    rolled_back: bool
    at: AwareDatetime


class GateReport(Model):
    """The gates that were passed, and with whose waivers."""

    backup: BackupResult | None = None
    rehearsal: RehearsalResult | None = None
    waivers: list[RecordedWaiver] = Field(default_factory=list)


def check_gates(request: Request, plan_hash: str, rehearsal: RehearsalResult | None, now: datetime) -> GateReport:
    """Whether execution may start, approval apart; a scratch target, which may be lost, has no gates.

    Runs the declared check of the backup. Raises BACKUP_NOT_VERIFIED, ROLLBACK_NOT_REHEARSED.
    """
    if request.target_database.scratch:
        return GateReport()
    report = GateReport(backup=check_backup(request.backup, now))
    asked = {"backup": request.backup and request.backup.waiver, "rollback rehearsal": request.rollback.waiver}
    report.waivers = [
        RecordedWaiver(of=of, by=waiver.by, reason=waiver.reason, at=now) for of, waiver in asked.items() if waiver
    ]
    if request.rollback.waiver is None:
        report.rehearsal = check_rehearsal(rehearsal, plan_hash)
    return report


def check_backup(backup: Backup | None, now: datetime) -> BackupResult:
    """The backup's result; raises BACKUP_NOT_VERIFIED when none is declared or its check says no."""
    if backup is None:
        raise refuse(
            "BACKUP_NOT_VERIFIED",
            "The request declares no backup.",
            "Declare `backup` with archive, file or command, or with a waiver that says by whom and why.",
        )
    result = verify_backup(backup, now)
    if not result.verified:
        raise refuse(
            "BACKUP_NOT_VERIFIED",
            f"The backup isn't verified: {result.detail}.",
            "Make a backup that the declared check finds, then run the same command again.",
            kind=result.kind,
        )
    return result


def check_rehearsal(rehearsal: RehearsalResult | None, plan_hash: str) -> RehearsalResult:
    """The rehearsal when it is of this plan and went through; raises ROLLBACK_NOT_REHEARSED."""
    if rehearsal is None:
        why = "the rollback of this plan was never rehearsed"
    elif rehearsal.plan_hash != plan_hash:
        why = f"the rehearsal was of another plan ({rehearsal.plan_hash[:12]})"
    elif not rehearsal.passed or not rehearsal.rolled_back:
        why = "the rehearsal failed" if not rehearsal.passed else "the rehearsal's rollback left something behind"
    else:
        return rehearsal
    raise refuse(
        "ROLLBACK_NOT_REHEARSED",
        f"Execution can't start: {why}.",
        "Run `dbmo rehearse`, or record `rollback: {waiver}` where no way back is required.",
        plan_hash=plan_hash,
    )


def read_rehearsal(path: Path) -> RehearsalResult | None:
    """The result that a rehearsal left, None where there is none; ROLLBACK_NOT_REHEARSED for a file that isn't one."""
    if not path.exists():
        return None
    try:
        return RehearsalResult.model_validate_json(path.read_bytes(), strict=True)
    except (OSError, ValidationError) as error:
        raise refuse(
            "ROLLBACK_NOT_REHEARSED", f"{path.name} holds no result of a rehearsal.", "Run `dbmo rehearse` again."
        ) from error


def verify_backup(backup: Backup, now: datetime) -> BackupResult:
    """Run the declared check: list the archive, look at the file, or run the command; a waiver counts as verified."""
    if backup.waiver is not None:
        return BackupResult(
            kind="waiver", verified=True, detail=f"waived by {backup.waiver.by}: {backup.waiver.reason}"
        )
    if backup.command is not None:
        return _run_command(backup.command)
    path = Path(backup.archive or backup.file or "")
    kind: Literal["archive", "file"] = "archive" if backup.archive else "file"
    try:
        age = (now.timestamp() - path.stat().st_mtime) / 3600
        problem = _age_problem(path, age, backup.max_age_hours) or _empty(path)
        entries = _list_archive(path) if problem is None and kind == "archive" else None
    except (OSError, tarfile.TarError, zipfile.BadZipFile, subprocess.TimeoutExpired, DbmoError, EOFError) as error:
        return BackupResult(kind=kind, verified=False, detail=f"{path} can't be read ({_words(error)})")
    if problem is None and entries == 0:
        problem = f"{path} lists no entry"
    told = f"{path} lists {entries} entries" if kind == "archive" else f"{path} is {age:.1f} hours old"
    return BackupResult(
        kind=kind, verified=problem is None, detail=problem or told, age_hours=round(age, 2), entries=entries
    )


def _age_problem(path: Path, age: float, limit: float | None) -> str | None:
    if age * 3600 < -FUTURE_SECONDS:
        return f"{path} is dated in the future"
    if limit is not None and age > limit:
        return f"{path} is {age:.1f} hours old, {limit:g} are allowed"
    return None


def _empty(path: Path) -> str | None:
    if path.is_dir():
        return None if any(path.iterdir()) else f"{path} is an empty folder"
    return None if path.stat().st_size else f"{path} is empty"


def _list_archive(path: Path) -> int:
    """Entries of a pg_dump archive (custom or directory format), a tar or a zip; every header is read."""
    if path.is_dir() or _starts_with(path, PG_DUMP_MAGIC):
        return _list_dump(path)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            if broken is not None:
                raise zipfile.BadZipFile(f"{broken} is damaged")
            return len(archive.namelist())
    with tarfile.open(path) as archive:
        return len(archive.getnames())


def _list_dump(path: Path) -> int:
    program = binaries() / "pg_restore"  # the newest there is reads the archives of all older versions
    found = str(program) if program.exists() else shutil.which("pg_restore")
    if found is None:
        raise FileNotFoundError("pg_restore isn't installed")
    done = subprocess.run([found, "--list", str(path)], capture_output=True, text=True, timeout=COMMAND_SECONDS)
    if done.returncode != 0:
        raise OSError(done.stderr.strip()[:SHOWN_CHARACTERS])
    return sum(1 for line in done.stdout.splitlines() if line and not line.startswith(";"))


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _run_command(words: list[str]) -> BackupResult:
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=COMMAND_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return BackupResult(kind="command", verified=False, detail=f"{words[0]} could not be run ({_words(error)})")
    said = redact((done.stderr or done.stdout).strip()[-SHOWN_CHARACTERS:])
    detail = f"{words[0]} ended with status {done.returncode}" + (f": {said}" if said else "")
    return BackupResult(kind="command", verified=done.returncode == 0, detail=detail)


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return redact(str(error))[:SHOWN_CHARACTERS] or type(error).__name__
