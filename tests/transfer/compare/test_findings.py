"""Findings are kept by table and key, all or none, and come back in order while others are written."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from transfer.compare.findings import Finding, Findings
from transfer.compare.model import Kind


@pytest.fixture
def findings() -> Iterator[Findings]:
    """An empty file."""
    with closing(Findings()) as kept:
        yield kept


def test_lots_keep_a_key_together_and_bear_changes(findings: Findings) -> None:
    kinds: tuple[Kind, ...] = ("different", "extra", "missing")
    findings.add("t", [Finding(kind, b"%03d" % n) for n in range(10) for kind in kinds])
    findings.add("other", [Finding("extra", b"005")])
    seen: list[Finding] = []
    for lot in findings.lots("t", 4):
        seen += lot
        keys = {finding.key for finding in lot}
        assert all(sum(f.key == key for f in lot) == 3 for key in keys)
        findings.remove("t", keys)
    assert len(seen) == 30 and seen == sorted(seen, key=lambda f: (f.key, f.kind))
    assert (findings.counts("t"), findings.counts("other")) == ({}, {"extra": 1})


def test_a_broken_lot_leaves_nothing(findings: Findings) -> None:
    def broken() -> Iterator[Finding]:
        yield Finding("extra", b"1")
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError):
        findings.add("t", broken())
    assert findings.counts("t") == {}
    findings.add("t", [Finding("extra", b"1", 7)])
    assert (findings.counts("t"), findings.keys("t")) == ({"extra": 7}, 1)


def test_only_what_changed_is_written(findings: Findings) -> None:
    before = [Finding("different", b"1", 2), Finding("missing", b"2")]
    findings.add("t", before)
    findings.correct("t", before, [Finding("different", b"1", 1), Finding("extra", b"1"), Finding("missing", b"2")])
    assert list(findings.of("t")) == [
        Finding("different", b"1", 1),
        Finding("extra", b"1"),
        Finding("missing", b"2"),
    ]
    assert [f.key for f in findings.of_keys("t", [b"%d" % n for n in range(2_000)])] == [b"1", b"1", b"2"]


def test_a_file_outlives_its_object(tmp_path: Path) -> None:
    with closing(Findings(tmp_path / "f.db")) as kept:
        kept.add("t", [Finding("missing", b"\0\xff")])
    with closing(Findings(tmp_path / "f.db")) as again:
        assert list(again.of("t")) == [Finding("missing", b"\0\xff")]
