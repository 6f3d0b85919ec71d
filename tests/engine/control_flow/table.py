"""The table of this folder's README: `python -m engine.control_flow.table`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.control_flow.conformance import CONFORMANCE
from engine.control_flow.failures import FAILURES, RACES
from engine.control_flow.flow import Flow
from engine.control_flow.loops import LOOPS
from engine.control_flow.pipelines import PIPELINES
from engine.control_flow.samples import SAMPLES
from engine.control_flow.state_machines import STATE_MACHINES

FLOWS: list[Flow] = [*PIPELINES, *STATE_MACHINES, *LOOPS, *FAILURES, *RACES, *CONFORMANCE, *SAMPLES]
README = Path(__file__).with_name("README.md")

SOURCES = {
    "Arazzo": "https://spec.openapis.org/arazzo/latest.html",
    "Arazzo example": "https://github.com/OAI/Arazzo-Specification, `examples/1.0.0`",
    "Dagu": "https://docs.dagu.cloud/writing-workflows/",
    "Dagu example": "https://github.com/dagu-org/dagu, `examples`",
    "GitHub Actions": "https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax",
    "Kestra": "https://kestra.io/docs/workflow-components",
    "Serverless Workflow": "https://github.com/serverlessworkflow/specification, `dsl-reference.md`",
    "Serverless Workflow CTK": "https://github.com/serverlessworkflow/specification, `ctk/features`",
    "Step Functions": "https://docs.aws.amazon.com/step-functions/latest/dg/, https://states-language.net",
    "Step Functions sample": "https://github.com/aws-samples/step-functions-workflows-collection, the folder named",
    "Windmill": "https://www.windmill.dev/docs/flows/flow_editor",
}
ELSEWHERE = [
    ("Windmill", "a flow step on a worker group", "exactly: `pool`, in `tests/workers`"),
]
"""Features that need more than the engine."""

OUT_OF_SCOPE = [
    ("Step Functions sample", "quorum-with-parallel-pattern: continue after two of three", "a race has one winner"),
    ("Dagu example", "signalOnStop: another signal than SIGTERM", "a step is asked to end, then killed"),
    ("Arazzo", "goto an earlier step", "there is no goto; `loop` repeats steps"),
    ("Dagu", "schedule, suspend, and restart of a schedule", "runs are started by cron, systemd or a webhook"),
    ("Dagu", "a queue with a number of concurrent runs", "`concurrency` lets one run of a group run at a time"),
    ("GitHub Actions", "services and containers of a job", "a `shell` step may start them"),
    ("GitHub Actions", "environments with protection rules", "an `approval` step asks; who may answer is not checked"),
    ("Kestra", "triggers, and flows that start when another one ends", "as schedules; `workflow` steps call others"),
    ("Kestra", "concurrency limit above 1", "`concurrency` lets one run of a group run at a time"),
    ("Serverless Workflow", "listen to and emit events", "no broker of events"),
    ("Serverless Workflow", "schedule of a workflow", "runs are started by cron, systemd or a webhook"),
    ("Serverless Workflow", "then: exit, end and a task by name", "there is no goto; `when` and `switch` choose"),
    ("Step Functions", "a task with a callback token or heartbeat", "an `approval` step waits for an answer"),
    ("Step Functions", "distributed map over objects in S3", "`maxItems` bounds a list; a record is one database"),
    ("Windmill", "suspend until several people approve", "one person answers an `approval`"),
    ("Windmill", "caching of a step's result over runs", "a rerun reuses the results of one run"),
]


def published(flow: Flow) -> str:
    """The source of a flow: a file that its product publishes, or this workflow."""
    name = flow.feature.partition(":")[0]
    return name if flow.product.endswith((" example", " sample")) else json.dumps(flow.source, sort_keys=True)


def repeated(flows: Sequence[Flow]) -> set[str]:
    """Return the flows that repeat a workflow with other inputs or answers."""
    seen: set[tuple[str, str]] = set()
    found: set[str] = set()
    for flow in flows:
        key = (flow.product, published(flow))
        if key in seen:
            found.add(str(flow))
        seen.add(key)
    return found


def counts() -> Iterator[str]:
    """Yield the rows of the table of products, and their sum."""
    again = repeated(FLOWS)
    total = [0] * 5
    for product in SOURCES:
        flows = [flow for flow in FLOWS if flow.product == product]
        elsewhere = sum(name == product for name, *_ in ELSEWHERE)
        workflows = len(flows) - sum(str(flow) in again for flow in flows) + elsewhere
        workaround = sum(flow.how == "workaround" for flow in flows if str(flow) not in again)
        missing = sum(name == product for name, *_ in OUT_OF_SCOPE)
        row = [len(flows) + elsewhere, workflows, workflows - workaround, workaround, missing]
        total = [one + other for one, other in zip(total, row, strict=True)]
        yield f"| {product} | {' | '.join(map(str, row))} |"
    yield f"| all | {' | '.join(map(str, total))} |"


def readme() -> str:
    """The text of the README."""
    again = repeated(FLOWS)
    rows: list[tuple[str, str, str]] = []
    for flow in FLOWS:
        rows.append((flow.product, flow.feature, f"{flow.how}, a further run" if str(flow) in again else flow.how))
    rows += ELSEWHERE
    rows += [(product, feature, f"out of scope: {why}") for product, feature, why in OUT_OF_SCOPE]
    lines = [f"| {product} | {feature} | {how} |" for product, feature, how in sorted(rows)]
    sources = "\n".join(f"- {product}: {where}" for product, where in SOURCES.items())
    head = f"""\
# Control flow of other products

Each row is a feature that the public documentation of a product describes, or a run of a workflow that it publishes.
The workflows are written anew in this folder as data; `test_control_flow.py` compiles each without a warning, runs it,
resumes it from several moments, and plans its rerun. Some rows are further runs of one workflow, with other inputs or
answers: they are marked, and the columns after "rows" count a workflow once.

The features are our selection. How many workflows in use can be said exactly does not follow from these numbers.

| product | rows | workflows | exactly | with a workaround | out of scope |
|---|---|---|---|---|---|
{chr(10).join(counts())}

{sources}

| product | feature | |
|---|---|---|
"""
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(readme(), encoding="utf-8")
