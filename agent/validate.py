"""Phase 4: rows, schema, views and workload of the target against the source and the plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from agent.clock import now_text
from agent.phases import ANALYZER, BUILDER, COMPOSER, DESIGNER, TRANSLATOR, VALIDATOR
from agent.plan import Plan
from agent.report.diff_page import diff_page
from agent.steps import PhaseSteps
from engines.catalog import Catalog, Model
from engines.errors import DbmoError, UsageError
from engines.families import family
from engines.full_names import parts
from engines.grant import Grant
from engines.protocols import Database
from skills.registry import get_skill
from transfer.moveplan import MovePlan

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

VIEW_ROWS = 100_000


@dataclass(frozen=True)
class Wishes:
    """What a person asks for beside the plan's comparison; the fields are those of the validator's input."""

    values: bool = True
    repair: bool = False
    approve: str | None = None
    deletes: bool = False


class ValidationSteps(PhaseSteps):
    """The validator compares rows; the composer judges rows, schema, views and workload."""

    def __init__(self, run: Orchestrator, plan: Plan, source: Database, target: Database, wishes: Wishes) -> None:
        super().__init__("validation", {VALIDATOR: self._validate, COMPOSER: self._compose})
        self.migration, self.plan, self.source, self.target, self.wishes = run, plan, source, target, wishes

    def finish(self) -> dict[str, Any]:
        """The validator's output as plain data; the journal knows what differed."""
        self.run(COMPOSER)
        compared = self.run(VALIDATOR).model_dump(mode="json")
        self.migration.folder.journal.append(
            "validated",
            {
                "equal": compared["equal"],
                "schema_differences": len(self._differences()),
                "views_differing": [view["name"] for view in self._views() if view["equal"] is False],
                "at": now_text(),
            },
        )
        return compared

    def _validate(self) -> Model:
        skill, run, plan = get_skill(VALIDATOR), self.migration, self.plan
        assert plan.move is not None
        given = {
            "source": {"url": run.ends.source_url},
            "target": {"url": run.ends.target_url},
            **compared_by(plan.move),
            "level": plan.validation_level,
            "migration": plan.migration,
            "certificate_key": run.request.options.certificate_key,
            **asdict(self.wishes),
        }
        context = run.context(self.source, self.target)
        if self.wishes.approve is not None:
            context.grant = Grant(plan.migration, self.target.identity, self.wishes.approve, plan.target.scratch)
        output: Model = skill.run(skill.input.model_validate(given), context)
        self._store(output)
        return output

    def _store(self, output: Any) -> None:
        run = self.migration
        run.store(VALIDATOR, output)
        page = diff_page(output, self.source.display, self.target.display)
        run.folder.artifact("validation/differences.html", page)
        if output.certificate is not None:
            run.folder.artifact("validation/certificate.json", output.certificate.model_dump(mode="json"))
        if output.repaired is not None:
            run.folder.journal.append("repaired", output.repaired.model_dump(mode="json"))

    def _differences(self) -> list[dict[str, Any]]:
        return self.once.of("schema differences", lambda: self._kept("schema-differences", self._schema()))

    def _schema(self) -> list[dict[str, Any]]:
        return schema_differences(self.migration, self.target)

    def _views(self) -> list[dict[str, Any]]:
        return self.once.of("views", lambda: self._kept("views", compare_views(self.plan, self.source, self.target)))

    def _kept(self, name: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.migration.folder.artifact(f"validation/{name}.json", found)
        return found

    def _compose(self) -> Model:
        compared = self.run(VALIDATOR).model_dump(mode="json")
        differences = self._differences()
        self._views()
        return _compose(self.migration, self.plan, self.source, self.target, compared, differences)


def compared_by(move: MovePlan) -> dict[str, Any]:
    """What the validator is told of a plan's mapping: rows beside rows, or rows and documents beside documents."""
    fields = {"tables", "documents", "collections", "renamed_collections", "keys"}
    return move.model_dump(include=fields)


@contextmanager
def validation_steps(run: Orchestrator, plan: Plan, wishes: Wishes) -> Iterator[ValidationSteps]:
    """The steps on both open databases; NOT_EXECUTED where nothing was moved yet."""
    if plan.move is None or run.output(BUILDER) is None:
        raise UsageError("NOT_EXECUTED", "Nothing was moved yet.", f"Run: dbmo execute {run.folder.path}")
    with run.ends.source() as source, run.ends.target() as target:
        assert source is not None and target is not None
        yield ValidationSteps(run, plan, source, target, wishes)


def passed(run: Orchestrator) -> bool:
    """Whether the last validation found nothing that differs: rows, schema, views, criteria."""
    last = run.folder.journal.last("validated")
    composed = run.output(COMPOSER)
    if last is None or composed is None:
        return False
    fine = last.body["equal"] and not last.body["schema_differences"] and not last.body["views_differing"]
    return bool(fine and composed["accepted"])


def schema_differences(run: Orchestrator, target: Database) -> list[dict[str, Any]]:
    """What the target's schema has other than the plan's; the state tables are not looked at."""
    from conversion.diff import diff

    stored = run.folder.read_artifact("planning/target-catalog.json")
    wanted = Catalog.model_validate(stored)
    target.refresh()
    return [difference.model_dump(mode="json") for difference in diff(wanted, target.catalog())]


def compare_views(plan: Plan, source: Database, target: Database) -> list[dict[str, Any]]:
    """Every carried view's rows on both sides; equal is None where one side could not, or may not, run it."""
    from conversion.own_code import own_code
    from transfer.results import compare_results

    if "mongodb" in (source.engine, target.engine):
        detail = "views of documents are not compared"
        return [{"name": n, "target": t, "equal": None, "rows": None, "detail": detail} for n, t in plan.views.items()]
    own = own_code(source.catalog())
    found: list[dict[str, Any]] = []
    for here, there in plan.views.items():
        entry: dict[str, Any] = {"name": here, "target": there, "equal": None, "rows": None, "detail": ""}
        unsafe = own.view_unsafe(here)
        if unsafe is not None:
            found.append({**entry, "detail": f"not run on the source: {unsafe}"})
            continue
        try:
            left = source.run_workload(f"SELECT * FROM {_quoted(source, here)}", VIEW_ROWS)
            right = target.run_workload(f"SELECT * FROM {_quoted(target, there)}", VIEW_ROWS)
        except DbmoError as error:
            found.append({**entry, "detail": error.what})
            continue
        comparison = compare_results(left, right, None)
        reason = comparison.difference.model_dump(mode="json") if comparison.difference else None
        found.append({**entry, "equal": comparison.equal, "rows": comparison.rows_source, "difference": reason})
    return found


def _quoted(database: Database, full_name: str) -> str:
    schema, name = parts(full_name)
    engine = family(database.engine)
    if engine == "sqlite":
        return import_module("engines.sqlite.quoting").quote_identifier(name)  # type: ignore[no-any-return]
    return import_module(f"engines.{engine}.quoting").quote_name(schema, name)  # type: ignore[no-any-return]


def _compose(
    run: Orchestrator,
    plan: Plan,
    source: Database,
    target: Database,
    compared: dict[str, Any],
    differences: list[dict[str, Any]],
) -> Model:
    assert plan.move is not None
    skill = get_skill(COMPOSER)
    translated = run.output(TRANSLATOR) or {"translations": []}
    given = {
        "source": {"type": source.engine, "version": source.version},
        "target": {"type": target.engine, "version": target.version},
        "tables": [table.model_dump() for table in plan.move.tables],
        "counted": counted(plan.move),
        "assessment": run.output(ANALYZER),
        "plan": run.output(DESIGNER),
        "execution": run.output(BUILDER),
        "validation": compared,
        "differences": differences,
        "translations": translated["translations"],
        "limits": _limits(run, plan),
    }
    made: Model = skill.run(skill.input.model_validate(given), run.context(source, target))
    output = run.store(COMPOSER, made)
    for suite in output["suites"]:
        run.folder.artifact(f"validation/{suite['path']}", suite["text"])
    run.folder.artifact("validation/runbook.md", output["runbook"])
    return made


def counted(move: MovePlan) -> list[tuple[str, str]]:
    """Collections and tables beside what counts as many rows or documents; empty without documents on a side."""
    pairs = [(mapping.collection, mapping.root.table) for mapping in move.documents]
    pairs += [(mapping.table, mapping.collection) for mapping in move.collections]
    return pairs + [(parts(source)[1], target) for source, target in move.renamed_collections.items()]


def _limits(run: Orchestrator, plan: Plan) -> dict[str, float]:
    """What the plan accepted; speed is judged only where performance is a goal (specification, "Validation depth")."""
    assert plan.move is not None
    planned = [s for s in plan.move.statements if s.kind == "fk" and s.sql.endswith("NOT VALID")]
    limits: dict[str, float] = {
        "quarantined_values": plan.move.quarantine_limit,
        "unvalidated_references": len(planned),
    }
    if "performance" in run.request.constraints.goals:
        limits["slower"] = 1.0
    return limits
