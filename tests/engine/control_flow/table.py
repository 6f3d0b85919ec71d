"""The table of this folder's README: `python -m engine.control_flow.table` in `tests` writes it."""

from pathlib import Path

from engine.control_flow.composition import ORDER
from engine.control_flow.conformance import CONFORMANCE
from engine.control_flow.failures import FAILURES, RACES
from engine.control_flow.flow import Flow
from engine.control_flow.loops import LOOPS
from engine.control_flow.samples import SAMPLES

FLOWS: list[Flow] = [*ORDER, *LOOPS, *FAILURES, *RACES, *CONFORMANCE, *SAMPLES]
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
    ("Step Functions sample", "quorum-with-parallel-pattern: go on after two of three", "a race has one winner"),
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


def readme() -> str:
    """The text of the README."""
    rows: list[tuple[str, str, str]] = [(flow.product, flow.feature, flow.how) for flow in FLOWS]
    rows += ELSEWHERE
    rows += [(product, feature, f"out of scope: {why}") for product, feature, why in OUT_OF_SCOPE]
    lines = [f"| {product} | {feature} | {how} |" for product, feature, how in sorted(rows)]
    exactly = sum(flow.how == "exactly" for flow in FLOWS) + len(ELSEWHERE)
    sources = "\n".join(f"- {product}: {where}" for product, where in SOURCES.items())
    head = f"""\
# Control flow of other products

Each row is a feature that the public documentation of a product describes. The workflows are written anew in this
folder as data; `test_control_flow.py` compiles each without a warning, runs it, resumes it from several moments, and
plans its rerun. {exactly} are said exactly, {len(rows) - len(OUT_OF_SCOPE) - exactly} with a workaround,
{len(OUT_OF_SCOPE)} are out of scope.

{sources}

| product | feature | |
|---|---|---|
"""
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(readme(), encoding="utf-8")
