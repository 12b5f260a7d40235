"""One range of lines on its way into MySQL and MariaDB: in segments where all rows fit, one by one where not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engines.catalog import Kind
from engines.errors import Aborted, EngineError
from engines.mysql.load import Attempt, Loader, Trouble
from engines.mysql.load_text import END, lines, read
from transfer.moveplan import DEFAULT_POLICIES, Unholdable
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_refusals import DUPLICATE, column_of, mark_of, refused
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.route import Pace
from transfer.units import TableUnit

SEGMENT = 8 << 20  # bytes of lines in one load, kept until the server has taken them all


@dataclass
class Run:
    """One range on its way."""

    fields: Sequence[Field]
    unit: TableUnit
    loader: Loader
    connection: Any
    judge: Judge
    rows: int = 0
    size: int = 0  # bytes that were sent

    def load(self, blocks: Iterable[bytes], pace: Pace) -> None:
        """All blocks, in segments that can be looked at again."""
        source = whole_lines(blocks)
        for first in source:
            segment = _Segment(first, source, pace)
            attempt = self.loader.load(self.connection, segment)
            if attempt.troubles:
                for _ in segment:  # what the server refused to read on is read from the source all the same
                    pass
                self._exact(lines(b"".join(segment.kept)), attempt.troubles)
            else:
                self._done(attempt)

    def _done(self, attempt: Attempt) -> None:
        self.rows += attempt.rows
        self.size += attempt.bytes

    def _exact(self, found: list[bytes], troubles: Sequence[Trouble]) -> None:
        """Lines that don't load together: those that the server named one by one, the rest again."""
        waiting = self._parted(found, troubles)
        while waiting:
            part = waiting.pop()
            attempt = self.loader.load(self.connection, [END.join(part) + END])
            if attempt.troubles:
                waiting += self._parted(part, attempt.troubles)
            else:
                self._done(attempt)

    def _parted(self, part: list[bytes], troubles: Sequence[Trouble]) -> list[list[bytes]]:
        """Copy the lines that the server named; what is left, in parts. Without a name they are halved."""
        if len(part) == 1:
            self._single(part[0])
            return []
        named = sorted({t.row for t in troubles if t.row is not None and t.row < len(part)})
        for number in named:
            self._single(part[number])
        if len(named) == 1:  # INSERT names the first only
            left = [part[named[0] + 1 :], part[: named[0]]]
        elif named:
            others = set(named)
            left = [[line for number, line in enumerate(part) if number not in others]]
        else:
            left = [part[len(part) // 2 :], part[: len(part) // 2]]
        return [some for some in left if some]

    def _single(self, line: bytes) -> None:
        """One row: every value that can't be stored is settled by the plan's policy."""
        values = read(line)
        marks = {n: mark_of(value) if self.fields[n].mapping else None for n, value in enumerate(values)}
        originals = [found[1] if (found := marks[n]) else value for n, value in enumerate(values)]
        locator, key = self._named(originals)
        try:
            for number, found in marks.items():
                if found is not None:
                    values[number] = self._settled(number, _refused(*found), originals, locator, key)
            for _ in range(len(values) + 1):
                attempt = self.loader.insert(self.connection, values)
                if not attempt.troubles:
                    self._done(attempt)
                    return
                number, refusal = self._refusal(attempt.troubles, values, key)
                values[number] = self._settled(number, refusal, originals, locator, key)
            raise RowWithheld("the server refused it")
        except RowWithheld as withheld:
            self._withhold(locator, key, str(withheld), originals)

    def _settled(
        self, number: int, refusal: Refused, originals: list[bytes | None], locator: str, key: str
    ) -> bytes | None:
        item = self.fields[number]
        assert item.mapping is not None
        settled = self.judge.settle(item.mapping, refusal, locator, key, item.original(originals[number]))
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
                return number, found
        trouble = troubles[-1]
        found = refused(trouble, "", None)
        self._may_withhold(found, key)
        raise RowWithheld(found.reason if trouble.number in (1153, 1301, 1118) else trouble.words)

    def _may_withhold(self, found: Refused, key: str) -> None:
        policies = self.judge.policies
        if policies.get(found.kind, DEFAULT_POLICIES[found.kind]) == "stop":
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"{self.unit.name} {key}: {found.reason}; the plan says to stop.",
                f"Mend the row in the source, or allow another policy (options.policies.{found.kind}); plan again.",
            )

    def _withhold(self, locator: str, key: str, reason: str, originals: Sequence[bytes | None]) -> None:
        self.judge.withhold(
            locator,
            key,
            reason,
            {
                item.mapping.source: item.original(value)
                for item, value in zip(self.fields, originals, strict=True)
                if item.mapping
            },
        )

    def withhold_wide(self, values: Mapping[str, Any], reason: str) -> None:
        """Set a row aside that is too large to be read here: only the columns of its key are written down."""
        found = Refused("wide_row", reason)
        key = json.dumps(dict(values), ensure_ascii=False)
        self._may_withhold(found, key)
        locator = json.dumps(list(values.values()), ensure_ascii=False)
        self.judge.withhold(
            locator, key, reason, {name: {"class": "text", "text": str(v)} for name, v in values.items()}
        )

    def names(self) -> tuple[list[int], list[int]]:
        """Numbers of the fields that make the locator, and of those that make the key that people see."""
        places = {item.name: number for number, item in enumerate(self.fields)}
        located = [places[column.name] for column in self.unit.key.columns if column.name in places]
        if len(located) < len(self.unit.key.columns):
            located = []
        shown = [places[name] for name in self.unit.mapping.key_columns if name in places]
        return located, shown or located

    def _named(self, values: Sequence[bytes | None]) -> tuple[str, str]:
        """Locator and key of a row."""
        located, shown = self.names()
        fields = self.fields
        kinds = {column.name: column.kind for column in self.unit.key.columns}
        if located:
            place = [_bound(values[number], kinds[fields[number].name]) for number in located]
        else:
            place = [_shown(value) for value, item in zip(values, fields, strict=True) if item.mapping]
            place.append(len(self.judge.found))
        people = {fields[number].name: _bound(values[number], kinds.get(fields[number].name)) for number in shown}
        return json.dumps(place, ensure_ascii=False), json.dumps(people or place, ensure_ascii=False)


def whole_lines(blocks: Iterable[Any]) -> Iterator[bytes]:
    """Blocks cut anywhere as blocks that end with a line."""
    held: list[bytes] = []
    for found in blocks:
        block = found if isinstance(found, bytes) else bytes(found)
        place = block.rfind(END) + 1
        if place == 0:
            held.append(block)
            continue
        if place == len(block) and not held:
            yield block
            continue
        yield b"".join([*held, block[:place]])
        held = [block[place:]] if place < len(block) else []
    if any(held):
        raise ValueError("a line without its end")


class _Segment:
    """Blocks until there are enough of them for one load; they are kept."""

    def __init__(self, first: bytes, rest: Iterator[bytes], pace: Pace) -> None:
        self._next: bytes | None = first
        self._rest, self._pace = rest, pace
        self.kept: list[bytes] = []
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        while self._next is not None:
            block, self._next = self._next, None
            self._pace(len(block))
            self.kept.append(block)
            self.size += len(block)
            if self.size < SEGMENT:
                self._next = next(self._rest, None)
            yield block


def _refused(kind: str, text: bytes) -> Refused:
    found: Unholdable = kind  # type: ignore[assignment]
    return Refused(found, WORDS.get(kind, f"a value of kind {kind}"))


WORDS = {
    "date_range": "a year or moment that MySQL's type doesn't have",
    "time_range": "a time of day that the type doesn't have",
    "not_finite": "NaN or infinity",
    "out_of_range": "a number that the type doesn't hold exactly",
    "malformed": "not in the form that the type asks for",
}


def _shown(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")


def _bound(value: bytes | None, kind: Kind | None) -> int | str | None:
    if value is None:
        return None
    if kind is Kind.INTEGER:
        return int(value)
    return _shown(value)
