"""The steps that change what PostgreSQL keeps of a table as a whole: logging, options, inheritance."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.alter.changes import TablePair
from conversion.alter.model import Step
from conversion.alter.postgresql.facts import REWRITES, lock
from conversion.mapping import Omission
from engines.full_names import parts
from engines.postgresql.quoting import quote_name

SPLIT = (
    "a table can't become partitioned, change its partition key, or stop being partitioned in place: make the new "
    "table beside it, copy the rows, swap the names"
)
OWN_KINDS = {"table", "unlogged"}


class TableSteps:
    """Steps for one table that both catalogs have, under its new name."""

    def __init__(self, pair: TablePair) -> None:
        self.pair = pair
        self.name = quote_name(pair.after.schema_name, pair.after.name)

    def remaining(self) -> Iterator[Omission]:
        """What no statement changes."""
        a, b = self.pair.seen, self.pair.after
        keys = [(t.partitioning.strategy, t.partitioning.key) if t.partitioning else (None, None) for t in (a, b)]
        if keys[0] != keys[1] or (a.kind != b.kind and not {a.kind, b.kind} <= OWN_KINDS):
            original = (
                f"{a.kind} {keys[0][0] or ''} {keys[0][1] or ''} -> {b.kind} {keys[1][0] or ''} {keys[1][1] or ''}"
            )
            yield Omission(object=b.full_name, kind="partitioning", reason=SPLIT, original=original)

    def steps(self) -> Iterator[Step]:
        """All of them."""
        yield from self._logging()
        yield from self._options()
        yield from self._inherits()

    def _step(self, kind: str, change: str, what: str, undo: str) -> Step:
        head = f"ALTER TABLE {self.name} "
        return Step(
            sql=head + what, undo=[head + undo], object=self.pair.full_name, kind=kind, action="alter",
            lock=lock(change), rewrite=change in REWRITES,
        )  # fmt: skip

    def _logging(self) -> Iterator[Step]:
        a, b = self.pair.seen.kind, self.pair.after.kind
        if a != b and {a, b} <= OWN_KINDS:
            words = {"table": "SET LOGGED", "unlogged": "SET UNLOGGED"}
            yield self._step("table kind", "logging", words[b], words[a])

    def _options(self) -> Iterator[Step]:
        a, b = self.pair.seen.options, self.pair.after.options
        if a == b or self.pair.after.kind not in OWN_KINDS:
            return
        changed = {key: value for key, value in b.items() if a.get(key) != value}
        gone = [key for key in a if key not in b]
        if changed:
            undo = _reset([key for key in changed if key not in a]) or _set({k: a[k] for k in changed if k in a})
            yield self._step("table options", "table option", _set(changed), undo)
        if gone:
            yield self._step("table options", "table option", _reset(gone), _set({key: a[key] for key in gone}))

    def _inherits(self) -> Iterator[Step]:
        a, b = self.pair.seen.inherits, self.pair.after.inherits
        for parent in a:
            if parent not in b:
                name = _qualified(parent)
                yield self._step("table inherits", "table", f"NO INHERIT {name}", f"INHERIT {name}")
        for parent in b:
            if parent not in a:
                name = _qualified(parent)
                yield self._step("table inherits", "table", f"INHERIT {name}", f"NO INHERIT {name}")


def _set(options: dict[str, str]) -> str:
    return "SET (" + ", ".join(f"{key}={value}" for key, value in sorted(options.items())) + ")"


def _reset(keys: list[str]) -> str:
    return f"RESET ({', '.join(sorted(keys))})" if keys else ""


def _qualified(full_name: str) -> str:
    return quote_name(*parts(full_name))
