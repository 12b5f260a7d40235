"""Triggers and routines of PostgreSQL as catalog objects, with whole statements."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conversion.from_mysql.spelling_postgresql import spelled, spelled_name
from conversion.names import POSTGRESQL_LIMIT, Namer
from conversion.procedural.context import Context
from conversion.procedural.scope import Local
from conversion.procedural.tree import Block
from conversion.procedural.write_plpgsql import body_text
from conversion.shapes import TableShape
from engines.catalog import Parameter, Routine, Trigger
from engines.full_names import qualified

SIZES = re.compile(r"\([^)]*\)")
FULL_NAMES = {"varchar": "character varying", "timestamp": "timestamp without time zone"}


@dataclass
class Maker:
    """Gives out names of functions, each once."""

    schema: str
    namer: Namer = field(default_factory=lambda: Namer(POSTGRESQL_LIMIT))

    @classmethod
    def beside(cls, context: Context) -> Maker:
        """One that knows the functions that the target has already."""
        maker = cls(context.schema)
        for routine in context.target.routines if context.target else []:
            maker.namer.take(f"functions:{routine.schema_name}", routine.name)
        return maker

    def trigger(
        self,
        name: str,
        owner: TableShape,
        timing: str,
        events: list[str],
        block: Block,
        columns: list[str] | None = None,
        function: str | None = None,
    ) -> tuple[Trigger, Routine]:
        """A row trigger and the function it calls; columns: those of UPDATE OF.

        Conditions stand in the function: the server writes a WHEN in words of its own, which can't be foretold.
        """
        schema = owner.schema or self.schema
        called = self.namer.take(f"functions:{schema}", function or name)
        routine = self.routine(schema, called, "function", [], "trigger", block, "volatile")
        shown = Namer(POSTGRESQL_LIMIT).take("", name)
        quoted = ", ".join(spelled(column) for column in columns or [])
        wanted = [f"{event} OF {quoted}" if event == "UPDATE" and quoted else event for event in events]
        sql = (
            f"CREATE TRIGGER {spelled(shown)} {timing} {' OR '.join(wanted)} ON {spelled_name(schema, owner.name)}"
            f" FOR EACH ROW EXECUTE FUNCTION {spelled_name(schema, called)}()"
        )
        trigger = Trigger(
            name=shown, timing=timing, events=events, definition=sql, level="row",
            columns=columns or [], function=qualified(schema, called),
        )  # fmt: skip
        return trigger, routine

    def routine(
        self,
        schema: str,
        name: str,
        kind: str,
        parameters: list[tuple[str, str, Local]],
        returns: str | None,
        block: Block,
        volatility: str,
        comment: str | None = None,
    ) -> Routine:
        """A function or procedure in PL/pgSQL; parameters: name, mode and type. The name must be free."""
        body = "\n" + body_text(block) + "\n"
        tag = "$function$" if kind == "function" else "$procedure$"
        while tag in body:
            tag = tag[:-1] + "x$"
        shown = [f"{_mode(mode, kind)}{spelled(item)} {plain_type(local.native)}" for item, mode, local in parameters]
        lines = [f"CREATE OR REPLACE {kind.upper()} {spelled_name(schema, name)}({', '.join(shown)})"]
        lines += [f" RETURNS {plain_type(returns)}"] if returns else []
        lines.append(" LANGUAGE plpgsql")
        lines += [f" {volatility.upper()}"] if volatility != "volatile" else []
        return Routine(
            schema_name=schema,
            name=name,
            kind=kind,
            language="plpgsql",
            signature=", ".join(shown),
            definition="\n".join(lines) + f"\nAS {tag}{body}{tag}",
            parameters=[
                Parameter(name=item, mode=mode, native=plain_type(local.native)) for item, mode, local in parameters
            ],
            returns=plain_type(returns) if returns else None,
            body=body,
            volatility=volatility,
            comment=comment,
        )


def plain_type(native: str) -> str:
    """A parameter's type as the server keeps and shows it: without digits and lengths, which it forgets."""
    word = SIZES.sub("", native).strip()
    return FULL_NAMES.get(word, word)


def _mode(mode: str, kind: str) -> str:
    return f"{mode} " if kind == "procedure" or mode != "IN" else ""
