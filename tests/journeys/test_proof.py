"""A migration and its proof: checks before and after the copy, a certificate, a change found and repaired."""

from __future__ import annotations

import re
from pathlib import Path

from tests.journeys.life import Life, dbmo, finished
from tests.moving import change, fetch, sqlite_file

ROWS = [(n, f"person {n}", n / 4) for n in range(1, 1_001)]


def test_what_was_moved_is_checked_certified_and_repaired(life: Life, tmp_path: Path, empty_18: str) -> None:
    source = sqlite_file(
        tmp_path / "people.db",
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, score REAL)",
        rows=[("INSERT INTO person VALUES (?, ?, ?)", ROWS)],
    )
    life.public_key()
    life.ask(source, empty_18, options={"certificate_key": "approver.pem"})
    assert life.run("--until", "plan").status == 0
    before = life.command("validate", "--finished")
    assert before.status == 0 and "before the copy: 0 rows" in before.err

    finished(life)
    after = life.command("validate", "--finished", "--json")
    assert after.status == 0 and (after.data["moment"], after.data["rows_compared"]) == ("finished chunks", len(ROWS))
    certificate = life.folder / "artifacts/validation/certificate.json"
    assert dbmo("verify-certificate", certificate, "--signer", life.home / "approver.pem", "--recheck").status == 0

    change(empty_18, "UPDATE person SET score = 0 WHERE id = 7", "DELETE FROM person WHERE id = 8")
    assert life.command("validate").status == 1
    assert "person 8" not in (life.folder / "artifacts/validation/differences.html").read_text()
    assert dbmo("verify-certificate", certificate, "--recheck").status == 1

    shown = life.command("validate", "--repair")
    assert shown.status == 1
    approved = re.search(r"--approve ([0-9a-f]{64})", shown.err)
    assert approved is not None, shown.err
    done = life.command("validate", "--repair", "--approve", approved[1])
    assert done.status == 0, done.err
    assert fetch(empty_18, "SELECT count(*), sum(score)::text FROM person") == [(1000, "125125")]
    assert life.command("audit").status == 0
