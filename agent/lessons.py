"""Lessons and tasks that follow from what happened; each appears only where its fact is there, with its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from agent.report.decisions import IN_TARGET
from agent.report.facts import Facts
from agent.report.sections_plan import SAME_WORK, stage_pairs
from agent.report.words import about, bare, counted, duration, listed, number

SLOW_SHARE = 0.4  # a stage that takes this part of the execution is worth a sentence
SLOW_SECONDS = 1.0
PREDICTION_FACTOR = 2.0  # off by more than this either way
REASONS_TOLD = 20

Rule = Callable[[Facts], Iterator[str]]


def lessons_learned(facts: Facts) -> list[str]:
    """What this migration taught, in the order in which it happened."""
    return [sentence for rule in LESSONS for sentence in rule(facts)]


def _set_aside(facts: Facts) -> Iterator[str]:
    reasons = Counter((e["table"], e["reason"], e["action"]) for e in facts.quarantined)
    for (table, reason, action), count in reasons.most_common(REASONS_TOLD):
        yield (
            f"{bare(table)}: {reason}, {counted(count, 'row' if action == 'row_withheld' else 'value')}; kept in "
            f"quarantine with the key, "
            f"{IN_TARGET.get(action, action)}."
        )


def _waived(facts: Facts) -> Iterator[str]:
    for waiver in (facts.gates or {}).get("waivers", []):
        yield f"Done without {waiver['of']}: waived by {waiver['by']} ({waiver['reason']})."
    omissions = facts.plan.omissions if facts.plan else []
    for accepted in facts.request.options.accept:
        met = [o for o in omissions if accepted.covers(o.object, o.kind)]
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
    told = []
    for pair in stage_pairs(facts):
        predicted, measured = pair["predicted"], pair["measured"]
        if pair["name"] not in SAME_WORK or predicted is None or not measured or facts.execution is None:
            continue
        wrong = max(predicted, measured) > PREDICTION_FACTOR * min(predicted, measured)
        if wrong and abs(predicted - measured) >= SLOW_SECONDS:
            told.append(f"{pair['name'].replace('_', ' ')} {about(predicted)} against {duration(measured)}")
    if told:
        yield f"Predictions were off by more than a factor of {PREDICTION_FACTOR:g}: {', '.join(told)}."


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
            f"{counted(len(again), 'chunk')} copied again" + (f" ({listed(again)})." if again else ".")
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
