"""Runs both sides of each translation on two databases that hold the same rows and compares what they give."""

from __future__ import annotations

from engines.errors import DbmoError
from engines.protocols import Database
from skills.query_translator.models import Translation
from transfer.results import FLOAT_TOLERANCE, compare_results

ROWS_COMPARED = 100_000


def execute(translation: Translation, source: Database, target: Database, limit: int = ROWS_COMPARED) -> Translation:
    """The translation with the verdict that running it gives; the source's own failure leaves it NOT_RUN.

    limit: rows fetched from each side; a result that reaches it is compared only as far, and that is said.
    """
    if not translation.pure or translation.target is None or "depends on" in translation.detail:
        return translation
    try:
        expected = source.run_workload(translation.source, limit)
    except DbmoError as error:
        return _judged(translation, "NOT_RUN", f"the source can't run it: {error.what}")
    try:
        found = target.run_workload(translation.target, limit)
    except DbmoError as error:
        verdict = "UNSUPPORTED" if translation.method == "transpiled" else "REFUTED"
        return _judged(translation, verdict, f"the target can't run it: {error.what}")
    comparison = compare_results(expected, found, translation.order)
    notes = list(comparison.notes)
    rows = min(comparison.rows_source, comparison.rows_target)
    if max(comparison.rows_source, comparison.rows_target) >= limit:
        notes.append(f"only the first {limit} rows were compared")
        if translation.order is None:
            reason = f"more than {limit} rows without ORDER BY can't be compared in part"
            return _judged(translation, "NOT_RUN", reason, notes)
    if not comparison.equal and comparison.difference is not None:
        judged = _judged(translation, "REFUTED", comparison.difference.reason, notes, rows)
        judged.counterexample = comparison.difference
        return judged
    if rows == 0:
        notes.append("both sides gave no rows: the test says little")
    how = "in order" if comparison.ordered else "as a bag"
    detail = f"{rows} rows compared {how}, floats within a relative {FLOAT_TOLERANCE:g}"
    if translation.verdict == "PROVED":
        detail = f"{translation.detail}; {detail}"
    return _judged(translation, "PROVED" if translation.verdict == "PROVED" else "TESTED", detail, notes, rows)


def _judged(
    translation: Translation, verdict: str, detail: str, notes: list[str] | None = None, rows: int | None = None
) -> Translation:
    changes = {
        "verdict": verdict,
        "detail": detail,
        "warnings": [*translation.warnings, *(notes or [])],
        "rows_compared": rows,
    }
    return translation.model_copy(update=changes)
