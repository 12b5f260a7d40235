"""The writing half of the routes into MySQL and MariaDB that bring rows as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any

from engines.errors import EngineError
from engines.full_names import parts, qualified
from engines.mysql.charsets import WHOLE, folding
from engines.mysql.load import STORED, WRITING_MODE, Loader, Takes
from engines.mysql.load_target import LoadTarget
from engines.mysql.load_troubles import Attempt, Trouble
from transfer.moveplan import MovePlan
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_marks import FOLDED, Marks
from transfer.routes.mysql_run import Run
from transfer.routes.policy import Judge
from transfer.routes.route import Copied, Pace
from transfer.units import TableUnit

AS_UTF8 = "CONVERT({} USING utf8mb4)"
AS_SENT = frozenset({None, "utf8mb4", "utf8mb3", "utf8"})  # character sets whose texts are UTF-8; ascii takes any byte

NO_BYTES = frozenset({"json", "uuid", "inet4", "inet6"})  # types that take their text, and no bytes for it
LONGEST = 4  # bytes of a character


class Folded(Exception):
    """A piece of a text has a character that the column's character set stores as another one."""


@dataclass
class LinesToMysql:
    """The writing half of a route; made once per worker and unit. Lines are those of engines/mysql/load_text.py."""

    plan: MovePlan
    unit: TableUnit
    writer: Any
    fields: Sequence[Field]
    modes: str = WRITING_MODE
    known: InitVar[LoadTarget | None] = None  # of the table, where it was looked at already
    located: Sequence[str] = ()  # see Run
    target: LoadTarget = field(init=False)
    loader: Loader = field(init=False)
    charsets: dict[int, str] = field(init=False, default_factory=dict)  # of fields that aren't stored as they are sent
    folded: dict[int, re.Pattern[bytes]] = field(init=False, default_factory=dict)  # what of them is looked for

    def __post_init__(self, known: LoadTarget | None) -> None:
        self.target = known or self.writer.load_target(parts(self.unit.mapping.target)[1])
        self.loader = self.loader_of()
        for number, item in enumerate(self.fields):
            charset = self.target.charsets.get(item.mapping.target) if item.mapping else None
            if charset is None or charset == "utf8mb4" or item.wrap != STORED:
                continue
            self.charsets[number] = charset
            if charset not in WHOLE and (characters := self.writer.folded(charset)):
                self.folded[number] = folding(characters)

    def loader_of(self, table: str | None = None, takes: Takes | None = None) -> Loader:
        """A loader for the table, or for another one with its columns (quoted)."""
        return Loader(
            self.target,
            [item.mapping.target if item.mapping else None for item in self.fields],
            [self.strict(item, item.wrap) if item.mapping else None for item in self.fields],
            self.modes,
            alone=self.plan.parallel <= 1,
            table=table,
            takes=takes or Takes(),
        )

    def strict(self, item: Field, wrap: str) -> str:
        """The SQL of a field's value so that NULL is refused where the column would take it for something else."""
        target = item.mapping.target if item.mapping and item.nullable else None
        silent = target is not None and (target == self.target.counter or target in self.target.null_is_now)
        return f"COALESCE({wrap}, 'NULL')" if silent else wrap

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
        marks = Marks(self.fields, self.folded, self.charsets)
        connection = self.writer.driver(into)
        return Run(self.fields, self.unit, loader or self.loader, connection, judge, marks, self.located)

    def load_alone(self, run: Run, statement: bytes, line: Iterable[bytes]) -> Attempt:
        """One row by a LOAD DATA of its own, in pieces; watched() tells what no warning would."""
        try:
            return run.loader.load_alone(run.connection, statement, line)
        except Folded as found:
            run.loader.take_back(run.connection)
            return Attempt(troubles=(Trouble(0, str(found)),))

    def watched(self, number: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces of a field's text in UTF-8, cut anywhere; Folded where its column would hold another one."""
        pattern, tail = self.folded.get(number), b""
        for piece in pieces:
            if pattern is not None:
                if pattern.search(tail + piece):
                    raise Folded(FOLDED.format(charset=self.charsets[number]))
                tail = (tail + piece)[1 - LONGEST :]
            yield piece

    def wraps_of_bytes(self) -> list[str]:
        """SQL of the values where lines are sent as bytes: those for UNHEX go as they are, texts in UTF-8.

        A column of another character set would take the bytes for its own, so the server converts: what is then larger
        than max_allowed_packet, or has no place in that character set, is a warning.
        """
        wraps = [STORED if item.wrap.startswith("UNHEX(") else item.wrap for item in self.fields]
        return [
            AS_UTF8 if self.as_text(item) and item.wrap == STORED else self.strict(item, wrap)
            for item, wrap in zip(self.fields, wraps, strict=True)
        ]

    def as_text(self, item: Field) -> bool:
        """Whether a field's column takes bytes for something else than the text that they are in UTF-8."""
        if item.mapping is None:
            return False
        name = item.mapping.target
        return self.target.charsets.get(name) not in AS_SENT or self.target.types.get(name) in NO_BYTES

    def _check_engine(self) -> None:
        if not self.target.transactional:
            raise EngineError(
                "TARGET_NOT_TRANSACTIONAL",
                f"{qualified(self.target.schema, self.target.name)} has a storage engine without transactions.",
                "Make it InnoDB (ALTER TABLE ... ENGINE = InnoDB) until the rows are there.",
            )
