"""Small catalogs by hand, for tests of how two of them are paired."""

from __future__ import annotations

from engines.catalog import Catalog, Column, Key, Kind, LogicalType, Table, View

TYPES = {
    "int": LogicalType(kind=Kind.INTEGER, bits=64),
    "text": LogicalType(kind=Kind.TEXT),
    "uuid": LogicalType(kind=Kind.UUID),
    "geometry": LogicalType(kind=Kind.GEOMETRY),
    "numeric(20)": LogicalType(kind=Kind.DECIMAL, precision=20, scale=0),
    "numeric(20,2)": LogicalType(kind=Kind.DECIMAL, precision=20, scale=2),
}
DATABASES = {"sqlite": "shop.db", "mysql": "shop", "mariadb": "shop", "postgresql": "target"}


def columns(text: str) -> list[Column]:
    """Columns from `name type, name type!`; ! says NOT NULL."""
    found = []
    for place, one in enumerate(text.split(", "), 1):
        name, _, native = one.rpartition(" ")
        kind = TYPES[native.removesuffix("!")]
        found.append(Column(name=name, position=place, native=native, type=kind, nullable=not native.endswith("!")))
    return found


def table(full_name: str, text: str = "id int!, v text", key: str = "id", *uniques: str) -> Table:
    """A table whose full name ends its schema at the first dot; key and uniques: columns with commas, or nothing."""
    schema, _, name = full_name.partition(".")
    return Table(
        schema_name=schema,
        name=name,
        columns=columns(text),
        primary_key=Key(columns=key.split(",")) if key else None,
        uniques=[Key(columns=unique.split(",")) for unique in uniques],
    )


def view(full_name: str, text: str = "id int, v text") -> View:
    """A view as a reader of catalogs leaves it."""
    schema, _, name = full_name.partition(".")
    found = View(schema_name=schema, name=name, definition="SELECT 1", columns=[])
    found.typed.extend(columns(text))
    return found


def catalog(engine: str, *items: Table | View) -> Catalog:
    """A catalog of an engine; its database is called as DATABASES says."""
    return Catalog(
        engine=engine,
        version="1",
        database=DATABASES[engine],
        schemas=sorted({item.schema_name for item in items}),
        tables=[item for item in items if isinstance(item, Table)],
        views=[item for item in items if isinstance(item, View)],
    )
