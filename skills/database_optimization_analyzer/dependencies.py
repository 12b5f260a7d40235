"""What hangs on the tables: views, code, triggers, foreign data and extensions, with what each needs."""

from __future__ import annotations

import re

from pydantic import Field

from engines.catalog import Catalog, Model


class Dependency(Model):
    """An object and the objects it needs (as far as the catalog says or its text names them)."""

    object: str
    kind: str
    needs: list[str] = Field(default_factory=list)
    language: str | None = None


def _named_in(text: str, catalog: Catalog, own: str) -> list[str]:
    words = {word.lower() for word in re.findall(r"[\w$]+", text)}
    return [table.full_name for table in catalog.tables if table.name.lower() in words and table.full_name != own]


def dependencies(catalog: Catalog) -> list[Dependency]:
    """Every dependent object of a catalog; needs of code are tables whose name occurs in its text."""
    found = [
        Dependency(
            object=view.full_name,
            kind="materialized view" if view.materialized else "view",
            needs=view.depends_on or _named_in(view.definition, catalog, ""),
        )
        for view in catalog.views
    ]
    for routine in catalog.routines:
        needs = _named_in(routine.definition, catalog, "")
        found.append(Dependency(object=routine.full_name, kind=routine.kind, needs=needs, language=routine.language))
    for relation in [(table.full_name, table.triggers) for table in catalog.tables] + [
        (view.full_name, view.triggers) for view in catalog.views
    ]:
        for trigger in relation[1]:
            needs = [relation[0], *_named_in(trigger.definition, catalog, relation[0])]
            found.append(Dependency(object=f"{relation[0]}.{trigger.name}", kind="trigger", needs=needs))
    for table in catalog.tables:
        if table.kind == "foreign":
            server = table.options.get("server")
            found.append(Dependency(object=table.full_name, kind="foreign table", needs=[server] if server else []))
    found += [
        Dependency(object=extension.name, kind="extension", needs=[f"version {extension.version}"])
        for extension in catalog.extensions
    ]
    return found


def groups_moved_together(catalog: Catalog) -> list[list[str]]:
    """Tables tied by foreign keys, largest group first: what one transaction boundary has to hold together."""
    parent = {table.full_name: table.full_name for table in catalog.tables}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for table in catalog.tables:
        for key in table.foreign_keys:
            other = key.referenced
            if other in parent:
                parent[root(table.full_name)] = root(other)
    groups: dict[str, list[str]] = {}
    for name in parent:
        groups.setdefault(root(name), []).append(name)
    return sorted((sorted(group) for group in groups.values()), key=lambda group: (-len(group), group))
