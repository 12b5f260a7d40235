"""Views of the simplest kind as views of MongoDB: some columns of one table, under a condition."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.documents.relations_access import DIALECTS
from conversion.documents.relations_conditions import Conditions
from conversion.documents.relations_draft import DocumentDraft
from conversion.documents.relations_places import Place
from conversion.shapes import Untranslatable
from engines.catalog import View
from engines.documents import Collection
from engines.families import family
from engines.full_names import qualified

CLAUSES = {"kind", "expressions", "from_", "where", "from"}


class ViewConverter:
    """Converts the views of a source; places are those of its tables."""

    def __init__(self, draft: DocumentDraft, places: dict[str, Place]) -> None:
        self.draft = draft
        self.places = places
        self.dialect = DIALECTS[family(draft.engine)]

    def convert(self) -> None:
        """A view of the target, or an omission with the query, for each."""
        for view in self.draft.request.source.views:
            kind = "materialized view" if view.materialized else "view"
            if view.full_name in self.draft.request.overrides.skip:
                self.draft.omit(view.full_name, kind, "left out on request", view.definition)
                continue
            try:
                self.draft.target.collections.append(self._view(view))
            except Untranslatable as error:
                self.draft.omit(view.full_name, kind, error.reason, view.definition)

    def _view(self, view: View) -> Collection:
        if view.broken:
            raise Untranslatable(f"it can't be read in the source: {view.broken}")
        if view.materialized:
            raise Untranslatable("a pipeline with $merge has to fill a collection for it, when its readers want it new")
        query = self._parsed(view.definition)
        place = self._place(query, view.schema_name)
        stages: list[dict[str, Any]] = []
        where = query.args.get("where")
        if where is not None:
            inner = where.this.transform(_unqualified)
            stages.append({"$match": Conditions(place, self.draft.engine).holds(inner)})
        stages.append({"$project": self._fields(query, place, view.columns)})
        name = self.draft.namer.take("collections", view.name.replace("$", "_") or "unnamed")
        if name != view.name:
            self.draft.namer.renames[view.full_name] = name
        return Collection(name=name, kind="view", view_on=place.collection, pipeline=stages)

    def _parsed(self, text: str) -> exp.Select:
        try:
            found = sqlglot.parse_one(text, read=self.dialect)
        except SqlglotError as error:
            raise Untranslatable("the parser can't read it") from error
        if not isinstance(found, exp.Select):
            raise Untranslatable("only plain queries of one table become pipelines in this version")
        used = {name for name, value in found.args.items() if value}
        if used - CLAUSES or any(found.find(kind) for kind in (exp.Subquery, exp.AggFunc, exp.Window)):
            raise Untranslatable("only columns of one table under a condition become a pipeline in this version")
        return found

    def _place(self, query: exp.Select, schema: str) -> Place:
        tables = list(query.find_all(exp.Table))
        if len(tables) != 1:
            raise Untranslatable("only queries of one table become pipelines in this version")
        place = self.places.get(qualified(tables[0].db or schema, tables[0].name))
        if place is None:
            raise Untranslatable(f"it reads {tables[0].name}, which is no table of the target")
        if place.optional:
            raise Untranslatable(f"it reads {tables[0].name}, whose rows stand in other documents")
        return place

    def _fields(self, query: exp.Select, place: Place, names: list[str]) -> dict[str, Any]:
        fields: dict[str, Any] = {"_id": 0}
        for number, item in enumerate(query.expressions):
            column = item.unalias()
            location = place.find(column.name) if isinstance(column, exp.Column) else None
            if location is None:
                raise Untranslatable(f"{item.sql(dialect=self.dialect)[:80]} is no column of the table")
            if location.rest:
                raise Untranslatable(f"the microseconds of {column.name} stand in another field")
            name = names[number] if number < len(names) else item.alias_or_name
            if not name or "." in name or name.startswith("$") or name in fields:
                raise Untranslatable(f"{name!r} can't be the name of a field in a pipeline")
            fields[name] = f"${location.path}"
        return fields


def _unqualified(node: exp.Expr) -> exp.Expr:
    return exp.Column(this=node.this) if isinstance(node, exp.Column) else node
