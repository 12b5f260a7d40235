"""Translate statements of a workload and say of each how far the translation was shown to be right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from conversion.mapping import Statement, TableMapping
from conversion.own_code import own_code
from conversion.workload import WorkloadStatement, split_workload
from engines.catalog import Model
from engines.connection import parse
from engines.errors import UsageError
from engines.protocols import Database
from skills.context import Progress, SkillContext
from skills.models import DatabaseRef
from skills.query_translator.execute import ROWS_COMPARED, execute
from skills.query_translator.known import shapes_of
from skills.query_translator.models import Translation
from skills.query_translator.tool import ToolArgs, digest, sections
from skills.query_translator.translate import adopt, translate

__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]

SAMPLE_ROWS = 20_000
SCRATCH_OPTION = "options.scratch"


class Input(Model):
    """statements and files: the workload, in the source's dialect; execute: run both sides on scratch copies.

    given: a person's text for the target by a statement's name, used instead of a translation and judged like one;
    carried: the same of the schema-comparator, which wrote the views of the plan.
    tables and schema_statements: the mapping and the DDL that the schema-comparator made, without which names are
    taken as they are and nothing can be executed; sample_rows: rows per table of the scratch copies.
    """

    statements: list[WorkloadStatement | str] = Field(default_factory=list)
    files: list[str] = Field(default_factory=list)
    source: DatabaseRef
    target: DatabaseRef
    execute: bool = False
    tables: list[TableMapping] = Field(default_factory=list)
    schema_statements: list[Statement] = Field(default_factory=list)
    given: dict[str, str] = Field(default_factory=dict)
    carried: dict[str, str] = Field(default_factory=dict)
    sample_rows: int = Field(default=SAMPLE_ROWS, ge=1)
    limit: int = Field(default=ROWS_COMPARED, ge=1)


class Output(Model):
    """Every statement with its verdict, how many of each, and the scratch rows and objects they rest on.

    sample_rows: rows per table that both scratch copies hold; a row with a value that the target's type can't hold
    is in neither. schema_failures: statements of the schema that the scratch target refused.
    """

    translations: list[Translation]
    verdicts: dict[str, int]
    executed: bool
    not_executed_because: str | None = None
    sample_rows: dict[str, int] = Field(default_factory=dict)
    schema_failures: dict[str, str] = Field(default_factory=dict)


@dataclass
class Pair:
    """Two open databases that hold the same rows, and what is missing from them.

    source is None where no server may be filled with databases of its engine: then only the schema was tried.
    """

    source: Database | None
    target: Database
    rows: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


OpenPair = Callable[[Input, SkillContext], AbstractContextManager[Pair]]


@contextmanager
def scratch_pair(input: Input, context: SkillContext) -> Iterator[Pair]:
    """The pair on context.scratch with a sample of context.source, closed afterwards."""
    from transfer.scratch import sample

    if context.source is None or context.scratch is None or context.workspace is None or input.source.url is None:
        raise UsageError(
            "NO_SCRATCH",
            "There is no source or no scratch server to run the statements on.",
            "Give both, or execute=false.",
        )
    made = sample(
        context.source,
        input.source.url,
        engine_of(input.target),
        input.tables,
        input.schema_statements,
        context.scratch,
        context.workspace / "scratch",
        input.sample_rows,
        context.scratch_servers,
    )
    try:
        yield Pair(source=made.source, target=made.target, rows=made.rows, failures=made.failures)
    finally:
        made.close()


def run(input: Input, context: SkillContext, open_pair: OpenPair = scratch_pair) -> Output:
    """Translate, and execute where asked; UsageError for a file that can't be read or split."""
    source, target = engine_of(input.source), engine_of(input.target)
    catalog = context.source.catalog() if context.source is not None else None
    shapes = shapes_of(input.tables, catalog)
    own = own_code(catalog)
    translations = [
        adopt(statement, input.given[statement.name], source, target, own)
        if statement.name in input.given
        else adopt(statement, input.carried[statement.name], source, target, own, "rules")
        if statement.name in input.carried
        else translate(statement, source, target, shapes, own)
        for statement in gather(input, source)
    ]
    output = Output(translations=translations, verdicts={}, executed=False)
    runnable = [made for made in translations if made.pure and made.target is not None]
    if not input.execute:
        output.not_executed_because = "execution was not asked for"
    elif not runnable:
        output.not_executed_because = "no statement is a query that only reads"
    elif not input.tables:
        output.not_executed_because = "no table mapping was given to make scratch copies by"
    elif context.scratch is None and open_pair is scratch_pair:
        output.not_executed_because = "there is no scratch server"
    else:
        _tried(input, context, open_pair, output)
    if input.execute and runnable and output.not_executed_because and SCRATCH_OPTION in output.not_executed_because:
        _keep_open(runnable, output.not_executed_because)
    else:
        _settle(output.translations)
    output.verdicts = dict(Counter(made.verdict for made in output.translations))
    return output


def _tried(input: Input, context: SkillContext, open_pair: OpenPair, output: Output) -> None:
    """Execute; where the request names no scratch server for an engine, say so."""
    try:
        _execute(input, context, open_pair, output)
    except UsageError as error:
        if error.code != "SCRATCH_MISSING":
            raise
        output.not_executed_because = f"{error.what} {error.remedy}"


def _keep_open(translations: list[Translation], reason: str) -> None:
    """Statements that only the whole data can be tried on, which the validation does: not run, and why."""
    for made in translations:
        if made.verdict == "NOT_RUN":
            made.detail = f"not executed: {reason}"


def _execute(input: Input, context: SkillContext, open_pair: OpenPair, output: Output) -> None:
    with open_pair(input, context) as pair:
        output.schema_failures = pair.failures
        if pair.source is None:
            engine = engine_of(input.source)
            output.not_executed_because = f"there is no {engine} server for a sample ({SCRATCH_OPTION}.{engine})"
            return
        output.executed, output.sample_rows = True, pair.rows
        total = len(output.translations)
        for place, made in enumerate(output.translations):
            if context.cancelled():
                output.not_executed_because = "cancelled"
                break
            output.translations[place] = execute(made, pair.source, pair.target, input.limit)
            context.progress(Progress("translate", made.name, place + 1, total))


def _settle(translations: list[Translation]) -> None:
    """A transpiled text that nobody ran is no translation to rely on."""
    for made in translations:
        if made.method == "transpiled" and made.pure and made.verdict == "NOT_RUN":
            made.verdict = "UNSUPPORTED"
            made.detail = f"{made.warnings[0]} ({made.detail})" if made.warnings else made.detail


def engine_of(reference: DatabaseRef) -> str:
    """The engine of a reference; UsageError where neither url nor type says it."""
    if reference.type:
        return reference.type
    if reference.url:
        return parse(reference.url).engine
    raise UsageError("INPUT_INCOMPLETE", "A database has neither a url nor a type.", "Give one of them.")


def gather(input: Input, engine: str) -> list[WorkloadStatement]:
    """Statements as given, split where a text holds several, then those of the files."""
    found: list[WorkloadStatement] = []
    for place, given in enumerate(input.statements):
        if isinstance(given, WorkloadStatement):
            found.append(given)
        else:
            found += split_workload(given, engine, f"statement {place + 1}")
    for name in input.files:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                "WORKLOAD_UNREADABLE", f"The workload file {name} can't be read: {error}.", "Give a UTF-8 text file."
            ) from error
        found += split_workload(text, engine, name)
    return found
