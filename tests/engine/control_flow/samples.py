"""Whole published workflows, with their control flow and without their services.

`Flow.product` names the product and the file: `aws-samples/step-functions-workflows-collection`, the examples of Dagu,
those of Arazzo and of Serverless Workflow.
"""

from typing import Any

from engine.control_flow.flow import TEXT, Flow, broken, given, gives, set_

AWS = "Step Functions sample"
DAGU = "Dagu example"


def check(id: str, name: str, **own: Any) -> dict[str, Any]:
    """A task that fails when `inputs.broken` names it."""
    message = f"{name} is not available"
    return {
        "id": id,
        "type": "assert",
        **own,
        "input": {"that": f"{{{{ inputs.broken != '{id}' }}}}", "message": message},
    }


RAISE = {"type": "fail", "input": {}}


def trip() -> dict[str, Any]:
    """Each reservation is undone, in reverse order, when a later one fails."""
    paid = {
        "id": "with_car",
        "type": "group",
        "steps": [check("pay", "payment"), check("confirm_flight", "flight"), check("confirm_car", "car")],
        "catch": [{"steps": [set_("refund", x=1), {"id": "again_1", **RAISE}]}],
    }
    driven = {
        "id": "with_flight",
        "type": "group",
        "steps": [check("car", "car"), paid],
        "catch": [{"steps": [set_("cancel_car", x=1), {"id": "again_2", **RAISE}]}],
    }
    end = {"id": "end", "type": "fail", "input": {"type": "job.failed", "message": "Your travel reservation failed"}}
    return {
        "id": "trip",
        "type": "group",
        "steps": [check("flight", "flight"), driven],
        "catch": [{"steps": [set_("cancel_flight", x=1), set_("sms", text="failed"), end]}],
    }


def poll(name: str) -> dict[str, Any]:
    done = f"inputs.finishes == '{name}' and index == 1"
    step = {"id": f"poll_{name}", "type": "loop", "until": done, "maxIterations": 100_000, "delay": "1ms"}
    return {"name": name, "steps": [step | {"steps": [set_(f"ask_{name}", n="{{ index }}")]}]}


def either() -> list[dict[str, Any]]:
    late = {"id": "wait", "type": "delay", "input": {"for": "{{ inputs.patience }}"}}
    race = {"id": "first", "type": "race", "branches": [{"name": "timeout", "steps": [late]}, poll("one"), poll("two")]}
    cases = [
        {"when": f"steps.first.output.branch == '{name}'", "steps": [set_(f"after_{name}", text=name)]}
        for name in ("one", "two", "timeout")
    ]
    return [race, {"id": "next", "type": "switch", "cases": cases}]


def approval(answer: str) -> list[dict[str, Any]]:
    """Approved, rejected, or an approval that fails: three handlers."""
    ask = {
        "id": "ask",
        "type": "approval",
        "input": {"prompt": "Process it?", "onReject": "continue", "timeout": "1ms", "onTimeout": answer},
        "catch": [{"steps": [], "output": {"approved": None}}],
    }
    ways = (("yes", "== true", "approved"), ("no", "== false", "rejected"))
    cases = [
        {"when": f"steps.ask.output.approved {test}", "steps": [set_(id, result=result)]} for id, test, result in ways
    ]
    default = {"steps": [set_("failure", result="failure")]}
    return [ask, {"id": "handle", "type": "switch", "cases": cases, "default": default}]


def graph(**needs: str) -> list[dict[str, Any]]:
    return [set_(name, needs_=others.split(), done=1) for name, others in needs.items()]


TABLES = graph(
    initialize="",
    copy_tab_1="initialize",
    update_tab_2="copy_tab_1",
    validate_tab_2="update_tab_2",
    load_tab_3="initialize",
    update_tab_3="load_tab_3",
    merge="update_tab_3 validate_tab_2 validate_file",
    check_file="",
    copy_file="check_file",
    validate_file="copy_file",
    calculate="merge",
    report="calculate",
    reconcile="calculate",
    cleaning="reconcile",
)


def phase(number: int) -> dict[str, Any]:
    """Wait for an external answer for a while; all phases share the timeout handling."""
    return {"id": f"phase_{number}", "type": "delay", "timeout": "5ms", "input": {"for": "{{ inputs.wait }}"}}


PHASES: dict[str, Any] = {
    "id": "phases",
    "type": "group",
    "steps": [phase(1), phase(2), phase(3)],
    "catch": [{"on": ["timeout"], "steps": [set_("timed_out", at="{{ error.stepId }}")]}],
}
BNPL: list[dict[str, Any]] = [
    set_("check", products="{{ inputs.products }}", eligibility="{{ inputs.eligibility }}"),
    set_("terms", when_="steps.check.output.products | length > 0", text="terms"),
    set_("customer", needs_=["terms"], when_="steps.check.output.eligibility", link="/customers/1"),
    set_(
        "transaction",
        needs_=["terms", "customer"],
        join_="none_failed",
        when_="steps.terms.status == 'completed'",
        who="{{ steps.customer.output.link | default('known') }}",
    ),
    set_("update", needs_=["transaction"], status="Completed"),
]

SAMPLES = [
    Flow(
        AWS,
        "saga-pattern: everything is confirmed",
        [trip(), set_("sms_success", text="successful")],
        {"sms": "successful"},
        inputs={"broken": "nothing"},
        statuses={"trip": "completed", "trip.cancel_flight": "skipped"},
        others=given(broken=TEXT) | gives(sms="{{ steps.sms_success.output.text }}"),
    ),
    Flow(
        AWS,
        "saga-pattern: a later step fails, all is taken back in the opposite order",
        [trip(), set_("sms_success", text="successful")],
        status="failed",
        error="job.failed",
        inputs={"broken": "confirm_car"},
        statuses={
            "trip.with_flight.with_car.refund": "completed",
            "trip.with_flight.cancel_car": "completed",
            "trip.cancel_flight": "completed",
            "trip.sms": "completed",
            "sms_success": "skipped",
        },
        others=given(broken=TEXT),
    ),
    Flow(
        AWS,
        "saga-pattern: the first step fails, only it is taken back",
        [trip(), set_("sms_success", text="successful")],
        status="failed",
        error="job.failed",
        inputs={"broken": "flight"},
        statuses={"trip.with_flight": "skipped", "trip.cancel_flight": "completed"},
        others=given(broken=TEXT),
    ),
    Flow(
        AWS,
        "pagination-loop: pages until there is no next token",
        [
            {
                "id": "pages",
                "type": "loop",
                "until": "steps.page.output.next is none",
                "maxIterations": 10,
                "steps": [
                    set_(
                        "page",
                        token="{{ previous.next if previous else none }}",
                        next="{{ index + 1 if index < 2 else none }}",
                    )
                ],
            }
        ],
        {"last": 2},
        others=gives(last="{{ steps.pages.output.token }}"),
    ),
    Flow(
        AWS,
        "either-or-parallel-pattern: the second of two processes ends first",
        either(),
        {"branch": "two"},
        inputs={"finishes": "two", "patience": "1h"},
        statuses={"next.after_two": "completed", "next.after_one": "skipped", "next.after_timeout": "skipped"},
        others=given(finishes=TEXT, patience=TEXT) | gives(branch="{{ steps.next.output.text }}"),
    ),
    Flow(
        AWS,
        "either-or-parallel-pattern: none of them ends in time",
        either(),
        {"branch": "timeout"},
        inputs={"finishes": "none", "patience": "20ms"},
        others=given(finishes=TEXT, patience=TEXT) | gives(branch="{{ steps.next.output.text }}"),
    ),
    Flow(
        AWS,
        "explicit-failure-with-parallel-states: all branches end, then the failure is raised",
        [
            set_("success", needs_=[], x=1),
            broken("quick", needs=[], onError="continue"),
            {
                "id": "evaluate",
                "type": "fail",
                "needs": ["success", "quick"],
                "when": "steps.quick.error is not none",
                "input": {"type": "{{ steps.quick.error.type }}", "message": "{{ steps.quick.error.message }}"},
            },
        ],
        status="failed",
        error="stock.empty",
        statuses={"success": "completed"},
    ),
    Flow(
        AWS,
        "chain-of-responsibility: each handler is tried again, and takes its share",
        [
            set_("fifty", notes="{{ inputs.amount // 50 }}", rest="{{ inputs.amount % 50 }}"),
            set_("twenty", notes="{{ steps.fifty.output.rest // 20 }}", rest="{{ steps.fifty.output.rest % 20 }}"),
            set_("ten", notes="{{ steps.twenty.output.rest // 10 }}", rest="{{ steps.twenty.output.rest % 10 }}"),
        ],
        {"notes": [3, 1, 1]},
        inputs={"amount": 180},
        others={
            "defaults": {"retry": {"maxAttempts": 4, "delay": "1ms", "backoff": 2}},
            **given(amount={"type": "integer"}),
            **gives(notes="{{ [steps.fifty.output.notes, steps.twenty.output.notes, steps.ten.output.notes] }}"),
        },
    ),
    Flow(
        AWS,
        "common-fallback-state: one fallback for several tasks, which learns the one that failed",
        [
            {
                "id": "all",
                "type": "group",
                "steps": [set_("first", x=1), broken("second"), set_("third", x=3)],
                "catch": [{"steps": [set_("fallback", failed="{{ error.stepId }}")]}],
            }
        ],
        {"failed": "second"},
        statuses={"all.third": "skipped"},
        others=gives(failed="{{ steps.all.output.failed }}"),
    ),
    Flow(
        AWS,
        "circuit-breaker: phases that share one way out when an answer is late",
        [PHASES],
        {"at": "phase_1"},
        inputs={"wait": "1h"},
        statuses={"phases.phase_2": "skipped"},
        others=given(wait=TEXT) | gives(at="{{ steps.phases.output.at }}"),
    ),
    Flow(
        AWS,
        "human-in-the-loop: approved",
        approval("approve"),
        {"result": "approved"},
        others=gives(result="{{ steps.handle.output.result }}"),
    ),
    Flow(
        AWS,
        "human-in-the-loop: rejected",
        approval("reject"),
        {"result": "rejected"},
        others=gives(result="{{ steps.handle.output.result }}"),
    ),
    Flow(
        AWS,
        "human-in-the-loop: the approval itself fails",
        approval("fail"),
        {"result": "failure"},
        others=gives(result="{{ steps.handle.output.result }}"),
    ),
    Flow(
        AWS,
        "scatter-gather: quotes of all providers, with the errors among them",
        [
            {
                "id": "quotes",
                "type": "assert",
                "forEach": {"in": "['a', 'b', 'c']", "as": "provider", "maxParallel": 3},
                "input": {"that": "{{ provider != 'b' }}"},
                "catch": [{"steps": [set_("note", quote="{{ error.type }}")]}],
            }
        ],
        {"quotes": [{"that": True}, {"quote": "assertion"}, {"that": True}]},
        others={"timeout": "5m", **gives(quotes="{{ steps.quotes.output }}")},
    ),
    Flow(
        DAGU,
        "complex_dag: a graph with two beginnings and two ends",
        TABLES,
        statuses=dict.fromkeys(("merge", "report", "cleaning"), "completed"),
    ),
    Flow(
        DAGU,
        "example: the same, with a handler that runs at the end",
        [*TABLES[:3], broken("lost", needs=["update_tab_2"])],
        status="failed",
        error="stock.empty",
        statuses={"finished": "completed"},
        others={"finally": [set_("finished", text="finished")]},
    ),
    Flow(
        DAGU,
        "conditional steps by a parameter",
        [
            set_("start", x=1),
            set_("foo", needs_=["start"], when_="inputs.word == 'foo'", x=1),
            set_("bar", needs_=["start"], when_="inputs.word == 'bar'", x=1),
        ],
        statuses={"foo": "completed", "bar": "skipped"},
        others={"inputSchema": {"type": "object", "properties": {"word": {"type": "string", "default": "foo"}}}},
    ),
    Flow(
        "Arazzo example",
        "bnpl: a new customer, whose eligibility is checked",
        BNPL,
        {"status": "Completed", "who": "/customers/1"},
        inputs={"products": ["a"], "eligibility": True},
        others=given(products={"type": "array"}, eligibility={"type": "boolean"})
        | gives(status="{{ steps.update.output.status }}", who="{{ steps.transaction.output.who }}"),
    ),
    Flow(
        "Arazzo example",
        "bnpl: a known customer goes directly to the transaction",
        BNPL,
        {"status": "Completed", "who": "known"},
        inputs={"products": ["a"], "eligibility": False},
        statuses={"customer": "skipped"},
        others=given(products={"type": "array"}, eligibility={"type": "boolean"})
        | gives(status="{{ steps.update.output.status }}", who="{{ steps.transaction.output.who }}"),
    ),
    Flow(
        "Arazzo example",
        "bnpl: nothing qualifies, the workflow ends as a success",
        BNPL,
        {"status": None},
        inputs={"products": [], "eligibility": True},
        statuses={"terms": "skipped", "transaction": "skipped", "update": "skipped"},
        others=given(products={"type": "array"}, eligibility={"type": "boolean"})
        | gives(status="{{ steps.update.output.status }}"),
    ),
]
