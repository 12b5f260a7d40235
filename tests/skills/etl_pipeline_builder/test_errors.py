"""What a run that fails says: the error that it met first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engines.errors import EngineError
from skills.etl_pipeline_builder import skill
from tests.moving import mapping, move, plan_of, sqlite_file


def test_the_first_error_is_told_when_the_state_cannot_be_read_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sqlite_file(tmp_path / "s.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    target = f"sqlite:{sqlite_file(tmp_path / 't.db')}"

    def away() -> Any:
        raise EngineError("CONNECTION_LOST", "It is gone.", "Start it.")

    def full(execution: Any) -> Any:
        monkeypatch.setattr(execution.state, "row", away)
        raise EngineError("QUERY_FAILED", "It is broken.", "Mend it.")

    monkeypatch.setattr(skill._Execution, "run", full)
    with pytest.raises(EngineError, match="QUERY_FAILED"):
        move(source, target, plan_of(mapping("t", [("id", "bigint", "integer")])))
