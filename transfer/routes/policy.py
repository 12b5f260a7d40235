"""What becomes of a value that the target can't hold: the plan's policy for its kind, always written down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conversion.mapping import ColumnMapping, TableMapping
from engines.errors import Aborted
from transfer.moveplan import DEFAULT_POLICIES, Policy, Unholdable
from transfer.quarantined import Quarantined

NOTHING: Any = object()  # there is no documented conversion of the value
STRICTER: tuple[Policy, ...] = ("convert", "quarantine", "stop")  # each than those before it
Why = tuple[Unholdable, str]  # a kind and its reason


class Refused(Exception):
    """The target's type can't hold a value; converted: what `convert` stores instead, as the route writes it.

    reason: a few words for people; kind: which policy of the plan decides; stored: the converted value in plain text
    (no escapes), where `converted` isn't that already, so that verification knows what the target holds; also: other
    kinds that the value is of at once, the strictest of whose policies decides.
    """

    def __init__(
        self,
        kind: Unholdable,
        reason: str,
        converted: Any = NOTHING,
        stored: str | None = None,
        also: Iterable[Why] = (),
    ) -> None:
        super().__init__(reason)
        self.kind, self.reason, self.converted, self.stored = kind, reason, converted, stored
        self.whys: tuple[Why, ...] = ((kind, reason), *also)

    def instead(self, converted: Any = NOTHING, stored: str | None = None, also: Iterable[Why] = ()) -> Refused:
        """The same with another conversion, and for more reasons."""
        return Refused(self.kind, self.reason, converted, stored, (*self.whys[1:], *also))

    def plainly(self) -> str | None:
        """What is stored instead, as text; None where that is NULL."""
        if self.stored is not None or self.converted is None:
            return self.stored
        if isinstance(self.converted, bytes | bytearray):
            return bytes(self.converted).decode(errors="replace")
        return str(self.converted)


class RowWithheld(Exception):
    """The row can't be stored at all; why is in Judge.found already."""


@dataclass
class Judge:
    """Applies the policies to the values of one table; what was set aside is in found, in the order of the rows."""

    table: TableMapping
    policies: Mapping[Unholdable, Policy] = field(default_factory=dict)
    found: list[Quarantined] = field(default_factory=list)

    def settle(
        self, column: ColumnMapping, refused: Refused, locator: str, key: str, original: Mapping[str, Any]
    ) -> Any:
        """What is stored instead: the converted value, or None for NULL.

        locator, key: of the row, as Quarantined has them; original: the value, as JSON that loses nothing. Raises
        RowWithheld where the column takes no NULL (the caller then calls withhold()), Aborted VALUE_NOT_HOLDABLE where
        the policy is to stop.
        """
        kind, reason = max(refused.whys, key=lambda why: STRICTER.index(self._policy(why[0])))
        policy = self._policy(kind)
        if policy == "stop":
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"{self.table.source} {key}, column {column.source}: {reason}; the plan says to stop.",
                f"Mend the value in the source, or allow another policy (options.policies.{kind}); plan again.",
            )
        text = json.dumps(dict(original), ensure_ascii=False)
        if policy == "convert" and refused.converted is not NOTHING:
            kept = json.dumps({**original, "stored": refused.plainly()}, ensure_ascii=False)
            self.found.append(Quarantined(locator, column.source, key, reason, "converted", kept))
            return refused.converted
        if not column.nullable:
            raise RowWithheld(f"{column.source}: {reason}")
        self.found.append(Quarantined(locator, column.source, key, reason, "null", text))
        return None

    def _policy(self, kind: Unholdable) -> Policy:
        return self.policies.get(kind, DEFAULT_POLICIES[kind])

    def allow(self, kind: Unholdable, reason: str, key: str) -> None:
        """Aborted VALUE_NOT_HOLDABLE where the policy for a row that can't be stored at all is to stop."""
        if self._policy(kind) == "stop":
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"{self.table.source} {key}: {reason}; the plan says to stop.",
                f"Mend the row in the source, or allow another policy (options.policies.{kind}); plan again.",
            )

    def take_back(self, locator: str, column: str) -> None:
        """Forget what was settled of a value (its source column): it could not be stored either."""
        self.found = [entry for entry in self.found if (entry.locator, entry.column) != (locator, column)]

    def withhold(self, locator: str, key: str, reason: str, originals: Mapping[str, Mapping[str, Any]]) -> None:
        """Set a whole row aside: every value by its source column; what was set aside of its single values goes."""
        self.found = [entry for entry in self.found if entry.locator != locator]
        text = json.dumps({name: dict(value) for name, value in originals.items()}, ensure_ascii=False)
        self.found.append(Quarantined(locator, "", key, reason, "row_withheld", text))
