"""The writing half of the routes into MySQL and MariaDB that bring rows as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engines.errors import EngineError
from engines.mysql.load import STORED, WRITING_MODE, Loader
from engines.mysql.load_target import LoadTarget
from transfer.moveplan import MovePlan
from transfer.names import parts
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_run import Run
from transfer.routes.policy import Judge
from transfer.routes.route import Copied, Pace
from transfer.units import TableUnit

AS_UTF8 = "CONVERT({} USING utf8mb4)"
AS_SENT = frozenset({None, "utf8mb4", "utf8mb3", "utf8"})  # character sets whose texts are UTF-8; ascii takes any byte


@dataclass
class LinesToMysql:
    """The writing half of a route; made once per worker and unit. Lines are those of engines/mysql/load_text.py."""

    plan: MovePlan
    unit: TableUnit
    writer: Any
    fields: Sequence[Field]
    modes: str = WRITING_MODE
    target: LoadTarget = field(init=False)
    loader: Loader = field(init=False)

    def __post_init__(self) -> None:
        self.target = self.writer.load_target(parts(self.unit.mapping.target)[1])
        self.loader = self.loader_of()

    def loader_of(self, table: str | None = None) -> Loader:
        """A loader for the table, or for another one with its columns (quoted)."""
        return Loader(
            self.target,
            [item.mapping.target if item.mapping else None for item in self.fields],
            [item.wrap if item.mapping else None for item in self.fields],
            self.modes,
            alone=self.plan.parallel <= 1,
            table=table,
        )

    def copy(self, blocks: Iterable[bytes], into: Any, pace: Pace, loader: Loader | None = None) -> Copied:
        """Load blocks of whole lines into an open transaction."""
        if loader is None:
            self._check_engine()
        run = self.run(into, loader)
        run.loader.settle(run.connection)
        run.load(blocks, pace)
        run.loader.unsettle(run.connection)
        return Copied(run.rows, run.size, run.judge.found)

    def run(self, into: Any, loader: Loader | None = None) -> Run:
        """A range on its way into an open transaction."""
        judge = Judge(self.unit.mapping, self.plan.policy())
        return Run(self.fields, self.unit, loader or self.loader, self.writer.driver(into), judge)

    def wraps_of_bytes(self) -> list[str]:
        """SQL of the values where lines are sent as bytes: those for UNHEX go as they are, texts in UTF-8.

        A column of another character set would take the bytes for its own, so the server converts: what is then larger
        than max_allowed_packet, or has no place in that character set, is a warning.
        """
        charsets = self.target.charsets
        own = [item.mapping is not None and charsets.get(item.mapping.target) not in AS_SENT for item in self.fields]
        wraps = [STORED if item.wrap.startswith("UNHEX(") else item.wrap for item in self.fields]
        return [
            AS_UTF8 if other and item.wrap == STORED else wrap
            for item, wrap, other in zip(self.fields, wraps, own, strict=True)
        ]

    def _check_engine(self) -> None:
        if not self.target.transactional:
            raise EngineError(
                "TARGET_NOT_TRANSACTIONAL",
                f"{self.target.schema}.{self.target.name} has a storage engine without transactions.",
                "Make it InnoDB (ALTER TABLE ... ENGINE = InnoDB) until the rows are there.",
            )
