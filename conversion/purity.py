"""Whether a statement of others only reads: one SELECT in which every function is known not to write."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from conversion.known_functions import ALLOWED, MOVING, SYNTAX, TYPES
from conversion.lexemes import Lexeme, Unreadable, lexemes
from conversion.workload import dialect_of
from engines.families import family
from engines.full_names import name_of

__all__ = ["ALLOWED", "NOTHING_OWN", "OwnCode", "impurity", "moving"]

_WRITES = (
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Command,
    exp.Copy,
    exp.Into,
    exp.Lock,
)


@dataclass(frozen=True)
class OwnCode:
    """Where a database may hide code that a query runs (`conversion/own_code.py` reads it from a catalog).

    routines: names that are never taken for the engine's; types: those whose values are checked or built by code, the
    row types of tables among them; views: name -> why reading it may do more than read; everywhere: why no query of
    others is safe.
    """

    routines: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    views: Mapping[str, str] = field(default_factory=dict)
    everywhere: str | None = None

    def view_unsafe(self, full_name: str) -> str | None:
        """Why a view, given as schema.name, must not be read; None where reading it only reads."""
        return self.everywhere or self.views.get(name_of(full_name))


NOTHING_OWN = OwnCode()


def impurity(sql: str, engine: str, own: OwnCode | Collection[str] = NOTHING_OWN) -> str | None:
    """Why a statement may not run, or None: it is one query and every function in it only reads.

    own: the database's own code, or the names of its routines alone where no more is known.
    """
    own = own if isinstance(own, OwnCode) else OwnCode(routines=frozenset(own))
    dialect = dialect_of(engine)
    try:
        trees = [tree for tree in sqlglot.parse(sql, read=dialect) if tree is not None]
        tokens = sqlglot.tokenize(sql, read=dialect)
    except SqlglotError as error:
        return f"it can't be parsed: {str(error).splitlines()[0]}"
    if len(trees) != 1:
        return f"it holds {len(trees)} statements"
    tree = trees[0]
    if not isinstance(tree, exp.Query):
        return f"it is a statement that writes or is no query ({tree.key.upper()})"
    for node in tree.find_all(*_WRITES):
        return f"it contains {node.key.upper()}"
    if engine == "postgresql" and tree.find(exp.Operator):
        return "it names an operator by its schema"
    unknown = _unknown_function(tree, tokens, ALLOWED.get(engine, frozenset()), own.routines)
    if unknown is not None:
        return unknown
    if engine == "postgresql":
        return _hidden_code(sql, tokens, own)
    return _hidden_words(sql, tokens) if family(engine) == "mysql" else None


def _hidden_words(sql: str, tokens: list[Token]) -> str | None:
    """What MySQL runs that the parser takes for a comment, and what writes files or variables in a SELECT."""
    if "/*!" in sql or "/*M!" in sql:
        return "it holds a comment that the server runs"
    if any(token.token_type is TokenType.COLON_EQ for token in tokens):
        return "it sets a variable"
    quoted = (TokenType.STRING, TokenType.IDENTIFIER)
    words = {token.text.lower() for token in tokens if token.token_type not in quoted}
    written = sorted(words & {"into", "outfile", "dumpfile", "procedure"})
    return f"it says {written[0].upper()}" if written else None


def _hidden_code(sql: str, tokens: list[Token], own: OwnCode) -> str | None:
    """What the server may run that no call shows; or that the parser read the text in another way than the server."""
    try:
        pieces = list(lexemes(sql))
    except Unreadable as error:
        return str(error)
    if _before_parentheses(tokens) != [a.text.lower() for a, b in itertools.pairwise(pieces) if _calls(a, b)]:
        return "a parser and the server may read it in two ways"
    names = {name.lower() for name in own.routines}
    for before, piece in itertools.pairwise(pieces):
        if before.text == "." and piece.text.lower() in names:
            return f"{piece.text} may be a call of the database's own function"
    views = {name.lower(): reason for name, reason in own.views.items()}
    for piece in pieces:
        if piece.kind in ("word", "quoted") and piece.text.lower() in views:
            return f"it reads the view {piece.text}: {views[piece.text.lower()]}"
    types = {name.lower() for name in own.types}
    for name in _named_types(pieces):
        if name in types:
            return f"the type {name} is the database's own and may run code"
    return own.everywhere


def _calls(name: Lexeme, after: Lexeme) -> bool:
    return after == Lexeme("sign", "(") and name.kind in ("word", "quoted")


def _before_parentheses(tokens: list[Token]) -> list[str]:
    """The same for the parser's tokens, of which some hold two words."""
    return [
        name.text.lower().rsplit(" ", 1)[-1] if name.token_type is not TokenType.IDENTIFIER else name.text.lower()
        for name, after in itertools.pairwise(tokens)
        if after.token_type is TokenType.L_PAREN
        and (name.token_type is TokenType.IDENTIFIER or (name.text[:1].isalpha() or name.text[:1] == "_"))
        and name.token_type not in _NO_NAME
    ]


def _named_types(pieces: list[Lexeme]) -> Iterator[str]:
    """Names where a type may stand: after ::, at the end of CAST(... AS type), before a string."""
    for place, piece in enumerate(pieces[:-1]):
        cast = piece == Lexeme("sign", "::")
        if cast or piece == Lexeme("word", "as"):
            end = place + 1
            while end + 2 < len(pieces) and pieces[end + 1].text == ".":
                end += 2
            if cast or (end + 1 < len(pieces) and pieces[end + 1].text in (")", "[", "(")):
                yield pieces[end].text.lower()
        if piece.kind in ("word", "quoted") and pieces[place + 1].kind == "string":
            yield piece.text.lower()


def _unknown_function(
    tree: exp.Expr, tokens: list[Token], allowed: frozenset[str], own_routines: Collection[str]
) -> str | None:
    own = {name.lower() for name in own_routines}
    for node in tree.find_all(exp.Anonymous):
        name = str(node.this).lower()
        if name not in allowed or name in own:
            return f"the function {name} is not known to be free of writes"
    for table in tree.find_all(exp.Table):
        if table.name.lower().startswith("pragma_"):
            return f"it reads {table.name}"
    for column in tree.find_all(exp.Column):
        if column.name.lower() in own:
            return f"{column.name} may be a call of the database's own function"
    aliases = {alias.name.lower() for alias in tree.find_all(exp.TableAlias) if alias.columns}
    for before, token, after in zip([None, *tokens], tokens, tokens[1:], strict=False):
        if after.token_type is not TokenType.L_PAREN or token.token_type in _NO_NAME:
            continue
        name = token.text.lower()
        if before is not None and before.token_type is TokenType.DOT:
            return f"the function {name} is called by its schema"
        quoted = token.token_type is TokenType.IDENTIFIER
        if name in aliases or (not quoted and name in SYNTAX | TYPES and name not in own) or not name.isidentifier():
            continue
        if name not in allowed or name in own:
            return f"the function {name} is not known to be free of writes"
    return None


_NO_NAME = {TokenType.NUMBER, TokenType.STRING, TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA}


def moving(sql: str, engine: str) -> str | None:
    """The word that makes a query's result depend on the moment or on chance; None where nothing does."""
    for token in sqlglot.tokenize(sql, read=dialect_of(engine)):
        if token.token_type is TokenType.STRING:
            if token.text.lower() == "now":
                return "'now'"
        elif token.token_type is not TokenType.IDENTIFIER and token.text.lower() in MOVING:
            return token.text.lower()
    return None
