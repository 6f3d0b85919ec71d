"""Failures and what handles them, as other products document it."""

from typing import Any

from engine.control_flow.flow import Flow, broken, set_


def caught(*clauses: dict[str, Any], id: str = "work", **fields: Any) -> dict[str, Any]:
    return broken(id, catch=list(clauses), **fields)


FAILURES = [
    Flow(
        "Step Functions",
        "Catch with ErrorEquals: the first catcher that matches",
        [
            caught(
                {"on": ["http"], "steps": [set_("net", how="net")]},
                {"on": ["stock"], "steps": [set_("own", how="own")]},
                {"steps": [set_("other", how="other")]},
            )
        ],
        {"how": "own", "status": "failed"},
        statuses={"work": "failed", "work.net": "skipped", "work.own": "completed", "work.other": "skipped"},
        others={"outputs": {"how": "{{ steps.work.output.how }}", "status": "{{ steps.work.status }}"}},
    ),
    Flow(
        "Step Functions",
        "Catch with ResultPath: the error beside the input",
        [caught({"steps": [], "output": {"input": 7, "error": "{{ error.type }}: {{ error.message }}"}})],
        {"got": {"input": 7, "error": "stock.empty: nothing left"}},
        others={"outputs": {"got": "{{ steps.work.output }}"}},
    ),
    Flow(
        "Step Functions",
        "no catcher matches: the state fails",
        [caught({"on": ["http"], "steps": [set_("net", how="net")]}), set_("after", x=1)],
        status="failed",
        error="stock.empty",
        statuses={"work.net": "skipped", "after": "skipped"},
    ),
    Flow(
        "Step Functions",
        "Retry before Catch",
        [
            caught(
                {"steps": [set_("told", tries="{{ error.attempt >= 3 }}")]},
                retry={"maxAttempts": 3, "delay": "1ms"},
            )
        ],
        {"tries": True},
        others={"outputs": {"tries": "{{ steps.work.output.tries }}"}},
    ),
    Flow(
        "Step Functions",
        "Fail state with an error and a cause",
        [broken("stop", "order.refused")],
        status="failed",
        error="order.refused",
    ),
    Flow(
        "Step Functions",
        "Map with a catcher for each item",
        [
            {
                "id": "each",
                "type": "assert",
                "forEach": {"in": "[1, 2, 3]"},
                "input": {"that": "{{ item != 2 }}", "message": "not {{ item }}"},
                "catch": [{"steps": [set_("mend", that="{{ error.message }}")]}],
            }
        ],
        {"all": [{"that": True}, {"that": "not 2"}, {"that": True}]},
        statuses={"each": "completed", "each[1]": "failed", "each[1].mend": "completed", "each[0].mend": "skipped"},
        others={"outputs": {"all": "{{ steps.each.output }}"}},
    ),
    Flow(
        "Serverless Workflow",
        "try ... catch errors with type, as error",
        [
            {
                "id": "attempt",
                "type": "group",
                "steps": [set_("first", n=1), broken("second"), set_("third", n=3)],
                "catch": [{"on": ["stock.empty"], "steps": [set_("handle", was="{{ error.stepId }}")]}],
            }
        ],
        {"was": "second"},
        statuses={"attempt.third": "skipped", "attempt.handle": "completed"},
        others={"outputs": {"was": "{{ steps.attempt.output.was }}"}},
    ),
    Flow(
        "Serverless Workflow",
        "raise an error with type, title and details",
        [
            {
                "id": "refuse",
                "type": "fail",
                "input": {"type": "compliance.error", "message": "not allowed", "details": {"rule": 7}},
                "catch": [{"steps": [], "output": "{{ error.details.rule }}"}],
            }
        ],
        {"rule": 7},
        others={"outputs": {"rule": "{{ steps.refuse.output }}"}},
    ),
    Flow(
        "Serverless Workflow",
        "an error raised again inside catch",
        [
            caught({"steps": [set_("note", n=1), {"id": "again", "type": "fail", "input": {}}]}),
            set_("after", x=1),
        ],
        status="failed",
        error="stock.empty",
        statuses={"work.note": "completed", "work.again": "failed", "after": "skipped"},
    ),
    Flow(
        "Kestra",
        "errors: tasks of a flowable task",
        [
            {
                "id": "block",
                "type": "group",
                "steps": [broken("bad")],
                "catch": [
                    {"steps": [set_("alert", text="{{ error.message }}"), {"id": "on", "type": "fail", "input": {}}]}
                ],
            }
        ],
        status="failed",
        error="stock.empty",
        statuses={"block.alert": "completed"},
    ),
    Flow(
        "Kestra",
        "allowFailure: the flow continues with a warning",
        [broken("bad", onError="continue"), set_("after", was="{{ steps.bad.status }}")],
        {"was": "failed"},
        others={"outputs": {"was": "{{ steps.after.output.was }}"}},
    ),
    Flow(
        "Kestra",
        "finally and afterExecution: tasks that run in any case, with execution.state",
        [broken("bad"), set_("after", x=1)],
        {"state": "failed", "type": "stock.empty"},
        status="failed",
        error="stock.empty",
        others={
            "finally": [set_("tell", state="{{ run.status }}", type="{{ run.error.type }}")],
            "outputs": {"state": "{{ steps.tell.output.state }}", "type": "{{ steps.tell.output.type }}"},
        },
    ),
    Flow(
        "Dagu",
        "continue_on failure with mark_success",
        [broken("bad", catch=[{"steps": [], "output": None}]), set_("after", x=1)],
        {"x": 1, "bad": None},
        others={"outputs": {"x": "{{ steps.after.output.x }}", "bad": "{{ steps.bad.output }}"}},
    ),
    Flow(
        "Dagu",
        "continue_on exit_code",
        [
            {
                "id": "grep",
                "type": "shell",
                "input": {"script": "exit 1"},
                "catch": [{"on": ["exit_code.1"], "steps": [], "output": {"found": False}}],
            }
        ],
        {"found": False},
        others={"outputs": {"found": "{{ steps.grep.output.found }}"}},
    ),
    Flow(
        "Dagu",
        "handler_on failure and exit",
        [broken("bad")],
        {"told": "bad"},
        status="failed",
        error="stock.empty",
        statuses={"cheer": "skipped"},
        others={
            "finally": [
                set_("tell", step="{{ run.error.stepId }}", when_="run.status == 'failed'"),
                set_("cheer", x=1, when_="run.status == 'completed'", needs_=[]),
            ],
            "outputs": {"told": "{{ steps.tell.output.step }}"},
        },
    ),
    Flow(
        "Windmill",
        "error handler of a flow step, whose result replaces it",
        [caught({"steps": [set_("mend", value=4)]}), set_("after", v="{{ steps.work.output.value }}")],
        {"v": 4},
        others={"outputs": {"v": "{{ steps.after.output.v }}"}},
    ),
    Flow(
        "Windmill",
        "an error handler that fails: its error, with the first as its cause",
        [caught({"steps": [broken("worse", "handler.broken")]})],
        {"cause": "stock.empty"},
        status="failed",
        error="handler.broken",
        others={
            "finally": [set_("look", cause="{{ steps.work.error.cause.type }}")],
            "outputs": {"cause": "{{ steps.look.output.cause }}"},
        },
    ),
    Flow(
        "Windmill",
        "continue on error, the error as the result",
        [
            caught({"steps": [], "output": {"error": "{{ error.message }}"}}),
            set_("after", e="{{ steps.work.output.error }}"),
        ],
        {"e": "nothing left"},
        others={"outputs": {"e": "{{ steps.after.output.e }}"}},
    ),
    Flow(
        "GitHub Actions",
        "continue-on-error with steps.x.outcome",
        [broken("lint", onError="continue"), set_("after", outcome="{{ steps.lint.status }}")],
        {"outcome": "failed"},
        others={"outputs": {"outcome": "{{ steps.after.output.outcome }}"}},
    ),
    Flow(
        "GitHub Actions",
        "if: failure()",
        [
            broken("build"),
            set_("report", needs_=["build"], join_="any_failed", x=1),
            set_("deploy", needs_=["build"], x=1),
        ],
        status="failed",
        error="stock.empty",
        statuses={"report": "completed", "deploy": "skipped"},
    ),
    Flow(
        "GitHub Actions",
        "if: always()",
        [broken("build"), set_("upload", needs_=["build"], join_="all_done", x=1)],
        status="failed",
        error="stock.empty",
        statuses={"upload": "completed"},
    ),
    Flow(
        "Arazzo",
        "onFailure: goto another step",
        [
            caught({"on": ["stock"], "steps": [set_("order", from_elsewhere=True)]}),
            set_("ship", x="{{ steps.work.output.from_elsewhere | default(false) }}"),
        ],
        {"x": True},
        others={"outputs": {"x": "{{ steps.ship.output.x }}"}},
    ),
    Flow(
        "Arazzo",
        "onFailure: end the workflow",
        [caught({"on": ["http"], "steps": []}), set_("ship", x=1)],
        status="failed",
        error="stock.empty",
        statuses={"ship": "skipped"},
    ),
]

RACES = [
    Flow(
        "Serverless Workflow",
        "fork ... compete: true",
        [
            {
                "id": "quick",
                "type": "race",
                "branches": [
                    {
                        "name": "slow",
                        "steps": [{"id": "nap", "type": "delay", "input": {"for": "1h"}}, set_("late", who="slow")],
                    },
                    {"name": "fast", "steps": [set_("now", who="fast")]},
                ],
            }
        ],
        {"branch": "fast", "who": "fast"},
        statuses={"quick.nap": "cancelled", "quick.late": "skipped"},
        others={"outputs": {"branch": "{{ steps.quick.output.branch }}", "who": "{{ steps.quick.output.output.who }}"}},
    ),
    Flow(
        "Serverless Workflow",
        "fork ... compete with a branch that fails first",
        [
            {
                "id": "quick",
                "type": "race",
                "branches": [
                    {"name": "bad", "steps": [broken("no")]},
                    {"name": "good", "steps": [set_("yes", v=1)]},
                ],
            }
        ],
        {"branch": "good"},
        statuses={"quick.no": "failed"},
        others={"outputs": {"branch": "{{ steps.quick.output.branch }}"}},
    ),
    Flow(
        "Serverless Workflow",
        "fork ... compete in which every branch fails",
        [
            {
                "id": "quick",
                "type": "race",
                "branches": [{"name": "one", "steps": [broken("a")]}, {"name": "two", "steps": [broken("b", "b.bad")]}],
            }
        ],
        {"types": ["stock.empty", "b.bad"]},
        status="failed",
        error="race.failed",
        others={
            "finally": [
                set_(
                    "look",
                    one="{{ steps.quick.error.details.branches.one.type }}",
                    two="{{ steps.quick.error.details.branches.two.type }}",
                )
            ],
            "outputs": {"types": "{{ [steps.look.output.one, steps.look.output.two] }}"},
        },
    ),
    Flow(
        "Kestra",
        "a time limit by a racing Pause",
        [
            {
                "id": "limit",
                "type": "race",
                "branches": [
                    {"name": "work", "steps": [{"id": "forever", "type": "delay", "input": {"for": "1h"}}]},
                    {"name": "clock", "steps": [{"id": "tick", "type": "delay", "input": {"for": "5ms"}}]},
                ],
            }
        ],
        {"branch": "clock"},
        others={"outputs": {"branch": "{{ steps.limit.output.branch }}"}},
    ),
]
