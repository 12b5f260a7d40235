"""What is left to do after a migration; each task appears only where its fact is there, with its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from agent.clock import parse_moment
from agent.report.decisions import Decisions
from agent.report.facts import Facts
from agent.report.words import bare, counted, duration, listed, number
from conversion.mapping import Omission
from engines.full_names import parts
from engines.postgresql.quoting import quote_identifier, quote_name

REGRESSION_PERCENT = -20.0
REGRESSION_MS = 1.0  # below it the way to a server outweighs what the query does
KEEP_SOURCE_DAYS = 14  # this project's own choice: two weekly cycles of use before the source may go

Rule = Callable[[Facts], Iterator[str]]


def post_migration_tasks(facts: Facts) -> list[str]:
    """What a person still has to do, the most pressing first."""
    return [sentence for rule in TASKS for sentence in rule(facts)]


def _differing(facts: Facts) -> Iterator[str]:
    for table in (facts.validation or {}).get("tables", []):
        if not table["equal"]:
            count = table["different"] + table["missing"] + table["extra"]
            if not count:
                yield f"Compare {bare(table['name'])} again: it could not be compared whole; the report says why."
                continue
            told = f"{counted(count, 'row')} differ between source and target"
            yield f"Repair {bare(table['name'])}: {told}: dbmo validate --repair shows what that would do."
    for difference in facts.differences or []:
        yield f"Correct {difference['kind']} {difference['object']} in the target: {difference['detail']}."
    for view in facts.views or []:
        if view["equal"] is False:
            yield f"Correct view {view['target']}: its rows differ from the source's."


def _quarantine_tasks(facts: Facts) -> Iterator[str]:
    columns = Counter((e["table"], e["column"]) for e in facts.quarantined if e["action"] != "row_withheld")
    for (table, column), count in columns.most_common():
        yield f"Decide about {counted(count, 'value')} of {bare(table)}.{column} in the quarantine table."
    withheld = Counter(e["table"] for e in facts.quarantined if e["action"] == "row_withheld")
    for table, count in withheld.most_common():
        yield f"Give {counted(count, 'withheld row')} of {bare(table)} what the target demands, or drop them for good."


def _references(facts: Facts) -> Iterator[str]:
    if facts.execution is None:
        return
    decisions = Decisions(facts)
    orphans: Counter[str] = Counter()
    for hazard in (facts.assessment or {}).get("hazards", []):
        if hazard["id"] == "orphaned-rows":
            orphans[hazard["object"]] += hazard["count"] or 0
    for table in decisions.tables:
        for name in decisions.not_valid(table):
            found = f" ({counted(orphans[table], 'orphaned row')} found)" if orphans[table] else ""
            owner = quote_name(*parts(decisions.tables[table].target))
            validate = f"ALTER TABLE {owner} VALIDATE CONSTRAINT {quote_identifier(name)}"
            yield f"Repair the rows that break {name}{found}, then: {validate};"


def _by_hand(facts: Facts) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Omission]] = {}
    for omission in facts.plan.omissions if facts.plan else []:
        groups.setdefault((omission.kind, omission.reason), []).append(omission)
    for (kind, reason), same in groups.items():
        hours = sum(omission.effort_hours for omission in same)
        names = listed([bare(omission.object) for omission in same])
        about = f" (about {hours:g} h)" if hours else ""
        yield f"Write {counted(len(same), kind)} by hand{about}: {names}; {reason}."
    for entry in (facts.translation or {}).get("translations", []):
        if entry["verdict"] in ("REFUTED", "UNSUPPORTED") and not entry["name"].startswith("view:"):
            yield f"Rewrite query {entry['name']} for the target."


def _indexes(facts: Facts) -> Iterator[str]:
    if facts.execution is None or facts.assessment is None:
        return
    advice = Counter(index["problem"] for index in facts.assessment["indexes"])
    tables: dict[str, list[str]] = {}
    for index in facts.assessment["indexes"]:
        tables.setdefault(index["problem"], []).append(f"{bare(index['table'])} ({', '.join(index['columns'])})")
    if advice["missing-foreign-key-index"]:
        found = tables["missing-foreign-key-index"]
        yield f"Consider an index for {counted(len(found), 'foreign key')} without one: {listed(found, 4)}."
    needless = tables.get("duplicate-index", []) + tables.get("redundant-index", [])
    if needless:
        told = counted(len(needless), "needless index", "needless indexes")
        yield f"Consider dropping {told}: {listed(needless, 4)}."


def _slower(facts: Facts) -> Iterator[str]:
    for query in ((facts.composed or {}).get("performance") or {}).get("queries", []):
        percent = query["improvement_percent"]
        slower = query["after"]["median_ms"] - query["before"]["median_ms"] if percent is not None else 0.0
        if percent is not None and percent <= REGRESSION_PERCENT and slower >= REGRESSION_MS:
            yield (
                f"Look at query {query['name']}: {number(query['before']['median_ms'], 1)} ms before, "
                f"{number(query['after']['median_ms'], 1)} ms after; on the target {query['after']['bound_by']}."
            )
        if query["results_equal"] is False:
            yield f"Look at query {query['name']}: source and target give other rows."


def _lasting(facts: Facts) -> Iterator[str]:
    if facts.embedded and facts.execution is not None:
        yield (
            "Move the target to a lasting server: the embedded one lives in the migration's folder and runs only "
            "while a command uses it."
        )


def _validate_now(facts: Facts) -> Iterator[str]:
    if facts.execution is not None and facts.validation is None:
        yield "Compare source and target before anything uses the target: dbmo validate."


def _decommission(facts: Facts) -> Iterator[str]:
    if facts.validation is None or not facts.validation["equal"]:
        return
    moment = parse_moment(facts.of_kind("validated")[-1].body["at"]) + timedelta(days=KEEP_SOURCE_DAYS)
    statistics = [s for s in facts.stretches if s.name == "statistics" and s.ended]
    if statistics:
        tables = counted(len(facts.copied), "table")
        yield (
            f"Statistics of {tables} were gathered after the load ({duration(statistics[-1].seconds)}); "
            "gather them again after the first day of real use."
        )
    source = f" {facts.plan.source.reference}" if facts.plan and facts.plan.source.reference else ""
    yield (
        f"Keep the source{source} unchanged until {moment.date().isoformat()} ({KEEP_SOURCE_DAYS} days after "
        "the comparison), then decommission it."
    )


TASKS: tuple[Rule, ...] = (
    _differing,
    _validate_now,
    _quarantine_tasks,
    _references,
    _by_hand,
    _slower,
    _indexes,
    _lasting,
    _decommission,
)
