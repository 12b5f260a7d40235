"""The process of a job: `dbmo run` with the rules driver, and a note of how it ended."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from agent.cli import run


def main(folder: Path, until: str) -> int:
    """Run to that phase; the exit status, which is written into job/ended.json too."""
    request = str(folder / "job" / "request.json")
    try:
        status = run(["run", request, "--out", str(folder), "--driver", "rules", "--until", until])
    except SystemExit as ended:
        status = int(ended.code or 0)
    note = folder / "job" / "ended.json"
    note.with_suffix(".new").write_text(
        json.dumps({"exit_status": status, "ended": datetime.now(UTC).isoformat()}), encoding="utf-8"
    )
    note.with_suffix(".new").replace(note)
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
