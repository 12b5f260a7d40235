"""Compares a sample of rows completely, and says what that proves about all of them."""

from __future__ import annotations

import hashlib
import marshal
import math
import tempfile
from collections import Counter
from typing import IO

from engines.errors import EngineError
from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing
from transfer.compare.findings import Findings
from transfer.compare.locate import Locator
from transfer.compare.model import Sampled
from transfer.compare.multiset import Multisets
from transfer.compare.rows import Looked, findings_of, judged, read_rows
from transfer.sides.side import Side, Span

BUCKETS = 65_536
LOT = 5_000  # keys of one query


def chosen_buckets(rows: int, confidence: float, share: float) -> int:
    """How many of 65,536 buckets of the key's hash are looked at; all of them where half would not be enough.

    Every row is in the sample with the probability f = buckets / 65,536, by its own hash. Two demands on f: of
    D = share * rows differing rows none is in it with the probability (1 - f)^D, which is to be at most 1 - confidence;
    and the n = ln(1 - confidence) / ln(1 - share) rows that prove the share are in it, with three standard deviations.
    """
    differing = max(1, math.floor(share * rows))
    needed = math.log(1 - confidence) / math.log1p(-share)
    likely = (needed + 3 * math.sqrt(needed)) / max(1, rows)
    buckets = math.ceil(BUCKETS * max(1 - (1 - confidence) ** (1 / differing), likely))
    return BUCKETS if buckets > BUCKETS // 2 else buckets


def not_ruled_out(rows: int, differing: int, confidence: float) -> float:
    """The largest share p of differing rows that seeing so few of them among these rows doesn't rule out.

    The upper limit of Clopper and Pearson: the p at which at most `differing` of `rows` would be seen with the
    probability 1 - confidence; with none seen that is 1 - (1 - confidence)^(1/rows).
    """
    if differing >= rows:
        return 1.0
    low, high = differing / rows, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(differing, rows, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(seen: int, rows: int, share: float) -> float:
    """Probability of at most so many successes in so many independent trials."""
    log, other = math.log(share), math.log1p(-share) if share < 1 else -math.inf
    total = 0.0
    for k in range(seen + 1):
        ways = math.lgamma(rows + 1) - math.lgamma(k + 1) - math.lgamma(rows - k + 1)
        total += math.exp(ways + k * log + (rows - k) * other)
    return total


class Sample:
    """The sample of one table: rows chosen by a hash of their key (without one: of all values) under the seed."""

    def __init__(self, locator: Locator) -> None:
        options = locator.options
        key = hashlib.md5(f"sample {options.seed}".encode(), usedforsecurity=False).hexdigest()
        self.locator = locator
        self.table = locator.table
        self.rows = 0
        self.tolerated = 0
        locator.result.route = "rows chosen by a hash of their key, read and compared here"
        locator.hashing = Hashing("md5", key)

    def locate(self, findings: Findings) -> None:
        """Choose the rows, the same on both sides, read them on both, and store what differs."""
        both, table, options = self.locator.both, self.table, self.locator.options
        buckets = chosen_buckets(max(self.locator.counts()), options.confidence, options.share)
        span = Span() if buckets == BUCKETS else Span(of=BUCKETS, buckets=frozenset(range(buckets)))
        by_key = table.model_copy(update={"columns": table.key_columns}) if table.key else table
        with Multisets() as rows, tempfile.TemporaryFile(prefix="dbmo-sample-") as keys:

            def gather(side: Side) -> None:
                gathered = rows.source if side.role == "source" else rows.target
                for batch in both.paced(side, side.hashes(by_key, span, self.locator.hashing)):
                    gathered.add(batch)
                    if side.role == "source" and table.key:
                        for start in range(0, len(batch), LOT):
                            marshal.dump([key for key, _ in batch[start : start + LOT]], keys)

            both.both(gather, paced=True)
            self.rows = rows.source.rows + self._store(findings, rows)
            self._compare(findings, keys)

    def _store(self, findings: Findings, rows: Multisets) -> int:
        """Store the rows that only one side has; how many only the target has."""
        self.locator.store(findings, rows.differing())
        return findings.counts(self.table.name).get("extra", 0)

    def _compare(self, findings: Findings, keys: IO[bytes]) -> None:
        """Read the rows that both have, with all columns."""
        size = keys.tell()
        keys.seek(0)
        while keys.tell() < size:
            lot = list(dict.fromkeys(marshal.load(keys)))
            for found, here, there in read_rows(self.locator.both, self.table, lot, self.locator.hashing):
                looked = Looked()
                for key in found:
                    if key not in here:
                        raise _unreadable(self.table)
                    looked.add(judged(self.table, key, here[key], there.get(key, Counter())))
                self.tolerated += looked.tolerated
                findings.replace(self.table.name, found, findings_of(looked.rows))

    def says(self, differing: int) -> Sampled:
        """What the sample proves, with so many differing rows in it."""
        options = self.locator.options
        whole = self.rows >= max(self.locator.result.rows_source or 0, self.locator.result.rows_target or 0)
        exact = differing / self.rows if self.rows else 0.0
        share = exact if whole else not_ruled_out(self.rows, differing, options.confidence)
        return Sampled(rows=self.rows, confidence=options.confidence, share=share, seed=options.seed)


def _unreadable(table: ComparedTable) -> EngineError:
    return EngineError(
        "ROWS_NOT_FOUND",
        f"Rows of {table.source} that were there when keys were read could not be found by their keys.",
        "Pause the writers, or compare at level checksums.",
    )
