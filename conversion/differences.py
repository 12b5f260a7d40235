"""A difference between two catalogs, how bad it is, and whether data is lost when it is brought over."""

from __future__ import annotations

from typing import Any

from engines.catalog import Model

# Kind of object -> severity of it missing. Tables and columns hold data; keys and checks protect it; the rest helps.
SEVERITIES = {
    "table": "critical", "column": "critical", "primary key": "high", "unique constraint": "high",
    "foreign key": "high", "check": "high", "exclusion": "high", "generated column": "medium", "identity": "high",
    "type": "high", "sequence": "medium", "default": "medium", "view": "medium", "routine": "medium",
    "trigger": "medium", "index": "low", "extension": "medium", "schema": "medium", "nullability": "medium",
    "policy": "high", "row security": "high", "event": "medium", "collation": "medium", "on update": "medium",
    "partitioning": "medium", "collection": "critical", "validator": "high", "unread": "medium",
}  # fmt: skip
LOSES_DATA = {"table", "column", "collection"}
SHOWN = 400


class Difference(Model):
    """object: its full name; kind: what of it differs; data_loss: making b like a (or using b for a) loses values.

    severity: critical (data), high (what protects data), medium (what programs see), low (speed, looks, names). Of kind
    `name` are objects that differ in nothing but their name, of kind `unread` parts of a catalog that couldn't be
    compared.
    """

    object: str
    kind: str
    severity: str
    data_loss: bool
    detail: str


def missing(name: str, kind: str) -> Difference:
    """The object of the first catalog isn't in the second."""
    severity = SEVERITIES.get(kind, "low")
    return Difference(object=name, kind=kind, severity=severity, data_loss=kind in LOSES_DATA, detail="missing")


def added(name: str, kind: str) -> Difference:
    """The second catalog has an object that the first hasn't."""
    return Difference(object=name, kind=kind, severity="low", data_loss=kind in LOSES_DATA, detail="added")


def changed(name: str, kind: str, before: Any, after: Any, data_loss: bool = False) -> Difference:
    """The object is in both and differs; detail shows both sides."""
    severity = "critical" if data_loss else SEVERITIES.get(kind, SEVERITIES.get(kind.split()[0], "low"))
    return Difference(
        object=name, kind=kind, severity=severity, data_loss=data_loss, detail=f"{_cut(before)} -> {_cut(after)}"
    )


def slight(name: str, kind: str, before: Any, after: Any) -> Difference:
    """The object is in both and differs in what changes neither rows nor rules."""
    return changed(name, kind, before, after).model_copy(update={"severity": "low"})


def _cut(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
