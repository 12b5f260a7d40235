"""The migration as an Airflow DAG: a thin file that calls dbmo's commands in order."""

from __future__ import annotations

import re

from skills.data_engineering_pipeline_designer.stage_plan import Plan

PATH = "airflow/dag.py"

# Task, command, how often Airflow may run it again: only execute goes on where it stopped.
TASKS = (
    ("assess", "dbmo assess", 1),
    ("plan", "dbmo plan", 1),
    ("execute", "dbmo execute", 3),
    ("validate", "dbmo validate", 1),
    ("report", "dbmo report", 1),
    ("audit", "dbmo audit", 1),
)

TEMPLATE = '''"""{title}

Written by dbmo. The variable dbmo_migrations names the folder that holds the migration's own folder.
`execute` ends with an error until a person has approved the plan: run `dbmo approve` there, then clear the task.
"""

import datetime

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2 without the standard provider
    from airflow.models.dag import DAG
    from airflow.operators.bash import BashOperator

FOLDER = {folder}

with DAG(
    dag_id={dag_id},
    schedule=None,
    start_date=datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["dbmo", {strategy}],
) as dag:
{tasks}

    {chain}
'''


def write_dag(plan: Plan) -> str:
    """The text of the DAG; it holds no address and no secret, those stay with the request."""
    name = re.sub(r"[^a-z0-9_-]", "-", plan.design.name.lower())
    title = f"{name}: {plan.source} to {plan.target}, {plan.strategy}."
    tasks = [
        f"    {task} = BashOperator(task_id={task!r}, bash_command={_command(command)!r} + FOLDER, retries={retries})"
        for task, command, retries in TASKS
    ]
    return TEMPLATE.format(
        title=re.sub(r'["\\]', "'", title),
        folder=repr("'{{ var.value.dbmo_migrations }}/" + name + "'"),
        dag_id=repr(f"dbmo-{name}"),
        strategy=repr(plan.strategy),
        tasks="\n".join(tasks),
        chain=" >> ".join(task for task, _, _ in TASKS),
    )


def _command(command: str) -> str:
    return command + " "
