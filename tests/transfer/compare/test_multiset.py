"""Multisets find what only one side has, in memory and through files, whatever the keys."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from transfer.compare import multiset
from transfer.compare.multiset import Multisets, Record


def surplus(source: list[Record], target: list[Record], lot: int = 700) -> tuple[Counter[Record], Counter[Record]]:
    """What only the source and only the target have, by Multisets."""
    here: Counter[Record] = Counter()
    there: Counter[Record] = Counter()
    with Multisets() as rows:
        for gathered, records in ((rows.source, source), (rows.target, target)):
            for start in range(0, len(records), lot):
                gathered.add(records[start : start + lot])
        for found in rows.differing():
            assert found.key not in {key for key, _ in here | there}, "a key comes once"
            here.update((found.key, content) for content in found.source)
            there.update((found.key, content) for content in found.target)
    return here, there


@pytest.mark.parametrize(("buffer", "largest"), [(1 << 20, 1 << 20), (5_000, 4_000), (5_000, 100)])
@pytest.mark.parametrize("keys", [1, 3, 5_000])
def test_the_same_in_memory_and_on_disk(monkeypatch: pytest.MonkeyPatch, buffer: int, largest: int, keys: int) -> None:
    monkeypatch.setattr(multiset, "BUFFER", buffer)
    monkeypatch.setattr(multiset, "LARGEST", largest)
    random = Random(keys)
    source = [(b"%d" % random.randrange(keys), b"%d" % random.randrange(4)) for _ in range(3_000)]
    target = [record for record in source if random.random() > 0.01] + [(b"%d" % keys, b"new"), source[0]]
    random.shuffle(target)
    expected = Counter(source) - Counter(target), Counter(target) - Counter(source)
    assert surplus(source, target) == expected


def test_one_side_is_empty() -> None:
    assert surplus([], []) == (Counter(), Counter())
    assert surplus([(b"a", b"1")], []) == (Counter({(b"a", b"1"): 1}), Counter())


MANY = """
from tests.memory import peak
from transfer.compare.bisect import found
from transfer.compare.findings import Finding, Findings
from transfer.compare.multiset import Multisets
before = peak()
with Multisets() as rows:
    for start in range(0, ROWS, 2_000):
        rows.source.add([(b"%d," % n, b"%016d" % n) for n in range(start, start + 2_000)])
        rows.target.add([(b"%d," % n, b"x%015d" % n) for n in range(start, start + 2_000)])
    findings = Findings()
    findings.add("t", (finding for one in rows.differing() for finding in found(one)))
assert findings.counts("t") == {"different": ROWS}
assert sum(map(len, findings.lots("t", 10_000))) == ROWS
findings.close()
print((peak() - before) // 1024)
"""


@pytest.mark.parametrize("rows", [150_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_many_differences_take_tens_of_megabytes(rows: int) -> None:
    root = Path(__file__).resolve().parents[3]
    program = MANY.replace("ROWS", str(rows))
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 80
