"""Triggers and routines of MySQL and MariaDB as catalog objects, with whole statements."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversion.names import Namer
from conversion.procedural.context import Context
from conversion.procedural.scope import Local
from conversion.procedural.tree import Block
from conversion.procedural.write_mysql import body_text
from conversion.shapes import TableShape
from engines.catalog import Parameter, Routine, Trigger
from engines.mysql.quoting import LONGEST_NAME, quote_literal


@dataclass
class Maker:
    """Gives out names of triggers, each once in the database, and of functions and procedures."""

    context: Context
    namer: Namer = field(default_factory=lambda: Namer(LONGEST_NAME, fold=True))
    taken: set[str] = field(default_factory=set)
    orders: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def trigger(self, name: str, owner: TableShape, timing: str, event: str, block: Block) -> Trigger:
        """A row trigger for one event; it fires after those made before it."""
        names = (name, f"{owner.name}_{name}", f"{owner.name}_{name}_{event.lower()}")
        wanted = next((item for item in names if item.lower() not in self.taken), names[-1])
        shown = self.namer.take("triggers", wanted)
        self.taken.add(shown.lower())
        body = body_text(block)
        place = (owner.name, timing, event)
        self.orders[place] = self.orders.get(place, 0) + 1
        quoted = self.context.quoted
        head = f"CREATE TRIGGER {quoted(shown)} {timing} {event} ON {quoted(owner.name)} FOR EACH ROW"
        return Trigger(
            name=shown, timing=timing, events=[event], definition=f"{head}\n{body}", body=body,
            order=self.orders[place],
        )  # fmt: skip

    def routine(
        self,
        name: str,
        kind: str,
        parameters: list[tuple[str, str, Local]],
        returns: str | None,
        block: Block,
        access: str,
        deterministic: bool,
        security: str,
        comment: str | None,
    ) -> Routine:
        """A function or procedure; access: what it does with data, as CREATE FUNCTION says it."""
        body, quoted = body_text(block), self.context.quoted
        written = ", ".join(
            f"{mode + ' ' if kind == 'procedure' else ''}{quoted(item)} {local.native}"
            for item, mode, local in parameters
        )
        lines = [f"CREATE {kind.upper()} {quoted(name)}({written})"]
        lines += [f"RETURNS {returns}"] if returns else []
        lines += ["DETERMINISTIC"] if deterministic else []
        lines += [access] if access != "CONTAINS SQL" else []
        lines += [f"SQL SECURITY {security}"] if security != "DEFINER" else []
        lines += [f"COMMENT {quote_literal(comment)}"] if comment else []
        return Routine(
            schema_name=self.context.schema,
            name=name,
            kind=kind,
            language="sql",
            signature=written,
            definition="\n".join([*lines, body]),
            parameters=[Parameter(name=item, mode=mode, native=local.native) for item, mode, local in parameters],
            returns=returns,
            body=body,
            volatility=_volatility(deterministic, access),
            options={"security": security, "data_access": access, "deterministic": "YES" if deterministic else "NO"},
            comment=comment,
        )


def _volatility(deterministic: bool, access: str) -> str:
    """As it will be read again: what is called deterministic and reads tables is only stable."""
    if not deterministic or access == "MODIFIES SQL DATA":
        return "volatile"
    return "stable" if access == "READS SQL DATA" else "immutable"
