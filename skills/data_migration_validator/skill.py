"""Compares two live databases table by table and names every row and column that differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

from engines.errors import UsageError
from engines.protocols import Database
from engines.registry import open_database
from engines.signing import load_key
from skills.context import SkillContext
from skills.data_migration_validator.choice import chosen
from skills.data_migration_validator.comparison import Comparison
from skills.data_migration_validator.model import Input, Output, TableResult
from skills.data_migration_validator.tool import ToolArgs, digest, sections
from transfer.aside import quarantined_on
from transfer.canonical.encoding import Hashing
from transfer.certificate.make import certified_end, certify, check_certifiable
from transfer.certificate.model import Certificate
from transfer.compare.aside_documents import leaving_out
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.pairing import Pairing
from transfer.compare.schema_level import compare_schemas
from transfer.sides.open import open_sides

__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]


def run(input: Input, context: SkillContext) -> Output:
    """Compare, and what was asked for beside it; UsageError for a side without url, or what a level can't give."""
    if input.source.url is None or input.target.url is None:
        raise UsageError("REQUEST_INCOMPLETE", "Both ends need a url.", "Give source.url and target.url.")
    if input.certificate_key is not None:
        check_certifiable(input.level)
        load_key(Path(input.certificate_key))
    with (
        _opened(context.source, input.source.url) as source,
        _opened(context.target, input.target.url) as target,
    ):
        pairing = chosen(input, source.catalog(), target.catalog())
        if input.level == "schema":
            return _schemas(input, source, target, pairing)
        return _rows(input, context, source, target, pairing)


def _rows(input: Input, context: SkillContext, source: Database, target: Database, pairing: Pairing) -> Output:
    assert input.source.url is not None and input.target.url is not None
    stands_in = context.grant is not None and context.grant.stands_in
    with (
        open_sides(input.source.url, input.target.url, stands_in) as (here, there),
        closing(Findings(Path(input.state) if input.state else None)) as findings,
    ):
        aside = quarantined_on(input.target.url, input.migration) if input.migration else []
        pairing = pairing.model_copy(update={"tables": [leaving_out(table, aside) for table in pairing.tables]})
        comparison = Comparison(here, there, pairing, _options(input), aside, findings)
        comparison.compare(context)
        output = _output(input, comparison)
        if input.repair and not output.equal:
            output = _mended(input, context, comparison, output, target)
        if input.certificate_key is not None and output.equal:
            output.certificate = _certificate(input, comparison, source, target)
        return output


def _mended(input: Input, context: SkillContext, comparison: Comparison, output: Output, target: Database) -> Output:
    """The output with the repair; where one was done, of the comparison after it."""
    from skills.data_migration_validator.mending import mend

    plan, done = mend(input, context, comparison, target.catalog())
    if done is not None:
        comparison.again(context)
        output = _output(input, comparison)
    return output.model_copy(update={"repair_plan": plan, "repaired": done})


@contextmanager
def _opened(given: Database | None, url: str) -> Iterator[Database]:
    """The context's database, or one of its own that is closed afterwards."""
    if given is not None:
        yield given
        return
    with closing(open_database(url)) as own:
        yield own


def _options(input: Input) -> Options:
    """The options with a key for all hashes of this comparison, which a certificate has to name."""
    options = input.options()
    options.key = options.key or Hashing.new().key
    options.parts = input.certificate_key is not None
    return options


def _output(input: Input, comparison: Comparison) -> Output:
    results = comparison.results
    return Output(
        equal=all(result.equal for result in results) and not _lost(comparison.pairing),
        level=input.level,
        row_count_match=all(_counts_match(result) for result in results),
        tables=[TableResult.of(result) for result in results],
        rows_compared=sum(result.rows_source or 0 for result in results),
        positions=comparison.positions,
        unpaired=comparison.pairing.unpaired,
        notes=comparison.notes,
        ignored=comparison.pairing.ignored,
    )


def _lost(pairing: Pairing) -> bool:
    return any(item.loses for item in pairing.unpaired)


def _counts_match(result: TableComparison) -> bool:
    if result.rows_source is None or result.rows_target is None:
        return False
    return result.rows_source == result.rows_target + result.withheld


def _schemas(input: Input, source: Database, target: Database, pairing: Pairing) -> Output:
    found = compare_schemas(source, target, pairing.tables)
    return Output(
        equal=not found and not _lost(pairing),
        level=input.level,
        row_count_match=None,
        tables=[],
        rows_compared=0,
        positions={},
        unpaired=pairing.unpaired,
        schema_findings=found,
    )


def _certificate(input: Input, comparison: Comparison, source: Database, target: Database) -> Certificate:
    assert input.source.url and input.target.url and input.certificate_key and comparison.options.key
    return certify(
        list(zip(comparison.pairing.tables, comparison.of_tables, strict=True)),
        certified_end(input.source.url, source, comparison.source.position),
        certified_end(input.target.url, target, comparison.target.position),
        comparison.options.key,
        f"dbmo {version('dbmo')}",
        Path(input.certificate_key),
    )
