"""The translator: verdicts before and after both sides were run on real scratch copies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engines.errors import UsageError
from skills.context import SkillContext
from skills.query_translator.execute import execute
from skills.query_translator.models import Translation
from skills.query_translator.skill import Input, Output, Pair, run
from tests.skills.moved import WORKLOAD, Moved, moved


@pytest.fixture(scope="module")
def both() -> Iterator[Moved]:
    with moved() as made:
        yield made


def translated(both: Moved, *statements: str, execute: bool = True) -> dict[str, Translation]:
    return {made.name: made for made in output_of(both, *statements, execute=execute).translations}


def output_of(both: Moved, *statements: str, execute: bool = True, given: dict[str, str] | None = None) -> Output:
    input = Input(
        statements=list(statements),
        given=given or {},
        source={"url": both.source_url},
        target={"type": "postgresql"},
        execute=execute,
        tables=both.conversion.tables,
        schema_statements=both.conversion.statements,
    )

    @contextmanager
    def same_pair(input: Input, context: SkillContext) -> Iterator[Pair]:
        yield Pair(both.pair.source, both.pair.target, both.pair.rows, both.pair.failures)

    return run(input, SkillContext(source=both.source), same_pair)


def test_workload_is_tested_on_both_sides(both: Moved) -> None:
    found = translated(both, WORKLOAD)
    assert {name: (made.verdict, made.rows_compared) for name, made in found.items()} == {
        "by maker": ("TESTED", 2),
        "like": ("TESTED", 2),
        "view": ("TESTED", 2),
        "months": ("TESTED", 3),
        "tree": ("TESTED", 5),
    }
    assert (found["like"].method, found["tree"].method) == ("rules", "transpiled")
    assert found["like"].line == 6


def test_nothing_is_tested_without_running(both: Moved) -> None:
    output = output_of(both, WORKLOAD, execute=False)
    assert output.verdicts == {"NOT_RUN": 4, "UNSUPPORTED": 1}
    assert output.not_executed_because == "execution was not asked for"


def test_empty_results_on_both_sides_are_said(both: Moved) -> None:
    [made] = translated(both, "SELECT id FROM goods WHERE id > 99").values()
    assert (made.verdict, made.rows_compared) == ("TESTED", 0)
    assert "both sides gave no rows: the test says little" in made.warnings


def test_difference_is_refuted_with_its_first_row(both: Moved) -> None:
    wrong = Translation(
        name="wrong",
        source="SELECT id FROM makers ORDER BY id",
        target="SELECT id + id / 2 AS id FROM public.makers ORDER BY id",
        verdict="NOT_RUN",
        detail="",
        pure=True,
        order=[0],
    )
    assert both.pair.source is not None
    judged = execute(wrong, both.pair.source, both.pair.target)
    assert judged.verdict == "REFUTED"
    assert judged.counterexample is not None
    assert (judged.counterexample.row, judged.counterexample.source, judged.counterexample.target) == (2, ["2"], ["3"])


@pytest.mark.parametrize(
    ("sql", "verdict", "detail"),
    [
        ("INSERT INTO makers VALUES (9, 'x', NULL)", "NOT_RUN", "it is a statement that writes"),
        ("DELETE FROM goods", "NOT_RUN", "it is a statement that writes"),
        ("SELECT load_extension('x')", "UNSUPPORTED", "load_extension"),
        ("SELECT nosuchfunction(id) FROM goods", "UNSUPPORTED", "nosuchfunction"),
        ("SELECT random()", "UNSUPPORTED", "depends on random"),
        ("SELECT id FROM goods WHERE date('now') > seen_at", "NOT_RUN", "depends on 'now'"),
        ("SELECT id FROM nowhere", "UNSUPPORTED", "the source can't run it"),
    ],
)
def test_statement_that_is_not_comparable_says_why(both: Moved, sql: str, verdict: str, detail: str) -> None:
    [made] = translated(both, sql).values()
    assert detail in made.detail
    assert made.verdict == verdict
    assert made.rows_compared is None


def test_rows_that_the_target_cannot_hold_are_in_neither_copy() -> None:
    schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL);"
    rows = ", ".join(f"({n}, {n})" for n in range(1, 40))
    with moved(schema + f"INSERT INTO t VALUES {rows}, (40, 'forty');") as made:
        output = output_of(made, "SELECT id FROM t ORDER BY id")
    assert output.sample_rows == {"main.t": 39}
    assert [(made.verdict, made.rows_compared) for made in output.translations] == [("TESTED", 39)]


@pytest.mark.parametrize(
    ("text", "verdict", "detail"),
    [
        ("SELECT id FROM public.makers WHERE id < 3 ORDER BY id", "TESTED", "2 rows compared in order"),
        ("SELECT id FROM public.makers ORDER BY id", "REFUTED", "only the target has this row"),
        ("SELECT nothing FROM public.makers", "REFUTED", "the target can't run it"),
        ("SELECT pg_read_file('x')", "NOT_RUN", "pg_read_file"),
        ("SELECT id FROM public.makers WHERE since < now()", "NOT_RUN", "depends on now"),
    ],
)
def test_a_given_text_is_judged_by_running_it(both: Moved, text: str, verdict: str, detail: str) -> None:
    output = output_of(both, "-- name: q\nSELECT id FROM makers WHERE id < 3 ORDER BY id", given={"q": text})
    [made] = output.translations
    assert (made.target, made.method, made.verdict) == (text, "given", verdict)
    assert detail in made.detail


def test_source_is_never_written(both: Moved) -> None:
    translated(both, "DELETE FROM goods", "SELECT count(*) FROM goods")
    assert both.source.query("SELECT count(*) FROM goods") == [(4,)]


def test_unchanged_text_in_one_family_is_proved() -> None:
    given = Input(
        statements=["SELECT lower(name) FROM t", "UPDATE t SET name = ''"],
        source={"type": "postgresql", "version": "12"},
        target={"type": "postgresql", "version": "18"},
    )
    first, second = run(given, SkillContext()).translations
    assert (first.verdict, first.target) == ("PROVED", "SELECT lower(name) FROM t")
    assert (second.verdict, second.method) == ("NOT_RUN", "unchanged")


def test_files_give_names_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "w.sql"
    path.write_text("-- name: one\nSELECT 1;\n\nSELECT ';';\n")
    given = Input(files=[str(path)], source={"type": "postgresql"}, target={"type": "postgresql"})
    assert [(made.name, made.line) for made in run(given, SkillContext()).translations] == [
        ("one", 2),
        (f"{path}:4", 4),
    ]


def test_missing_file_is_refused(tmp_path: Path) -> None:
    given = Input(files=[str(tmp_path / "no.sql")], source={"type": "sqlite"}, target={"type": "postgresql"})
    with pytest.raises(UsageError, match="WORKLOAD_UNREADABLE"):
        run(given, SkillContext())
