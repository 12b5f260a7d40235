"""Expressions and queries of programs: names are bound, a query translator of the direction does the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from conversion.procedural.answers import Answer, QueryTranslator, Sentence, taken_apart
from conversion.procedural.assign import Value, coerced
from conversion.procedural.scope import ROWS, VARIABLES, Bound, Local, RoutineShape, Scope
from conversion.procedural.sql_texts import begins_query, parsed, span
from conversion.procedural.tokens import Reader
from conversion.shapes import Shapes, Untranslatable
from engines.catalog import Kind


@dataclass
class Languages:
    """Both ends of a translation and what lies between them; variable_first: a variable hides a column (MySQL).

    ambiguous: a name that is a variable and a column is an error (PL/pgSQL).
    """

    source: str
    target: str
    translate: QueryTranslator
    shapes: Shapes
    routines: dict[str, RoutineShape] = field(default_factory=dict)
    conflict: str = "variable"  # variable | column | error
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        """Something a reader of the translation should know."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def value(self, text: str, scope: Scope) -> Value:
        """One expression over variables and the rows of a trigger."""
        return self.values([text], scope)[0]

    def values(self, texts: list[str], scope: Scope) -> list[Value]:
        """Several expressions at once."""
        if not texts:
            return []
        bound = Bound()
        items = ", ".join(f"{self.bind(text, scope, bound)} AS c{number}" for number, text in enumerate(texts, 1))
        answer, _, found, _ = self._ask(f"SELECT {items}", bound, scope)
        kinds = [
            None if text.strip().upper() == "NULL" else kind
            for text, kind in zip(texts, answer.kinds or [None] * len(texts), strict=True)
        ]
        values = []
        for place, (item, kind) in enumerate(zip(found, kinds, strict=True)):
            text = self._named(item, bound, scope)
            moment = text if place in answer.timely else self._moment(answer, place, bound, scope)
            values.append(Value(text, kind, moment))
        return values

    def condition(self, text: str, scope: Scope) -> str:
        """An expression where the target wants a condition."""
        bound = Bound()
        _, _, _, rest = self._ask("SELECT 1 AS c1", bound, scope, self.bind(text, scope, bound))
        return self._named(self._where(rest), bound, scope)

    def query(self, text: str, scope: Scope, items: list[str] | None = None) -> Sentence:
        """A SELECT; with items (queries for each of its columns alone) the kinds of its values are known."""
        bound = Bound()
        if items is None:
            _, _, _, rest = self._ask("SELECT 1 AS c1", bound, scope, f"EXISTS ({self.bind(text, scope, bound)})")
            reader = Reader(self._where(rest), self.target)
            reader.expect("EXISTS")
            return Sentence("", [], "", self._named(reader.inside(), bound, scope))
        singles = [self.bind(item, scope, bound) for item in items]
        asked = ", ".join(f"({single}) AS c{number}" for number, single in enumerate(singles, 1))
        answer, _, found, _ = self._ask(f"SELECT {asked}", bound, scope)
        kinds = answer.kinds or [None] * len(items)
        values, first = [], None
        for place, (item, kind) in enumerate(zip(found, kinds, strict=True)):
            inner, wrapped = self._subquery(item)
            head, outputs, rest = taken_apart(inner, self.target)
            if len(outputs) != 1 or (wrapped and kind is not Kind.INTEGER):
                raise Untranslatable("the query can't be found in its translation")
            # what is cast to an integer around the query is a truth value inside of it
            text = self._named(outputs[0], bound, scope)
            moment = text if place in answer.timely else self._moment(answer, place, bound, scope)
            values.append(Value(text, Kind.BOOLEAN if wrapped else kind, moment))
            first = first or (head, self._named(rest, bound, scope))
        assert first is not None
        return Sentence(first[0], values, first[1], dialect=self.target)

    def _subquery(self, item: str) -> tuple[str, bool]:
        """The query in parentheses that an expression consists of, and whether something stands around it."""
        reader = Reader(item, self.target)
        before = 0
        while not (reader.peek().text == "(" and reader.peek(1).is_word("SELECT", "WITH")):
            if reader.done:
                raise Untranslatable("the query can't be found in its translation")
            before += reader.next().text != "("
        return reader.inside(), before > 0

    def _where(self, rest: str) -> str:
        reader = Reader(rest, self.target)
        reader.until("WHERE")
        reader.expect("WHERE")
        return rest[reader.peek().start :].strip()

    def _ask(self, select: str, bound: Bound, scope: Scope, where: str = "") -> tuple[Answer, str, list[str], str]:
        """The translation of a query over the pseudo tables: head, columns, and what follows them."""
        shapes, pseudo = bound.shapes(scope, self.shapes)
        sql = f"{select} FROM {', '.join(pseudo)}" + (f" WHERE {where}" if where else "")
        try:
            answer = self.translate(sql, shapes)
        except RecursionError as error:
            raise Untranslatable("an expression is nested too deeply") from error
        for note in answer.notes:
            self.note(note)
        return answer, *taken_apart(answer.sql, self.target)

    def _moment(self, answer: Answer, place: int, bound: Bound, scope: Scope) -> str | None:
        moment = answer.moments.get(place)
        return self._named(moment, bound, scope) if moment is not None else None

    def _named(self, text: str, bound: Bound, scope: Scope) -> str:
        """The text with the target's own names in place of pseudo columns."""
        rows = {pseudo: scope.row_text[row] for row, pseudo in ROWS.items()}
        reader = Reader(text, self.target)
        result, done = "", 0
        while not reader.done:
            token = reader.next()
            known = token.name == VARIABLES or token.name in rows
            if not known or token.kind not in ("word", "quoted") or not reader.take("."):
                continue
            column = reader.next()
            new = bound.texts[column.name].text if token.name == VARIABLES else f"{rows[token.name]}.{column.text}"
            result += text[done : token.start] + new
            done = column.end
        return result + text[done:]

    def bind(self, text: str, scope: Scope, bound: Bound) -> str:
        """The source's text with pseudo columns in place of variables, NEW, OLD and calls of known functions."""
        text = self._bind_signs(text, scope, bound)
        select = text if begins_query(text) else f"SELECT {text}"
        node = parsed(select, self.source)
        tables = list(node.find_all(exp.Table))
        changes = []
        for column in node.find_all(exp.Column):
            change = self._bind_column(column, scope, bound, tables)
            if change is not None:
                changes.append(change)
        for start, end, new in sorted(changes, reverse=True):
            select = select[:start] + new + select[end:]
        return select if begins_query(text) else select[len("SELECT ") :]

    def _bind_column(
        self, column: exp.Column, scope: Scope, bound: Bound, tables: list[exp.Table]
    ) -> tuple[int, int, str] | None:
        table = column.args.get("table")
        if table is None:
            local = scope.find(column.name)
            if local is None:
                if column.name.lower() in ROWS and scope.row(column.name) is not None:
                    raise Untranslatable(f"it uses the whole row {column.name.upper()}")
                return None
            if self.conflict != "variable" and self._is_column(column.name, tables):
                if self.conflict == "column":
                    return None
                raise Untranslatable(f"{column.name} is a variable and a column of a table it reads")
            return (*span(column.this), bound.add(local))
        if column.args.get("db") is not None:
            return None
        if scope.row(table.name) is not None and not any(item.alias_or_name == table.name for item in tables):
            if isinstance(column.this, exp.Star):
                raise Untranslatable(f"it uses the whole row {table.name.upper()}")
            return (*span(table), ROWS[table.name.lower()])
        local = scope.find(f"{table.name}.{column.name}")
        if local is None:
            return None
        return span(table)[0], span(column.this)[1], bound.add(local)

    def _is_column(self, name: str, tables: list[exp.Table]) -> bool:
        shapes = [self.shapes.find(table.name, table.db) for table in tables]
        return any(shape is not None and shape.find(name) is not None for shape in shapes)

    def _bind_signs(self, text: str, scope: Scope, bound: Bound) -> str:
        """Numbered parameters ($1) and calls of the database's own functions."""
        reader = Reader(text, self.source)
        result, done = "", 0
        while not reader.done:
            token, before = reader.peek(), reader.peek(-1)
            new = None
            if token.kind == "variable":
                local = scope.find(token.text)
                if local is None:
                    raise Untranslatable(f"it uses {token.text}, which lives as long as the connection")
                new = bound.add(local)
                reader.next()
            elif token.kind in ("word", "quoted") and reader.peek(1).text == "(" and before.text != ".":
                new = self._known_value(reader, scope, bound) or self._call(reader, scope, bound)
            if new is None:
                reader.next()
                continue
            result += text[done : token.start] + new
            done = reader.peek(-1).end
        return result + text[done:]

    def _known_value(self, reader: Reader, scope: Scope, bound: Bound) -> str | None:
        """A call without arguments whose value a variable holds at this place."""
        local = scope.find(f"{reader.peek().name}()") if reader.peek(2).text == ")" else None
        if local is None:
            return None
        reader.at += 3
        return bound.add(local)

    def _call(self, reader: Reader, scope: Scope, bound: Bound) -> str | None:
        routine = self.routines.get(reader.peek().name.lower())
        if routine is None or routine.procedure:
            return None
        name = reader.next().name
        arguments = reader.parts()
        try:
            values = self._arguments([text for text in arguments if text], routine, scope)
        except Untranslatable as error:
            raise Untranslatable(f"it calls {name} with what isn't a variable ({error.reason})") from error
        return bound.add(Local(f"{routine.text}({', '.join(values)})", routine.kind))

    def _arguments(self, texts: list[str], routine: RoutineShape, scope: Scope) -> list[str]:
        if len(texts) != len(routine.parameters):
            raise Untranslatable("another number of arguments than it has")
        found = []
        for value, (_, local) in zip(self.values(texts, scope), routine.parameters, strict=True):
            text = coerced(value, local.kind, local.native, (self.source, self.target))
            found.append(f"CAST({text} AS {local.native})" if self.target == "postgresql" else text)
        return found
