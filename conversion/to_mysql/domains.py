"""PostgreSQL's domains read from the statement that makes them: base type, default, NOT NULL, checks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conversion.postgresql_types import base_name
from engines.catalog import UserType
from engines.full_names import qualified

PIECE = re.compile(
    r"[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$\w*\$.*?\$\w*\$|[A-Za-z_][\w$]*|[()]|\s+|.",
    re.DOTALL,
)
OPENING = ("DEFAULT", "NOT", "CONSTRAINT", "COLLATE")
NAMED_BUILT_IN = frozenset({
    "citext", "oid", "money", "name", "json", "jsonb", "inet", "cidr", "macaddr", "macaddr8", "varbit",
})  # fmt: skip


@dataclass
class Domain:
    """What a domain adds to its base; checks are (name, expression over VALUE)."""

    full_name: str
    base: str
    default: str | None = None
    not_null: bool = False
    checks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def base_name(self) -> str:
        """The base without arguments, by the full name that catalogs have for it."""
        found = re.findall(r'"((?:[^"]|"")*)"|([^."]+)', re.sub(r"\([\d, ]+\).*", "", self.base).strip())
        names = [quoted.replace('""', '"') or plain for quoted, plain in found]
        return qualified(*names) if len(names) == 2 else ".".join(names)

    @property
    def base_name_of_built_in(self) -> str | None:
        """What LogicalType.name is for that base where it is built in: a few have one."""
        name = base_name(self.base)
        if name in ("bit varying",):
            return "varbit"
        if "." in self.base:
            return self.base_name.split(".")[-1] if self.base_name.endswith("citext") else self.base_name
        return name if name in NAMED_BUILT_IN else None

    def for_column(self, expression: str, quoted: str) -> str:
        """A check's expression with the column in place of VALUE."""
        pieces = PIECE.findall(expression)
        return "".join(quoted if piece.upper() == "VALUE" else piece for piece in pieces)


def read_domain(item: UserType) -> Domain:
    """The domain of a whole CREATE DOMAIN statement, as engines/postgresql writes it."""
    pieces = PIECE.findall(item.definition)
    start = next(place for place, piece in enumerate(pieces) if piece.upper() == "AS")
    clauses: list[list[str]] = [[]]
    depth = 0
    for piece in pieces[start + 1 :]:
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if depth == 0 and piece.upper() in OPENING:
            clauses.append([])
        clauses[-1].append(piece)
    found = Domain(item.full_name, "".join(clauses[0]).strip())
    for clause in clauses[1:]:
        text = "".join(clause[1:]).strip()
        word = clause[0].upper()
        if word == "DEFAULT":
            found.default = text
        elif word == "NOT":
            found.not_null = True
        elif word == "CONSTRAINT":
            name, expression = _check(clause[1:])
            found.checks.append((name, expression))
    return found


def _check(pieces: list[str]) -> tuple[str, str]:
    """The name and the expression inside CHECK ( ... )."""
    place = next(number for number, piece in enumerate(pieces) if piece.strip())
    name = pieces[place].removeprefix('"').removesuffix('"').replace('""', '"')
    inside = "".join(pieces[place + 1 :]).strip().removeprefix("CHECK").strip()
    return name, inside[1 : inside.rindex(")")]
