"""Order, conditions, parallel work and values of state machines and service flows."""

from engine.control_flow.flow import NUMBER, TEXT, Flow, broken, given, gives, group, set_, switch

STATE_MACHINES = [
    Flow(
        "Step Functions",
        "Parallel state: outputs of the branches",
        [
            set_("left", needs_=[], v=1),
            set_("right", needs_=[], v=2),
            set_("both", needs_=["left", "right"], v="{{ [steps.left.output.v, steps.right.output.v] }}"),
        ],
        {"v": [1, 2]},
        others=gives(v="{{ steps.both.output.v }}"),
    ),
    Flow(
        "Step Functions",
        "Choice with And, Or, Not and a default",
        [
            switch(
                "c",
                ("inputs.n > 1 and not (inputs.n == 7 or inputs.n == 8)", [set_("some", v="some")]),
                default=[set_("other", v="other")],
            )
        ],
        {"v": "other"},
        inputs={"n": 7},
        others={**given(n=NUMBER), **gives(v="{{ steps.c.output.v }}")},
    ),
    Flow(
        "Step Functions",
        "Wait state",
        [{"id": "w", "type": "delay", "input": {"for": "1ms"}}, set_("b", x=1)],
        statuses={"b": "completed"},
    ),
    Flow(
        "Step Functions",
        "Succeed inside a Choice: nothing else runs",
        [switch("c", ("1 == 1", [set_("done", x=1)]), default=[set_("more", x=1)])],
        statuses={"c.more": "skipped"},
    ),
    Flow(
        "Step Functions",
        "Map with ItemSelector and index",
        [set_("m", forEach_={"in": "['a', 'b']"}, i="{{ index }}", v="{{ item }}")],
        {"all": [{"i": 0, "v": "a"}, {"i": 1, "v": "b"}]},
        others=gives(all="{{ steps.m.output }}"),
    ),
    Flow(
        "Step Functions",
        "Map with ToleratedFailureCount: a later check on the number of failures",
        [
            {
                "id": "m",
                "type": "assert",
                "forEach": {"in": "[1, 2, 3]", "onItemError": "continue"},
                "input": {"that": "{{ item > 1 }}"},
            },
            {"id": "few", "type": "assert", "input": {"that": "{{ steps.m.error.details.failed <= 1 }}"}},
        ],
        how="workaround",
        statuses={"few": "completed"},
    ),
    Flow(
        "Step Functions",
        "TimeoutSeconds of the machine",
        [{"id": "w", "type": "delay", "input": {"for": "1h"}}],
        status="failed",
        error="timeout",
        others={"timeout": "5ms"},
    ),
    Flow(
        "Step Functions",
        "variables assigned by a state (Assign)",
        [set_("a", total=3), set_("b", v="{{ steps.a.output.total + 1 }}")],
        {"v": 4},
        others=gives(v="{{ steps.b.output.v }}"),
    ),
    Flow(
        "Windmill",
        "branch one",
        [
            switch(
                "b", ("inputs.n == 1", [set_("x", v=1)]), ("inputs.n == 2", [set_("y", v=2)]), default=[set_("z", v=0)]
            )
        ],
        {"v": 2},
        inputs={"n": 2},
        others={**given(n=NUMBER), **gives(v="{{ steps.b.output.v }}")},
    ),
    Flow(
        "Windmill",
        "branch all, failures of a branch skipped",
        [
            group("one", broken("bad"), needs=[], onError="continue"),
            group("two", set_("good", v=2), needs=[]),
            set_("both", needs_=["one", "two"], v="{{ steps.two.output.v }}"),
        ],
        {"v": 2},
        others=gives(v="{{ steps.both.output.v }}"),
    ),
    Flow(
        "Windmill",
        "early stop of a flow",
        [set_("a", stop=True), group("rest", set_("b", x=1), set_("c", x=1), when="not steps.a.output.stop")],
        how="workaround",
        statuses={"rest": "skipped", "rest.b": "skipped"},
    ),
    Flow(
        "Windmill",
        "sleep between steps",
        [set_("a", x=1), {"id": "s", "type": "delay", "input": {"for": "1ms"}}, set_("b", x=1)],
        statuses={"b": "completed"},
    ),
    Flow(
        "Windmill",
        "mock of a step's result",
        [
            set_("a", disabled_=True, v=1),
            set_("b", needs_=["a"], join_="all_done", v="{{ steps.a.output.v | default(9) }}"),
        ],
        {"v": 9},
        how="workaround",
        others=gives(v="{{ steps.b.output.v }}"),
    ),
    Flow(
        "Arazzo",
        "successCriteria of a step",
        [
            set_("call", status=500),
            {"id": "ok", "type": "assert", "input": {"that": "{{ steps.call.output.status == 200 }}"}},
        ],
        status="failed",
        error="assertion",
    ),
    Flow(
        "Arazzo",
        "onSuccess: goto by a criterion",
        [
            set_("login", token="t"),
            switch("next", ("steps.login.output.token != ''", [set_("use", v=1)]), default=[set_("ask", v=2)]),
        ],
        {"v": 1},
        others=gives(v="{{ steps.next.output.v }}"),
    ),
    Flow(
        "Arazzo",
        "outputs of steps and of the workflow",
        [set_("find", pet=7), set_("get", name="pet {{ steps.find.output.pet }}")],
        {"pet": 7, "name": "pet 7"},
        others=gives(pet="{{ steps.find.output.pet }}", name="{{ steps.get.output.name }}"),
    ),
    Flow(
        "Serverless Workflow",
        "do: tasks in order, with the output of the one before as input",
        [set_("first", n=1), set_("second", n="{{ steps.first.output.n * 10 }}")],
        {"n": 10},
        others=gives(n="{{ steps.second.output.n }}"),
    ),
    Flow(
        "Serverless Workflow",
        "fork: branches in parallel, all of them awaited",
        [
            group("a", set_("a1", v=1), needs=[]),
            group("b", set_("b1", v=2), needs=[]),
            set_("all", needs_=["a", "b"], v="{{ steps.a.output.v + steps.b.output.v }}"),
        ],
        {"v": 3},
        others=gives(v="{{ steps.all.output.v }}"),
    ),
    Flow(
        "Serverless Workflow",
        "switch with when, and a case without",
        [switch("s", ("inputs.kind == 'electronic'", [set_("e", v="e")]), default=[set_("p", v="p")])],
        {"v": "p"},
        inputs={"kind": "physical"},
        others={**given(kind=TEXT), **gives(v="{{ steps.s.output.v }}")},
    ),
    Flow(
        "Serverless Workflow",
        "if of a task",
        [set_("maybe", when_="inputs.n > 10", x=1), set_("after", x=1)],
        inputs={"n": 1},
        statuses={"maybe": "skipped", "after": "completed"},
        others=given(n=NUMBER),
    ),
    Flow(
        "Serverless Workflow",
        "wait",
        [{"id": "w", "type": "delay", "input": {"for": "1ms"}}],
        statuses={"w": "completed"},
    ),
    Flow(
        "Serverless Workflow",
        "set with the shape of its input",
        [set_("s", shape="circle", size="{{ inputs.n }}", fill={"red": 69, "alpha": "{{ inputs.n / 2 }}"})],
        {"s": {"shape": "circle", "size": 4, "fill": {"red": 69, "alpha": 2.0}}},
        inputs={"n": 4},
        others={**given(n=NUMBER), **gives(s="{{ steps.s.output }}")},
    ),
    Flow(
        "Serverless Workflow",
        "timeout of a task, caught",
        [
            {
                "id": "w",
                "type": "delay",
                "timeout": "5ms",
                "input": {"for": "1h"},
                "catch": [{"on": ["timeout"], "steps": [], "output": "late"}],
            }
        ],
        {"w": "late"},
        others=gives(w="{{ steps.w.output }}"),
    ),
    Flow(
        "Serverless Workflow",
        "retry with backoff, then catch",
        [
            broken(
                "r",
                retry={"maxAttempts": 2, "delay": "1ms", "backoff": 2, "jitter": 0},
                catch=[{"steps": [], "output": "{{ error.type }}"}],
            )
        ],
        {"r": "stock.empty"},
        others=gives(r="{{ steps.r.output }}"),
    ),
]
