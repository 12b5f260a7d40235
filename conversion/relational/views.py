"""Views on the target, those first that others read."""

from __future__ import annotations

from dataclasses import replace

from conversion.draft import Draft
from conversion.order import dependency_order
from conversion.relational.direction import Direction, ViewTrial
from conversion.relational.plan import prefixed
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from engines.catalog import View
from engines.full_names import qualified

SECURITY_INVOKER_SINCE = (15,)  # https://www.postgresql.org/docs/15/sql-createview.html


class ViewConverter:
    """Adds every view that can be translated; the others become omissions with the reason."""

    def __init__(self, draft: Draft, direction: Direction) -> None:
        self.draft = draft
        self.direction = direction
        self.names: dict[str, str] = {}
        self._waiting: dict[str, View] = {}
        self._reasons: dict[str, str] = {}

    def reserve(self) -> None:
        """Take the names of views before indexes ask for theirs."""
        for view in self.draft.source.views:
            if not self.draft.skipped(view.full_name):
                wanted = prefixed(self.direction, self.draft.source, view.schema_name, view.name)
                self.names[view.full_name] = self.draft.table_name(view.full_name, wanted)

    def convert(self) -> None:
        """All views in the order of what they read; what can't be translated yet is kept for a second try."""
        self._waiting = {view.full_name: view for view in self.draft.source.views}
        self.again()

    def again(self) -> None:
        """Try those that wait: since the last time functions of the database's own may have come."""
        if not self._waiting:
            return
        trial = self.direction.trial(self.draft.target)
        order, cyclic = dependency_order({name: view.depends_on for name, view in self._waiting.items()})
        for name in [*order, *cyclic]:
            try:
                self._convert(self._waiting[name], trial)
            except Untranslatable as error:
                self._reasons[name] = error.reason
            else:
                del self._waiting[name]
        if trial is not None:
            trial.close()

    def refuse(self) -> None:
        """Name those that still wait."""
        for name, view in self._waiting.items():
            kind = "materialized view" if view.materialized else "view"
            self.draft.omit(name, kind, self._reasons[name], view.definition)

    def _convert(self, view: View, trial: ViewTrial | None) -> None:
        if self.draft.skipped(view.full_name):
            raise Untranslatable("left out on request")
        if view.materialized and not self.direction.abilities.materialized_views:
            raise Untranslatable("the target has no materialized views")
        adopted = self.draft.overrides.views.get(view.full_name)
        if adopted is not None:
            self._add(view, adopted, list(view.columns), trial)
            sentence = "its query is the one given in the request; its columns aren't known to other views"
            self.draft.note(view.full_name, sentence)
            return
        if view.broken:
            raise Untranslatable(f"the source itself can't read it: {view.broken}")
        translated = self.direction.query(view.definition, self.draft.shapes)
        found = [name for name, _ in translated.columns]
        wanted = view.columns if len(view.columns) == len(found) else found
        names = [
            self.draft.namer.take_recorded(f"columns:{view.full_name}", name, f"{view.full_name}.{name}")
            for name in wanted
        ]
        made = self._add(view, translated.sql, names, trial)
        outputs = translated.outputs or [ColumnShape(name, kind) for name, kind in translated.columns]
        columns = {
            source.lower(): replace(output, name=target)
            for source, target, output in zip(wanted, names, outputs, strict=True)
        }
        shape = TableShape(self.draft.schema, made.name, columns)
        self.draft.shapes.add(view.full_name, shape)
        if view.schema_name == self.direction.source_home(self.draft.source):
            self.draft.shapes.add(view.name, shape)
        for sentence in translated.notes:
            self.draft.note(view.full_name, sentence)

    def _add(self, view: View, sql: str, columns: list[str], trial: ViewTrial | None) -> View:
        options = self._rights(view)
        if view.options.get("check_option", "").upper() in ("LOCAL", "CASCADED"):
            options["check_option"] = view.options["check_option"].lower()
        made = View(
            schema_name=self.draft.schema,
            name=self.names[view.full_name],
            definition=sql,
            columns=columns,
            materialized=view.materialized,
            depends_on=self._depends_on(view),
            options=options if self.direction.abilities.engine != "sqlite" else {},
            comment=view.comment if self.direction.abilities.comments else None,
        )
        reason = trial.refused(made) if trial is not None else None
        if reason is not None:
            raise Untranslatable(f"the target refuses the translation: {reason}")
        self.draft.target.views.append(made)
        return made

    def _rights(self, view: View) -> dict[str, str]:
        """Whose rights the view reads with: its owner's, or where the source says so those of who asks."""
        asking = view.options.get("security", "").upper() == "INVOKER"
        if not asking and view.options.get("security_invoker", "").lower() not in ("true", "on", "1"):
            return {}
        abilities = self.direction.abilities
        if abilities.engine in ("mysql", "mariadb"):
            return {"security": "INVOKER"}
        if abilities.engine == "postgresql" and abilities.version >= SECURITY_INVOKER_SINCE and not view.materialized:
            return {"security_invoker": "true"}
        if abilities.engine == "postgresql":
            self.draft.note(view.full_name, "it reads with the rights of its owner, on the source of who asks")
        return {}

    def _depends_on(self, view: View) -> list[str]:
        found = []
        for name in view.depends_on:
            shape = self.draft.shapes.find(name)
            if shape is not None:
                found.append(qualified(self.draft.schema, shape.name))
        return sorted(found)
