"""The canonical forms: what each looks like, and which types each server renders by itself (docs/canonical-form.md)."""

from __future__ import annotations

from dataclasses import dataclass

from engines.columns import Kind, LogicalType
from transfer.canonical import sql_mysql, sql_postgresql, values_python, values_sqlite
from transfer.canonical.choose import RULES, rule
from transfer.canonical.columns import ComparedColumn, Form, Held

NEWEST = 180000  # PostgreSQL's version whose SQL is described


@dataclass(frozen=True)
class Meaning:
    """What the text of a form is, and some."""

    text: str
    example: str


FORMS: dict[Form, Meaning] = {
    Form.NUMBER: Meaning(
        "plain decimal digits: no exponent, no `+`, no zeros in front or at the end of the fraction; -0 is 0; booleans "
        "are 1 and 0; a double is the shortest digits that give it back, a 32-bit float the digits of its double",
        "`-1.5`, `100000000000000000000`, `NaN`, `-Infinity`",
    ),
    Form.SINGLE: Meaning(
        "the number as a 32-bit float, in the digits of its double; one beyond the range of those as it is",
        "`0.10000000149011612`",
    ),
    Form.TEXT: Meaning("the text, code point by code point; an enum's label; the server's own text of any type", "`é`"),
    Form.CHAR: Meaning("the text without the blanks (U+0020) at its end", "`ab`"),
    Form.BYTES: Meaning("hex, lower case; of text its UTF-8; of bits whole bytes, filled up in front", "`00ff`"),
    Form.BITS: Meaning("all bits as 0 and 1", "`00101`"),
    Form.DATE: Meaning(
        "`YYYY-MM-DD`, the year with all its digits, ` BC` behind; zero and partial dates as they are",
        "`2024-02-29`, `0044-03-15 BC`, `infinity`, `0000-00-00`",
    ),
    Form.TIME: Meaning("`HH:MM:SS`, a fraction without zeros at its end, a sign", "`12:00:00.5`, `-838:59:59`"),
    Form.TIMETZ: Meaning("time, and offset from UTC", "`12:00:00+05:30`"),
    Form.TIMESTAMP: Meaning("date, blank, time; of a moment in UTC", "`2024-03-10 07:30:00.25`"),
    Form.INTERVAL: Meaning("months, days and microseconds apart", "`14 -3 14706700000`"),
    Form.UUID: Meaning("lower case with hyphens", "`a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11`"),
    Form.JSON: Meaning(
        "the value: keys in the order of their UTF-8, of a key written twice the last, numbers as in `number`, the "
        "fewest escapes, no blanks; an array as JSON",
        '`{"a":[100,null],"bb":1.5}`',
    ),
    Form.SET: Meaning("the labels in the order of their bytes, commas between", "`a,b`"),
    Form.POINT: Meaning("x, blank, y, as numbers", "`1.5 -2`"),
    Form.GEOMETRY: Meaning("SRID, colon, well-known binary in hex (little endian, x before y)", "`4326:0101000000…`"),
    Form.NATIVE: Meaning("the server's own text; both sides are PostgreSQL and of one type", "`[1,6)`"),
    Form.DYNAMIC: Meaning("class and value; both sides are SQLite", "`integer 7`"),
    Form.BSON: Meaning("type and bytes; both sides are MongoDB", "type 0x10, 4 bytes"),
}


def forms_table() -> str:
    """The table of forms, in Markdown."""
    lines = ["| form | text | for example | hashed by PostgreSQL | hashed by MySQL, MariaDB |", "|---|---|---|---|---|"]
    for form, meaning in FORMS.items():
        by_mysql = {*sql_mysql.SQL.get(form, {}), *_points(form)}
        there = [_kinds(_by_postgresql(form)), _kinds([kind for kind in Kind if kind in by_mysql])]
        lines.append(f"| `{form}` | {meaning.text} | {meaning.example} | {there[0]} | {there[1]} |")
    return "\n".join(lines) + "\n"


def matrix() -> str:
    """Which kinds beside which give which form, in Markdown; the first line that names both holds."""
    lines = ["| one side | the other side | form | said |", "|---|---|---|---|"]
    for found in RULES:
        form = f"`{found.form}`" if found.form else "not compared"
        lines.append(f"| {_kinds(found.kinds)} | {_kinds(found.beside)} | {form} | {found.words or ''} |")
    return "\n".join(lines) + "\n"


def rendered_here(form: Form) -> bool:
    """Whether values of SQLite and of documents have a text in this form."""
    return form in values_sqlite.NATIVE and (form in values_python.READERS or form in (Form.NATIVE, Form.DYNAMIC))


def uncompared() -> list[tuple[Kind, Kind]]:
    """Pairs of kinds that no rule names."""
    kinds = list(Kind)
    return [(a, b) for place, a in enumerate(kinds) for b in kinds[place:] if rule(a, b) is None]


def _by_postgresql(form: Form) -> list[Kind]:
    """Kinds whose text in that form PostgreSQL's SQL gives."""
    return [kind for kind in Kind if _sql(form, kind) is not None]


def _sql(form: Form, kind: Kind) -> str | None:
    if form in (Form.DYNAMIC, Form.BSON) or kind is Kind.DYNAMIC:
        return None
    held = Held(name="c", native=str(kind), type=LogicalType(kind=kind))
    column = ComparedColumn(name="c", form=form, source=held, target=held)
    return sql_postgresql.text_sql(column, "source", "c", NEWEST)


def _points(form: Form) -> list[Kind]:
    return [Kind.GEOMETRY] if form is Form.POINT else []


def _kinds(kinds: list[Kind] | tuple[Kind, ...]) -> str:
    found = dict.fromkeys(kinds)
    return "any" if len(found) >= len(Kind) - 1 else ", ".join(found) or "–"
