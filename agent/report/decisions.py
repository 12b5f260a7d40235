"""What was done about a hazard: the type chosen, the quarantine, the constraint or name that came of it."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

from agent.report.facts import Facts
from agent.report.words import bare, counted, cut
from conversion.mapping import ColumnMapping, Omission, Statement, TableMapping

Hazard = dict[str, Any]
IN_TARGET = {
    "null": "NULL in the target",
    "stripped": "the rest of the text in the target",
    "converted": "its documented conversion in the target",
    "row_withheld": "the row is not in the target",
}
ABOUT_KEYS = ("collation-to-translate", "case-only-duplicates")  # the note on the key says more than the type
LONGEST = 220


class Decisions:
    """Answers per hazard from the plan and the quarantine; without a plan it gives the analyzer's advice."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        move = facts.plan.move if facts.plan else None
        self.tables = {t.source: t for t in move.tables} if move else {}
        self.statements = move.statements if move else []
        self.renames = facts.plan.renames if facts.plan else {}
        self.omissions = facts.plan.omissions if facts.plan else []
        self.notes = (facts.comparison or {}).get("notes") or []
        self.translated = {t["name"]: t for t in (facts.translation or {}).get("translations", [])}

    def about(self, hazard: Hazard) -> str:
        """A sentence without its full stop."""
        if not self.tables:
            return f"advised: {hazard['remedy']}"
        for answer in (self._reference, self._view, self._left_out, self._column, self._name, self._noted):
            found = answer(hazard)
            if found:
                return cut(found, LONGEST)
        return f"left to a person: {hazard['remedy']}"

    def quarantined(self, hazard: Hazard) -> Counter[str]:
        """Entries of the hazard's column, by what the target holds instead."""
        column = hazard["column"]
        return Counter(
            entry["action"]
            for entry in self.facts.quarantined
            if entry["table"] == hazard["object"]
            and (entry["column"] == column or (not entry["column"] and entry["reason"].startswith(f"{column}: ")))
        )

    def not_valid(self, table: str) -> list[str]:
        """Foreign keys of a source table that were created NOT VALID, by their target names."""
        mapping = self.tables.get(table)
        if mapping is None:
            return []
        prefix = f"{mapping.target}."
        return [s.object.removeprefix(prefix) for s in self._unvalidated if s.object.startswith(prefix)]

    @cached_property
    def _unvalidated(self) -> list[Statement]:
        return [s for s in self.statements if s.kind == "fk" and s.sql.endswith("NOT VALID")]

    def _reference(self, hazard: Hazard) -> str | None:
        if hazard["id"] == "foreign-keys-not-enforced":
            return f"the target enforces {counted(sum(s.kind == 'fk' for s in self.statements), 'foreign key')}"
        if hazard["id"] != "orphaned-rows":
            return None
        left = [o for o in self.omissions if o.kind == "foreign key" and o.object.startswith(f"{hazard['object']}(")]
        names = self.not_valid(hazard["object"])
        if names:
            return f"{', '.join(names)} is NOT VALID: it holds for new rows, the rows found are kept as they are"
        return f"foreign key left out: {left[0].reason}" if left else None

    def _view(self, hazard: Hazard) -> str | None:
        name = hazard["object"]
        if hazard["id"] != "view-to-translate" or self.facts.plan is None or name not in self.facts.plan.views:
            return None
        made = self.translated.get(f"view:{name}")
        target = self.facts.plan.views[name]
        told = "created" if bare(name) == target.removeprefix("public.") else f"created as {target}"
        return told + (f", translation {made['verdict']}" if made else "")

    def _left_out(self, hazard: Hazard) -> str | None:
        if hazard["column"]:
            return None
        kind = hazard["id"].removesuffix("-to-translate")
        found = [o for o in self.omissions if o.object == hazard["object"] and self._same_kind(o, kind)]
        return f"left out: {found[0].reason}" if found else None

    @staticmethod
    def _same_kind(omission: Omission, kind: str) -> bool:
        return kind not in ("view", "trigger") or omission.kind == kind

    def _mapping(self, hazard: Hazard) -> tuple[TableMapping | None, ColumnMapping | None]:
        mapping = self.tables.get(hazard["object"])
        column = next((c for c in mapping.columns if c.source == hazard["column"]), None) if mapping else None
        return mapping, column

    def _column(self, hazard: Hazard) -> str | None:
        _, column = self._mapping(hazard)
        if column is None:
            return None
        if not column.copied:
            return f"{column.target_type}, computed by the target"
        noted = [note["text"] for note in self.notes if note["object"] == hazard["object"]]
        kept_so = [text for text in noted if text.startswith(f"{column.source} ")]
        if kept_so and hazard["id"] in ABOUT_KEYS:
            return "; ".join(kept_so)
        aside = self.quarantined(hazard)
        kept = "; ".join(f"{count:,} in quarantine, {IN_TARGET.get(action, action)}" for action, count in aside.items())
        reason = "" if kept else f": {column.reason}"
        return f"{column.target_type}{reason}" + (f"; {kept}" if kept else "")

    def _name(self, hazard: Hazard) -> str | None:
        full = ".".join(part for part in (hazard["object"], hazard["column"]) if part)
        if full in self.renames and hazard["id"].startswith("name-"):
            return f"renamed to {self.renames[full].removeprefix('public.')}"
        if hazard["id"] == "reserved-word":
            return "kept; every statement quotes it"
        return None

    def _noted(self, hazard: Hazard) -> str | None:
        full = ".".join(part for part in (hazard["object"], hazard["column"]) if part)
        texts = [note["text"] for note in self.notes if note["object"] in (full, hazard["object"])]
        if texts:
            return "; ".join(texts)
        mapping = self.tables.get(hazard["object"])
        if mapping is None:
            return None
        moved = next((t for t in self.facts.copied if t.name == mapping.source), None)
        if moved is None:
            return f"becomes {mapping.target}"
        how = f", read by {mapping.source_key}" if mapping.source_key else ""
        return f"moved to {mapping.target}{how}: {counted(moved.rows, 'row')}"


def place(hazard: Hazard) -> str:
    """Where a hazard is: table, and column where it has one."""
    return bare(".".join(part for part in (hazard["object"], hazard["column"]) if part))
