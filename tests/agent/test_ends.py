"""What the phases of a run share of the source."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.ends import Ends
from agent.request import parse_request
from engines.errors import UsageError
from engines.grant import Grant
from engines.registry import open_writer
from tests.journeys.life import CONSTRAINTS


def test_a_run_looks_at_values_once_unless_the_table_changed(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    request = {
        "source_database": {"url": f"sqlite:{path}"},
        "target_database": {"platform": "embedded"},
        "migration_type": "platform",
        "constraints": CONSTRAINTS,
    }
    ends = Ends(parse_request(request, tmp_path), tmp_path)

    def greatest(*statements: str) -> int | None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript("; ".join(statements))
        with ends.source() as source:
            assert source is not None
            return source.profile(source.catalog().tables[0]).columns["n"].maximum

    assert greatest("CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (1)") == 1
    assert greatest("INSERT INTO t VALUES (2)") == 1
    assert greatest("ALTER TABLE t ADD COLUMN more") == 2
    ends.look_again()
    assert greatest("INSERT INTO t VALUES (3, 0)") == 3


def test_a_target_s_file_needs_a_folder(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/no folder/t.db"
    request = {
        "source_database": {"url": f"sqlite:{tmp_path}/s.db"},
        "target_database": {"url": url},
        "migration_type": "platform",
        "constraints": CONSTRAINTS,
    }
    ends = Ends(parse_request(request, tmp_path), tmp_path)
    with pytest.raises(UsageError, match="There is no folder in which") as early, ends.target():
        pass
    with pytest.raises(UsageError, match="There is no folder in which"):
        open_writer(url, Grant("m", f"sqlite:{tmp_path}/no folder/t.db", "hash", False))
    assert early.value.code == "FILE_MISSING"
