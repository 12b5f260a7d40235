"""Phase 2: schema, translations and design, each as a step, become one plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from agent.adoption import adopt
from agent.overrides import Chosen, sort_out, unknown
from agent.phases import COMPARATOR, DESIGNER, TRANSLATOR
from agent.plan import Plan
from agent.plan_artifacts import keep_omissions, write_artifacts
from agent.plan_assemble import assemble, declared_plan
from agent.plan_design import design
from agent.plan_draft import Draft, compare, settle, translate, view_target
from agent.prechecks import check_plan, check_version
from agent.steps import PhaseSteps
from agent.target_checks import check_target
from engines.catalog import Model
from engines.protocols import Database

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.data_engineering_pipeline_designer.models import Output as Design
    from skills.query_translator.skill import Output as Translated
    from skills.schema_comparator.skill import Output as Compared


class PlanningSteps(PhaseSteps):
    """Compare, translate, design; the abort conditions are looked at between translation and design."""

    def __init__(self, run: Orchestrator, source: Database, target: Database | None) -> None:
        work: dict[str, Callable[[], Model]] = {
            COMPARATOR: self._compare,
            TRANSLATOR: self._translate,
            DESIGNER: self._design,
        }
        super().__init__("planning", work)
        self.migration, self.source, self.target = run, source, target
        self.version = run.ends.plan_version(target)

    def finish(self) -> Plan:
        """The plan, its artifacts written."""
        made = cast("Design", self.run(DESIGNER))
        draft = self._draft()
        plan = assemble(self.migration, self.source, self.target, self.version, draft, made)
        write_artifacts(self.migration, plan, made, draft.target_catalog)
        return plan

    def _compare(self) -> Compared:
        compared = compare(self.migration, self.source, self.target, self.version)
        self.once.of("chosen", lambda: sort_out(self.migration, self.source, compared))
        return compared

    def _translate(self) -> Translated:
        compared = cast("Compared", self.run(COMPARATOR))
        return translate(self.migration, self.source, compared, self._chosen())

    def _chosen(self) -> Chosen:
        """What a person wrote; looked at as soon as the comparator has said what stays behind."""
        compared = cast("Compared", self.run(COMPARATOR))
        return self.once.of("chosen", lambda: sort_out(self.migration, self.source, compared))

    def _draft(self) -> Draft:
        return self.once.of("draft", self._settle)

    def _settle(self) -> Draft:
        run, compared = self.migration, cast("Compared", self.run(COMPARATOR))
        translated = cast("Translated", self.run(TRANSLATOR))
        home = compared.target_catalog.database if compared.target_catalog else ""
        draft = settle(self.source, compared, translated, lambda name: view_target(run, name, home))
        adopt(run, self.source, compared, translated, self._chosen(), draft)
        return draft

    def _design(self) -> Design:
        draft = self._draft()
        self._check(draft)
        return design(self.migration, self.source.version, self.version, self.source.catalog(), draft)

    def _check(self, draft: Draft) -> None:
        run = self.migration
        keep_omissions(run, draft.omissions)  # a person who is to accept some of them needs them all
        reported = check_plan(run.request, self.source.catalog(), draft.tables, draft.omissions)
        accepted = len(draft.omissions) - len(reported)
        run.folder.journal.append("omissions", {"minor": len(reported), "accepted": accepted})
        if self.target is not None:
            check_target(run, self.target, draft.made())


class DeclaredSteps(PhaseSteps):
    """One step where no source can be read: the design from declared facts."""

    def __init__(self, run: Orchestrator) -> None:
        super().__init__("planning", {DESIGNER: self._design})
        self.migration = run
        for name in run.request.options.overrides.translations or ():
            raise unknown(name, [])
        self.here, self.there = str(run.request.source_database.version), run.ends.plan_version(None)

    def finish(self) -> Plan:
        """The plan, its artifacts written; nothing in it can be executed."""
        made = cast("Design", self.run(DESIGNER))
        plan = declared_plan(self.migration, self.here, self.there, made)
        write_artifacts(self.migration, plan, made, None)
        return plan

    def _design(self) -> Design:
        return design(self.migration, self.here, self.there, None, None)


@contextmanager
def planning_steps(run: Orchestrator) -> Iterator[PlanningSteps | DeclaredSteps]:
    """The steps on both open databases; a target that is not there yet counts as declared."""
    with run.ends.source() as source, run.ends.target() as target:
        if source is None:
            yield DeclaredSteps(run)
            return
        if target is not None:
            check_version("target", target.engine, target.version)
        yield PlanningSteps(run, source, target)
