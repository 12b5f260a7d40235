"""All that the translator knows, in one table."""

from __future__ import annotations

from sqlglot import exp

from conversion.to_mysql.sql.aggregates import AGGREGATES
from conversion.to_mysql.sql.casts import CASTS
from conversion.to_mysql.sql.dates import DATE_FUNCTIONS
from conversion.to_mysql.sql.functions import FUNCTIONS
from conversion.to_mysql.sql.operators import OPERATORS
from conversion.to_mysql.sql.texts import TEXT_FUNCTIONS
from conversion.to_mysql.sql.translator import Handler

TABLE_HANDLERS: dict[str | type[exp.Expr], Handler] = {
    **OPERATORS, **TEXT_FUNCTIONS, **CASTS, **DATE_FUNCTIONS, **FUNCTIONS,
}  # fmt: skip
HANDLERS: dict[str | type[exp.Expr], Handler] = {**TABLE_HANDLERS, **AGGREGATES}
