"""One range of lines on its way into MySQL and MariaDB: in segments where all rows fit, one by one where not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engines.catalog import Kind
from engines.errors import EngineError
from engines.mysql.charsets import as_stored
from engines.mysql.load import STORED, Loader
from engines.mysql.load_text import END, lines, read
from engines.mysql.load_troubles import Attempt, Trouble
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_marks import Known, Marks
from transfer.routes.mysql_refusals import DUPLICATE, column_of, refused
from transfer.routes.mysql_segments import Segment, whole_lines
from transfer.routes.policy import NOTHING, Judge, Refused, RowWithheld
from transfer.routes.route import Pace
from transfer.units import TableUnit

SHOWN = 200  # characters of a value in a key for people
OF_THE_ROW = frozenset({1153, 1301, 1118})  # errors whose reason says more than the server's words
Originals = Sequence[Mapping[str, Any]]


@dataclass
class Run:
    """One range on its way."""

    fields: Sequence[Field]
    unit: TableUnit
    loader: Loader
    connection: Any
    judge: Judge
    marks: Marks
    located: Sequence[str] = ()  # columns by which a row is found, where those of the chunk key are others
    rows: int = 0
    size: int = 0  # bytes that were sent
    _settled: set[int] = field(default_factory=set)  # fields of the row that is looked at

    def load(self, blocks: Iterable[bytes], pace: Pace) -> None:
        """All blocks, in segments that can be looked at again."""
        source = whole_lines(blocks)
        for first in source:
            segment = Segment(first, source, pace, self.marks.without)
            attempt = self.loader.load(self.connection, segment)
            if attempt.troubles:
                for _ in segment:  # what the server refused to read on is read from the source all the same
                    pass
                self._exact(lines(b"".join(segment.kept)), attempt.troubles, pace)
            else:
                self._done(attempt)
            taken, self.marks.taken = self.marks.taken, []
            for line in taken:
                self._single(line, pace)

    def _done(self, attempt: Attempt) -> None:
        self.rows += attempt.rows
        self.size += attempt.bytes

    def _exact(self, found: list[bytes], troubles: Sequence[Trouble], pace: Pace) -> None:
        """Lines that don't load together: those that the server named one by one, the rest again."""
        waiting = self._parted(found, troubles, pace)
        while waiting:
            part = waiting.pop()
            pace(0)  # the bytes were counted; a lane that is stopped ends here
            attempt = self.loader.load(self.connection, [END.join(part) + END])
            if attempt.troubles:
                waiting += self._parted(part, attempt.troubles, pace)
            else:
                self._done(attempt)

    def _parted(self, part: list[bytes], troubles: Sequence[Trouble], pace: Pace) -> list[list[bytes]]:
        """Copy the lines that the server named; what is left, in parts, the last one first.

        Where no line was named, and behind the only one, the rest is halved: were it tried as a whole again and again,
        many lines that are refused would cost their number's square.
        """
        if len(part) == 1:
            self._single(part[0], pace)
            return []
        named = sorted({t.row for t in troubles if t.row is not None and t.row < len(part)})
        for number in named:
            self._single(part[number], pace)
        if len(named) == 1:  # INSERT names the first only
            left = [*_halves(part[named[0] + 1 :]), part[: named[0]]]
        elif named:
            others = set(named)
            left = [[line for number, line in enumerate(part) if number not in others]]
        else:
            left = _halves(part)
        return [some for some in left if some]

    def _single(self, line: bytes, pace: Pace) -> None:
        """One row: every value that can't be stored is settled by the plan's policy."""
        pace(0)
        values = read(line)
        known = self.marks.known(values, self._in_charset)
        for number, found in known.items():
            values[number] = found.text
        originals = [
            known[n].original if n in known else item.original(value)
            for n, (item, value) in enumerate(zip(self.fields, values, strict=True))
        ]
        locator, key = self._named(values, originals)
        self._settled = set()
        try:
            self._store(values, known, originals, locator, key)
        except RowWithheld as withheld:
            self._withhold(locator, key, str(withheld), originals)

    def _store(
        self,
        values: list[bytes | None],
        known: Mapping[int, Known],
        originals: Originals,
        locator: str,
        key: str,
    ) -> None:
        for number, found in known.items():
            values[number] = self._instead(number, found.refused, originals, locator, key)
        for _ in range(2 * len(values) + 1):  # a value that is converted may be refused once more
            attempt = self.loader.insert(self.connection, values)
            if not attempt.troubles:
                self._done(attempt)
                return
            number, refusal = self._refusal(attempt.troubles, values, key)
            values[number] = self._instead(number, refusal, originals, locator, key)
        raise RowWithheld("the server refused it")

    def _instead(self, number: int, refusal: Refused, originals: Originals, locator: str, key: str) -> bytes | None:
        """What is stored of a value; one whose conversion was refused too has none."""
        item = self.fields[number]
        assert item.mapping is not None
        if number in self._settled:
            refusal = Refused(refusal.kind, refusal.reason)
            self.judge.take_back(locator, item.mapping.source)
        self._settled.add(number)
        settled = self.judge.settle(item.mapping, refusal, locator, key, originals[number])
        return settled if settled is None or isinstance(settled, bytes) else str(settled).encode()

    def _refusal(self, troubles: Sequence[Trouble], values: Sequence[bytes | None], key: str) -> tuple[int, Refused]:
        """The first value that the server complained of; a complaint about the row as a whole withholds it."""
        names = [item.mapping.target if item.mapping else "" for item in self.fields]
        for trouble in troubles:
            if trouble.number in DUPLICATE:
                raise EngineError(
                    "DUPLICATE_KEY",
                    f"The target takes row {key} of {self.unit.name} for one that it has: {trouble.words}.",
                    "Look whether the table was empty, and whether its collation takes different texts for equal.",
                )
            number = column_of(trouble, names)
            if number is not None:
                item = self.fields[number].mapping
                assert item is not None
                found = refused(trouble, item.target_type, values[number])
                if values[number] is None:  # NULL was refused already: nothing is left to store
                    raise RowWithheld(f"{item.source}: {found.reason}")
                return number, self._with_conversion(number, found, values[number])
        trouble = troubles[-1]
        found = refused(trouble, "", None)
        self.judge.allow(found.kind, found.reason, key)
        raise RowWithheld(found.reason if trouble.number in OF_THE_ROW else trouble.words)

    def _with_conversion(self, number: int, found: Refused, value: bytes | None) -> Refused:
        """The same with what the column's own character set has instead of a text."""
        item = self.fields[number]
        if found.kind != "invalid_encoding" or value is None or item.mapping is None:
            return found
        charset = self.loader.target.charsets.get(item.mapping.target)
        if item.wrap != STORED:
            return Refused(found.kind, found.reason)
        if charset in (None, "utf8mb4"):
            return found
        return Refused(found.kind, found.reason, self._in_charset(value, charset))

    def _in_charset(self, text: bytes, charset: str) -> Any:
        stored = as_stored(self.loader.query(self.connection), text, charset, self.loader.target.packet)
        return NOTHING if stored is None else stored

    def _withhold(self, locator: str, key: str, reason: str, originals: Originals) -> None:
        pairs = zip(self.fields, originals, strict=True)
        self.judge.withhold(locator, key, reason, {item.mapping.source: value for item, value in pairs if item.mapping})

    def withhold_wide(self, values: Mapping[str, Any], reason: str) -> None:
        """Set a row aside that is too large to be read here: only the columns of its key are written down."""
        found = Refused("wide_row", reason)
        key = json.dumps(dict(values), ensure_ascii=False)
        self.judge.allow(found.kind, found.reason, key)
        locator = json.dumps(list(values.values()), ensure_ascii=False)
        self.judge.withhold(
            locator, key, reason, {name: {"class": "text", "text": str(v)} for name, v in values.items()}
        )

    def names(self) -> tuple[list[int], list[int]]:
        """Numbers of the fields that make the locator, and of those that make the key that people see."""
        places = {item.name: number for number, item in enumerate(self.fields)}
        wanted = self.located or [column.name for column in self.unit.key.columns]
        located = [places[name] for name in wanted if name in places]
        if len(located) < len(wanted):
            located = []
        shown = [places[name] for name in self.unit.mapping.key_columns if name in places]
        return located, shown or ([] if self.located else located)

    def _named(self, values: Sequence[bytes | None], originals: Originals) -> tuple[str, str]:
        """Locator and key of a row; without a key its values, long ones by their size, and a number."""
        located, shown = self.names()
        fields = self.fields
        kinds = {column.name: column.kind for column in self.unit.key.columns}
        told = zip(fields, values, originals, strict=True)
        whole = [item.placed(value, original) for item, value, original in told if item.mapping]
        if located:
            place = [_bound(values[number], kinds.get(fields[number].name)) for number in located]
        else:
            place = [*whole, len(self.judge.found)]
        people = {fields[number].name: _bound(values[number], kinds.get(fields[number].name)) for number in shown}
        shown_so = people or [part and part[:SHOWN] for part in whole]
        return json.dumps(place, ensure_ascii=False), json.dumps(shown_so, ensure_ascii=False)


def _bound(value: bytes | None, kind: Kind | None) -> int | str | None:
    if value is None:
        return None
    return int(value) if kind is Kind.INTEGER else value.decode(errors="backslashreplace")


def _halves(part: list[bytes]) -> list[list[bytes]]:
    """The second half of some lines, then the first."""
    return [part[len(part) // 2 :], part[: len(part) // 2]]
