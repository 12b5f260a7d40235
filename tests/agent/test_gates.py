"""The gates before execution: backup and rehearsal, run on real files, archives and programs."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.gates import RehearsalResult, check_gates, read_rehearsal, verify_backup
from agent.request import parse_request
from agent.request_model import Request
from agent.request_options import Backup, Waiver
from engines.embedded_settings import binaries
from engines.errors import CheckFailed
from tests.servers import load_sql

HASH = "a" * 64
WAIVER = {"by": "Ann", "reason": "a copy is kept"}


def now() -> datetime:
    return datetime.now(UTC)


def request(**sections: Any) -> Request:
    data = {
        "source_database": {"type": "postgresql", "version": "12.8", "size_gb": 450},
        "target_database": {"type": "postgresql", "version": "16.1", "platform": "aws-rds"},
        "migration_type": "platform",
        "constraints": {"max_downtime_minutes": 15, "data_consistency": "strict", "rollback_required": False},
        **sections,
    }
    return parse_request(data, Path("/"))


def rehearsal(**changes: Any) -> RehearsalResult:
    return RehearsalResult.model_validate(
        {"plan_hash": HASH, "passed": True, "rolled_back": True, "at": now(), **changes}
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "backup.bin"
    path.write_bytes(b"backup")
    return path


@pytest.mark.parametrize(("hours", "verified"), [(0.5, True), (3, False), (-2, False)])
def test_a_file_counts_while_it_is_young(file: Path, hours: float, verified: bool) -> None:
    stamp = now().timestamp() - hours * 3600
    os.utime(file, (stamp, stamp))
    assert verify_backup(Backup(file=str(file), max_age_hours=2), now()).verified is verified


def test_a_file_that_is_empty_or_missing_is_no_backup(tmp_path: Path, file: Path) -> None:
    file.write_bytes(b"")
    for path in (file, tmp_path / "none"):
        assert not verify_backup(Backup(file=str(path), max_age_hours=2), now()).verified


@pytest.mark.parametrize(("code", "verified"), [(0, True), (3, False)])
def test_a_command_is_believed_by_its_status(code: int, verified: bool) -> None:
    words = [sys.executable, "-c", f"import sys; print('looked'); sys.exit({code})"]
    result = verify_backup(Backup(command=words), now())
    assert result.verified is verified
    assert f"status {code}: looked" in result.detail


def test_a_command_that_is_not_there_verifies_nothing() -> None:
    assert not verify_backup(Backup(command=["/no/such/program"]), now()).verified


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    verify_backup(Backup(command=[sys.executable, "-c", "pass", f"; touch {tmp_path}/made"]), now())
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "zip"])
def test_the_entries_of_an_archive_are_listed(tmp_path: Path, file: Path, suffix: str) -> None:
    path = tmp_path / f"backup.{suffix}"
    if suffix == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(file, "a")
    else:
        with tarfile.open(path, "w:gz" if suffix.endswith("gz") else "w") as tar:
            tar.add(file, "a")
    result = verify_backup(Backup(archive=str(path)), now())
    assert (result.verified, result.entries) == (True, 1)


@pytest.mark.parametrize("cut", [0.5, 0.02])
def test_a_cut_archive_is_no_backup(tmp_path: Path, cut: float) -> None:
    content, path = tmp_path / "content", tmp_path / "backup.tar.gz"
    content.write_bytes(os.urandom(100_000))
    with tarfile.open(path, "w:gz") as tar:
        tar.add(content, "a")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    assert not verify_backup(Backup(archive=str(path)), now()).verified


def test_something_else_is_no_archive(file: Path) -> None:
    assert not verify_backup(Backup(archive=str(file)), now()).verified


@pytest.mark.parametrize("form", ["custom", "directory"])
def test_a_dump_is_listed_by_pg_restore(tmp_path: Path, empty_18: str, form: str) -> None:
    path = tmp_path / "backup.dump"
    load_sql(empty_18, "CREATE TABLE public.t (a int)")
    subprocess.run([binaries() / "pg_dump", f"--format={form}", f"--file={path}", f"--dbname={empty_18}"], check=True)
    result = verify_backup(Backup(archive=str(path)), now())
    assert result.verified, result.detail
    broken = path / "toc.dat" if path.is_dir() else path
    broken.write_bytes(broken.read_bytes()[:20])
    assert not verify_backup(Backup(archive=str(path)), now()).verified


def test_a_waiver_stands_in_and_is_recorded() -> None:
    assert verify_backup(Backup(waiver=Waiver(by="Ann", reason="none")), now()).kind == "waiver"
    report = check_gates(request(backup={"waiver": WAIVER}, rollback={"waiver": WAIVER}), HASH, None, now())
    assert [waiver.of for waiver in report.waivers] == ["backup", "rollback rehearsal"]


def test_a_scratch_target_has_no_gates() -> None:
    assert check_gates(request(target_database={"platform": "embedded"}), HASH, None, now()).backup is None


@pytest.mark.parametrize("backup", [None, {"command": ["false"]}])
def test_without_a_verified_backup_nothing_starts(backup: Any) -> None:
    with pytest.raises(CheckFailed) as caught:
        check_gates(request(backup=backup), HASH, rehearsal(), now())
    assert (caught.value.code, caught.value.exit_status) == ("BACKUP_NOT_VERIFIED", 1)


@pytest.mark.parametrize(
    "found",
    [None, rehearsal(plan_hash="b" * 64), rehearsal(passed=False), rehearsal(rolled_back=False)],
    ids=["none", "other plan", "failed", "left something"],
)
def test_without_a_rehearsed_rollback_nothing_starts(found: RehearsalResult | None) -> None:
    with pytest.raises(CheckFailed) as caught:
        check_gates(request(backup={"command": ["true"]}), HASH, found, now())
    assert (caught.value.code, caught.value.exit_status) == ("ROLLBACK_NOT_REHEARSED", 1)


def test_backup_and_rehearsal_open_the_gates(tmp_path: Path) -> None:
    path = tmp_path / "rehearsal.json"
    assert read_rehearsal(path) is None
    path.write_text(rehearsal().model_dump_json())
    report = check_gates(request(backup={"command": ["true"]}), HASH, read_rehearsal(path), now())
    assert report.backup is not None and report.backup.verified
    assert report.rehearsal is not None and report.waivers == []


def test_a_file_that_is_no_rehearsal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rehearsal.json"
    path.write_text('{"passed": "yes"}')
    with pytest.raises(CheckFailed, match="ROLLBACK_NOT_REHEARSED"):
        read_rehearsal(path)
