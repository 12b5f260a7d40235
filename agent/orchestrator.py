"""Runs the phases in order, each from what is stored and to what is stored; a driver orders the work inside one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from agent.assess import assessment_steps
from agent.clock import now_text
from agent.driver import Driver, RulesDriver
from agent.ends import Ends
from agent.execute import execution_steps
from agent.folder import Folder
from agent.incidents import told
from agent.listener import Listener, Silent
from agent.phases import ANALYZER, artifact_of
from agent.plan import Plan
from agent.planning import planning_steps
from agent.standing import TUNING, StandingFile
from agent.steps import Steps
from agent.validate import Wishes, validation_steps
from engines.errors import Aborted, DbmoError, EngineError, UsageError
from engines.protocols import Database
from skills.context import Progress, SkillContext
from transfer.executors import PROCESSES
from transfer.progress import Tell

ORDER = ("assessment", "planning", "execution", "validation")
Show = Callable[[Progress], None]


class Orchestrator:
    """One migration: its folder, its ends, and the phases as methods.

    show is told of progress; interrupt is set by Ctrl-C and looked at between chunks; driver orders the work of a
    phase, listener hears what it says. tell hears every second where a copy stands; executor is where its lanes run.
    reading: what runs now only reads both ends, so Ctrl-C may end it at once.
    """

    def __init__(
        self,
        folder: Folder,
        show: Show = lambda progress: None,
        driver: Driver | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.folder = folder
        self.request = folder.request
        self.ends = Ends(self.request, folder.path)
        self.show = show
        self.driver: Driver = driver or RulesDriver()
        self.listener: Listener = listener or Silent()
        self.interrupt = threading.Event()
        self.reading = False
        self.tell: Tell = StandingFile(folder.path).write
        self.executor = PROCESSES

    def context(self, source: Database | None = None, target: Database | None = None) -> SkillContext:
        """What skills are given; the grant is added by the execution alone."""
        return SkillContext(
            source=source,
            target=target,
            scratch=self.ends.server,
            scratch_servers={str(kind): url for kind, url in self.request.options.scratch.items()},
            workspace=self.folder.path / "scratch",
            progress=self.show,
            journal=self._note,
            cancelled=self.interrupt.is_set,
            standing=self.tell,
            tuning=self.folder.path / TUNING,
            executor=self.executor,
            migration=self.folder.migration,
        )

    def _note(self, kind: str, body: dict[str, Any]) -> None:
        """Into the journal, and to whoever listens what a person should hear at once."""
        self.folder.journal.append(kind, body)
        for sentence in told(kind, body):
            self.listener.note(sentence)

    @property
    def plan(self) -> Plan | None:
        """The stored plan."""
        data = self.folder.read_json("plan.json")
        try:
            return Plan.model_validate(data) if data is not None else None
        except ValidationError as error:
            raise Aborted(
                "PLAN_EDITED",
                f"plan.json holds no plan of this version ({error.error_count()} mistakes): it was changed by hand.",
                f"Remove {self.folder.path}/plan.json, then run: dbmo plan {self.folder.path}",
            ) from None

    def needed_plan(self) -> Plan:
        """The stored plan, or UsageError NO_PLAN."""
        plan = self.plan
        if plan is None:
            raise UsageError("NO_PLAN", "This migration has no plan yet.", f"Run: dbmo plan {self.folder.path}")
        return plan

    def done(self, phase: str) -> bool:
        """Whether a phase has ended well and nothing began it again since."""
        last = [e.body for e in self.folder.journal.entries("phase") if e.body["name"] == phase]
        return bool(last) and last[-1]["outcome"] == "done"

    def assess(self) -> dict[str, Any]:
        """Phase 1: look at the source; the analyzer's output."""
        with self._phase("assessment"), self._only_reads(), assessment_steps(self) as steps:
            output: dict[str, Any] = self._driven(steps)
            return output

    def make_plan(self) -> Plan:
        """Phase 2: decide everything; the plan is stored and its hash noted."""
        if self.folder.read_artifact(artifact_of(ANALYZER)) is None:
            self.assess()
        with self._phase("planning"), self._only_reads(), planning_steps(self) as steps:
            plan: Plan = self._driven(steps)
            self.folder.write_json("plan.json", plan.model_dump(mode="json"))
            self.folder.journal.append("plan", {"hash": plan.hash, "strategy": plan.strategy})
            return plan

    def execute(self) -> dict[str, Any]:
        """Phase 3: gates, approval, then schema, rows, schema; continues an interrupted run."""
        plan = self.needed_plan()
        with self._phase("execution"), execution_steps(self, plan) as steps:
            output: dict[str, Any] = self._driven(steps)
            return output

    def validate(self, wishes: Wishes | None = None) -> dict[str, Any]:
        """Phase 4: prove it, and what a person wishes beside it; the validator's output."""
        plan = self.needed_plan()
        with self._phase("validation"), validation_steps(self, plan, wishes or Wishes()) as steps:
            output: dict[str, Any] = self._driven(steps)
            return output

    def report(self) -> Any:
        """The contract and both reports from what is stored; the contract."""
        from agent.audit import content_hash
        from agent.report.build import write_report

        contract = write_report(self)
        digest = content_hash(contract.model_dump(mode="json"))
        noted = self.folder.journal.last("contract")
        if noted is None or noted.body["sha256"] != digest:
            self.folder.journal.append("contract", {"sha256": digest})
        return contract

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Write the reports when the work was stopped; what stopped it is what a person gets to see."""
        try:
            yield
        except BaseException:
            try:
                self.report()
            except DbmoError as error:
                self.folder.journal.append("report failed", {"code": error.code, "what": error.what})
            raise

    def output(self, skill: str) -> dict[str, Any] | None:
        """A skill's stored output."""
        found: dict[str, Any] | None = self.folder.read_artifact(artifact_of(skill))
        return found

    def store(self, skill: str, output: Any) -> dict[str, Any]:
        """Keep a skill's output as an artifact; the same as plain data."""
        data: dict[str, Any] = output.model_dump(mode="json")
        self.folder.artifact(artifact_of(skill), data)
        return data

    def _driven(self, steps: Steps) -> Any:
        """The phase's result: what the driver left out is done by finish(), what failed under it fails here."""
        self.driver.drive(self, steps)
        return steps.finish()

    @contextmanager
    def _only_reads(self) -> Iterator[None]:
        self.reading = True
        try:
            if self.interrupt.is_set():  # asked for while the phase before came to its end
                raise EngineError("INTERRUPTED", "You stopped the command.", "Run it again to go on where it stopped.")
            yield
        finally:
            self.reading = False

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        note = self.folder.journal.append
        note("phase", {"name": name, "outcome": "running", "at": now_text()})
        try:
            yield
        except DbmoError as error:
            outcome = "failed" if error.exit_status in (1, 4) else "aborted"
            note("phase", {"name": name, "outcome": outcome, "at": now_text(), "code": error.code, "what": error.what})
            raise
        except KeyboardInterrupt:
            note("phase", {"name": name, "outcome": "failed", "at": now_text(), "code": "INTERRUPTED"})
            raise
        note("phase", {"name": name, "outcome": "done", "at": now_text()})
