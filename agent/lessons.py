"""Lessons and tasks that follow from what happened; each appears only where its fact is there, with its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from fnmatch import fnmatchcase

from agent.clock import parse_moment
from agent.report.decisions import IN_TARGET, Decisions
from agent.report.facts import Facts
from agent.report.sections_plan import SAME_WORK, stage_pairs
from agent.report.words import bare, counted, duration, listed, number

SLOW_SHARE = 0.4  # a stage that takes this part of the execution is worth a sentence
SLOW_SECONDS = 1.0
PREDICTION_FACTOR = 2.0  # off by more than this either way
REGRESSION_PERCENT = -20.0
KEEP_SOURCE_DAYS = 14  # this project's own choice: two weekly cycles of use before the source may go

Rule = Callable[[Facts], Iterator[str]]


def lessons_learned(facts: Facts) -> list[str]:
    """What this migration taught, in the order in which it happened."""
    return [sentence for rule in LESSONS for sentence in rule(facts)]


def post_migration_tasks(facts: Facts) -> list[str]:
    """What a person still has to do, the most pressing first."""
    return [sentence for rule in TASKS for sentence in rule(facts)]


def _set_aside(facts: Facts) -> Iterator[str]:
    reasons = Counter((e["table"], e["reason"], e["action"]) for e in facts.quarantined)
    for (table, reason, action), count in reasons.most_common():
        yield (
            f"{bare(table)}: {reason}, {counted(count, 'time')}; kept in quarantine with the key, "
            f"{IN_TARGET.get(action, action)}."
        )


def _waived(facts: Facts) -> Iterator[str]:
    for waiver in (facts.gates or {}).get("waivers", []):
        yield f"Done without {waiver['of']}: waived by {waiver['by']} ({waiver['reason']})."
    omissions = facts.plan.omissions if facts.plan else []
    for accepted in facts.request.options.accept:
        met = [o for o in omissions if fnmatchcase(o.object, accepted.object) and accepted.kind in (None, o.kind)]
        if met:
            told = listed([f"{o.kind} {bare(o.object)}" for o in met])
            yield f"{accepted.by} accepted that {counted(len(met), 'object')} stay behind ({told}): {accepted.reason}."


def _slow(facts: Facts) -> Iterator[str]:
    if facts.execution is None:
        return
    stages = Counter[str]()
    for stretch in facts.stretches:
        if stretch.name in ("pre_data", "copy", "post_data", "sequences", "statistics"):
            stages[stretch.name] += stretch.seconds  # type: ignore[assignment]
    total = sum(stages.values())
    for name, seconds in stages.most_common(1):
        if seconds >= SLOW_SECONDS and seconds / total >= SLOW_SHARE:
            slowest = _slowest(facts, name)
            share = seconds / total * 100
            yield f"Stage {name} took {duration(seconds)}, {share:.0f} % of the execution{slowest}."


def _slowest(facts: Facts, stage: str) -> str:
    if facts.execution is None:
        return ""
    if stage == "copy" and facts.copied:
        table = max(facts.copied, key=lambda t: t.seconds)
        return f"; the longest table was {bare(table.name)} with {duration(table.seconds)}"
    kinds = {s.id: s.stage for s in facts.plan.move.statements} if facts.plan and facts.plan.move else {}
    steps = [step for step in facts.execution["steps"] if kinds.get(step["id"]) == stage]
    if not steps:
        return ""
    step = max(steps, key=lambda s: s["seconds"])
    return f"; the longest step was {step['id']} with {duration(step['seconds'])}"


def _predictions(facts: Facts) -> Iterator[str]:
    for pair in stage_pairs(facts):
        predicted, measured = pair["predicted"], pair["measured"]
        if pair["name"] not in SAME_WORK or not predicted or not measured or facts.execution is None:
            continue
        if max(predicted / measured, measured / predicted) > PREDICTION_FACTOR:
            yield (
                f"Stage {pair['name']} was predicted with {duration(predicted)} and took {duration(measured)}: "
                "give measured rates to the next plan."
            )


def _interrupted(facts: Facts) -> Iterator[str]:
    runs = len(facts.of_kind("execution started"))
    if runs > 1:
        yield f"The execution was run {runs} times; each run went on where the one before stopped."
    resumed = (facts.execution or {}).get("resumed") or {}
    if resumed.get("kept"):
        yield f"{counted(resumed['kept'], 'finished chunk')} of an earlier run stood and were not copied again."
    if resumed.get("source_changed"):
        again = resumed.get("again", [])
        yield (
            f"The source changed between two runs: {counted(resumed.get('proved', 0), 'chunk')} were proved equal, "
            f"{counted(len(again), 'chunk')} were copied again" + (f" ({listed(again)})." if again else ".")
        )


def _untranslated(facts: Facts) -> Iterator[str]:
    for entry in (facts.translation or {}).get("translations", []):
        if entry["verdict"] in ("REFUTED", "UNSUPPORTED"):
            yield f"{_statement(entry['name'])} was {entry['verdict'].lower()}: {entry['detail'].rstrip('.')}."


def _statement(name: str) -> str:
    kind, _, rest = name.partition(":")
    return f"The translation of view {bare(rest)}" if kind == "view" else f"The translation of query {name}"


def _failures(facts: Facts) -> Iterator[str]:
    """Stops that were overcome; the one that stands is the verdict."""
    latest = facts.latest
    for entry in facts.of_kind("phase"):
        overcome = latest is None or entry.number != latest.number
        if overcome and entry.body["outcome"] in ("failed", "aborted"):
            what = entry.body.get("what", "a person stopped it.")
            yield f"The {entry.body['name']} once stopped with {entry.body['code']}: {what}"


def _faster(facts: Facts) -> Iterator[str]:
    measured = (facts.composed or {}).get("performance") or {}
    percent = measured.get("improvement_percent")
    if percent is None:
        return
    before, after = measured["baseline_metrics"]["median_ms"], measured["current_metrics"]["median_ms"]
    word = "less" if percent >= 0 else "more"
    yield (
        f"The workload takes {abs(percent):.1f} % {word} time on the target: the medians add up to "
        f"{number(before, 1)} ms before and {number(after, 1)} ms after."
    )


def _differing(facts: Facts) -> Iterator[str]:
    for table in (facts.validation or {}).get("tables", []):
        if not table["equal"]:
            count = table["different"] + table["missing"] + table["extra"]
            told = f"{counted(count, 'row')} differ" if count else "the counts differ"
            yield f"Repair {bare(table['name'])}: {told} between source and target; the report names them."
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
            target = decisions.tables[table].target
            yield f"Repair the rows that break {name}{found}, then: ALTER TABLE {target} VALIDATE CONSTRAINT {name}."


def _by_hand(facts: Facts) -> Iterator[str]:
    for omission in facts.plan.omissions if facts.plan else []:
        hours = f" (about {omission.effort_hours:g} h)" if omission.effort_hours else ""
        yield f"Write {omission.kind} {bare(omission.object)} by hand{hours}: {omission.reason}."
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
        yield f"Consider dropping {counted(len(needless), 'needless index', 'needless indexes')}: {listed(needless, 4)}."


def _slower(facts: Facts) -> Iterator[str]:
    for query in ((facts.composed or {}).get("performance") or {}).get("queries", []):
        percent = query["improvement_percent"]
        if percent is not None and percent <= REGRESSION_PERCENT:
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
    source = facts.plan.source.reference if facts.plan else None
    yield (
        f"Keep the source {source or ''} unchanged until {moment.date().isoformat()} ({KEEP_SOURCE_DAYS} days after the "
        "comparison), then decommission it."
    ).replace("  ", " ")


LESSONS: tuple[Rule, ...] = (
    _failures,
    _interrupted,
    _set_aside,
    _waived,
    _untranslated,
    _slow,
    _predictions,
    _faster,
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
