"""Order, conditions, parallel work, matrices and values in other products."""

from typing import Any

from engine.control_flow.flow import Flow, broken, set_


def outputs(**values: Any) -> dict[str, Any]:
    return {"outputs": values}


def inputs(**properties: Any) -> dict[str, Any]:
    return {"inputSchema": {"type": "object", "properties": properties, "required": [*properties]}}


def switch(id: str, *cases: tuple[str, list[dict[str, Any]]], default: list[dict[str, Any]] | None = None) -> Any:
    listed = [{"when": when, "steps": steps} for when, steps in cases]
    return {"id": id, "type": "switch", "cases": listed, **({"default": {"steps": default}} if default else {})}


def group(id: str, *steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": "group", "steps": list(steps), **fields}


TEXT = {"type": "string"}
NUMBER = {"type": "integer"}

ORDER = [
    Flow(
        "GitHub Actions", "steps of a job run in order", [set_("a", x=1), set_("b", x=2)], statuses={"b": "completed"}
    ),
    Flow(
        "GitHub Actions",
        "concurrency with cancel-in-progress",
        [set_("a", x=1)],
        statuses={"a": "completed"},
        others={"concurrency": {"group": "deploy-{{ run.workflowId }}", "onBusy": "cancelRunning"}},
    ),
    *(
        Flow(
            "Kestra",
            f"concurrency limit of 1 with {behavior}",
            [set_("a", x=1)],
            statuses={"a": "completed"},
            others={"concurrency": {"group": "flow", "onBusy": on_busy}},
        )
        for behavior, on_busy in (("QUEUE", "queue"), ("CANCEL", "skip"))
    ),
    Flow(
        "GitHub Actions",
        "needs with outputs of other jobs",
        [set_("build", needs_=[], tag="v1"), set_("ship", needs_=["build"], tag="{{ steps.build.output.tag }}")],
        {"tag": "v1"},
        others=outputs(tag="{{ steps.ship.output.tag }}"),
    ),
    Flow(
        "GitHub Actions",
        "a job whose need was skipped is skipped",
        [set_("a", needs_=[], when_="1 == 2", x=1), set_("b", needs_=["a"], x=1), set_("c", needs_=["b"], x=1)],
        statuses={"a": "skipped", "b": "skipped", "c": "skipped"},
    ),
    Flow(
        "GitHub Actions",
        "a step after one that its if skipped runs",
        [set_("a", when_="1 == 2", x=1), set_("b", x=1)],
        statuses={"a": "skipped", "b": "completed"},
    ),
    Flow(
        "GitHub Actions",
        "if: success() || failure(), a join of two jobs",
        [broken("a", needs=[]), set_("b", needs_=[], x=1), set_("c", needs_=["a", "b"], join_="all_done", x=1)],
        status="failed",
        error="stock.empty",
        statuses={"c": "completed"},
    ),
    Flow(
        "GitHub Actions",
        "strategy.matrix",
        [
            set_(
                "test",
                forEach_={"in": {"matrix": {"os": ["linux", "macos"], "py": [11, 12]}}, "as": "m", "maxParallel": 4},
                name="{{ m.os }}-{{ m.py }}",
            )
        ],
        {"names": ["linux-11", "linux-12", "macos-11", "macos-12"]},
        others=outputs(names="{{ steps.test.output | map(attribute='name') | list }}"),
    ),
    Flow(
        "GitHub Actions",
        "strategy.matrix with include and exclude",
        [
            set_(
                "test",
                forEach_={
                    "in": {
                        "matrix": {"os": ["linux", "macos"], "py": [11, 12]},
                        "exclude": [{"os": "macos", "py": 11}],
                        "include": [{"os": "windows", "py": 12}],
                    },
                    "as": "m",
                },
                name="{{ m.os }}-{{ m.py }}",
            )
        ],
        {"names": ["linux-11", "linux-12", "macos-12", "windows-12"]},
        others=outputs(names="{{ steps.test.output | map(attribute='name') | list }}"),
    ),
    Flow(
        "GitHub Actions",
        "a matrix from the output of another job (fromJSON)",
        [
            set_("plan", versions=[1, 2, 3]),
            set_("test", forEach_={"in": {"matrix": {"v": "{{ steps.plan.output.versions }}"}}}, v="{{ item.v }}"),
        ],
        {"all": [1, 2, 3]},
        others=outputs(all="{{ steps.test.output | map(attribute='v') | list }}"),
    ),
    Flow(
        "GitHub Actions",
        "strategy.max-parallel from an input",
        [set_("t", forEach_={"in": "[1, 2]", "maxParallel": "{{ inputs.most }}"}, v="{{ item }}")],
        {"all": [{"v": 1}, {"v": 2}]},
        inputs={"most": 2},
        others={**inputs(most=NUMBER), **outputs(all="{{ steps.t.output }}")},
    ),
    Flow(
        "GitHub Actions",
        "strategy.fail-fast: false",
        [
            {
                "id": "t",
                "type": "assert",
                "forEach": {"in": "[1, 2, 3]", "onItemError": "continue"},
                "input": {"that": "{{ item != 1 }}"},
            }
        ],
        {"failed": 1},
        statuses={"t[0]": "failed", "t[2]": "completed"},
        others=outputs(failed="{{ steps.t.error.details.failed }}"),
    ),
    Flow(
        "GitHub Actions",
        "env of a workflow read by its steps",
        [set_("a", url="{{ vars.base }}/a"), set_("b", url="{{ vars.base }}/b")],
        {"b": "https://x.test/b"},
        others={"vars": {"base": "https://x.test"}, **outputs(b="{{ steps.b.output.url }}")},
    ),
    Flow(
        "Kestra",
        "variables with an expression over inputs and other variables",
        [set_("say", text="{{ vars.greeting }}")],
        {"text": "Hello, Ann!"},
        inputs={"who": "Ann"},
        others={
            **inputs(who=TEXT),
            "vars": {"mark": "!", "greeting": "Hello, {{ inputs.who }}{{ vars.mark }}"},
            **outputs(text="{{ steps.say.output.text }}"),
        },
    ),
    Flow(
        "Kestra",
        "Parallel tasks",
        [
            set_("a", needs_=[], n=1),
            set_("b", needs_=[], n=2),
            set_("c", needs_=["a", "b"], n="{{ steps.a.output.n + steps.b.output.n }}"),
        ],
        {"n": 3},
        others=outputs(n="{{ steps.c.output.n }}"),
    ),
    Flow(
        "Kestra",
        "Dag with dependsOn",
        [
            set_("a", needs_=[], v="a"),
            set_("b", needs_=["a"], v="{{ steps.a.output.v }}b"),
            set_("c", needs_=["a"], v="{{ steps.a.output.v }}c"),
            set_("d", needs_=["b", "c"], v="{{ steps.b.output.v }}{{ steps.c.output.v }}"),
        ],
        {"v": "abac"},
        others=outputs(v="{{ steps.d.output.v }}"),
    ),
    Flow(
        "Kestra",
        "Switch with defaults",
        [
            switch(
                "kind",
                ("inputs.size == 'big'", [set_("one", v=1)]),
                ("inputs.size == 'small'", [set_("two", v=2)]),
                default=[set_("three", v=3)],
            )
        ],
        {"v": 3},
        inputs={"size": "none"},
        statuses={"kind.one": "skipped", "kind.two": "skipped", "kind.three": "completed"},
        others={**inputs(size=TEXT), **outputs(v="{{ steps.kind.output.v }}")},
    ),
    Flow(
        "Kestra",
        "If with else",
        [switch("go", ("inputs.n > 3", [set_("yes", v="yes")]), default=[set_("no", v="no")])],
        {"v": "yes"},
        inputs={"n": 4},
        others={**inputs(n=NUMBER), **outputs(v="{{ steps.go.output.v }}")},
    ),
    Flow(
        "Kestra",
        "Sequential group",
        [group("g", set_("a", n=1), set_("b", n="{{ steps.a.output.n + 1 }}"))],
        {"n": 2},
        others=outputs(n="{{ steps.g.output.n }}"),
    ),
    Flow(
        "Kestra",
        "disabled task",
        [set_("a", disabled_=True, x=1), set_("b", x=1)],
        statuses={"a": "skipped", "b": "completed"},
    ),
    Flow(
        "Kestra",
        "runIf on a task",
        [set_("a", x=1), set_("b", when_="steps.a.output.x > 1", x=1)],
        statuses={"b": "skipped"},
    ),
    Flow(
        "Kestra",
        "timeout of a task",
        [{"id": "slow", "type": "delay", "timeout": "5ms", "input": {"for": "1h"}}],
        status="failed",
        error="timeout",
    ),
    Flow(
        "Kestra",
        "pluginDefaults",
        [set_("a"), set_("b", level="debug")],
        {"levels": ["info for flow", "debug"]},
        others={
            "defaults": {"types": {"set": {"input": {"level": "info for {{ run.workflowId }}"}}}},
            "outputs": {"levels": "{{ [steps.a.output.level, steps.b.output.level] }}"},
        },
    ),
    Flow(
        "GitHub Actions",
        "timeout-minutes from an expression",
        [{"id": "slow", "type": "delay", "timeout": "{{ inputs.limit }}", "input": {"for": "1h"}}],
        status="failed",
        error="timeout",
        inputs={"limit": 0.005},
        others={"inputSchema": {"type": "object", "properties": {"limit": {"type": "number"}}, "required": ["limit"]}},
    ),
    Flow(
        "Kestra",
        "retry constant, maxAttempts",
        [broken("r", retry={"maxAttempts": 2, "delay": "1ms", "backoff": 1})],
        status="failed",
        error="stock.empty",
    ),
    Flow(
        "Kestra",
        "EachParallel over pairs (nested ForEach)",
        [
            group(
                "outer",
                set_("inner", forEach_={"in": "['a', 'b']", "as": "two"}, v="{{ one }}{{ two }}"),
                forEach={"in": "[1, 2]", "as": "one"},
            )
        ],
        {"all": [[{"v": "1a"}, {"v": "1b"}], [{"v": "2a"}, {"v": "2b"}]]},
        others=outputs(all="{{ steps.outer.output }}"),
    ),
    Flow(
        "Kestra",
        "assert-like Fail on a condition",
        [{"id": "check", "type": "assert", "input": {"that": False}}],
        status="failed",
        error="assertion",
    ),
    Flow(
        "Dagu",
        "type: graph with depends",
        [set_("a", needs_=[], x=1), set_("b", needs_=[], x=1), set_("c", needs_=["a", "b"], x=1)],
        statuses={"c": "completed"},
    ),
    Flow(
        "Dagu",
        "preconditions of a step",
        [set_("a", when_="env.HOME is defined and 1 == 2", x=1), set_("b", x=1)],
        statuses={"a": "skipped", "b": "completed"},
        others={"env": ["HOME"]},
    ),
    Flow(
        "Dagu",
        "output of a step as a variable of the next",
        [
            {"id": "date", "type": "shell", "input": {"script": "echo 2026"}},
            set_("use", v="{{ steps.date.output.value }}"),
        ],
        {"v": "2026"},
        others=outputs(v="{{ steps.use.output.v }}"),
    ),
    Flow(
        "Dagu",
        "parallel execution over items with max_concurrent",
        [set_("p", forEach_={"in": "[1, 2, 3]", "maxParallel": 2}, v="{{ item }}")],
        {"n": 3},
        others=outputs(n="{{ steps.p.output | length }}"),
    ),
    Flow(
        "Dagu",
        "params with defaults",
        [set_("a", v="{{ inputs.n }}")],
        {"v": 5},
        others={
            "inputSchema": {"type": "object", "properties": {"n": {"type": "integer", "default": 5}}},
            **outputs(v="{{ steps.a.output.v }}"),
        },
    ),
    Flow(
        "Dagu",
        "retry_policy with exit codes",
        [
            {
                "id": "r",
                "type": "shell",
                "input": {"script": 'test "$WFTUI_ATTEMPT" -ge 2 || exit 75'},
                "retry": {"maxAttempts": 4, "delay": "1ms", "on": ["exit_code.75"]},
            }
        ],
        statuses={"r": "completed"},
    ),
    Flow(
        "Step Functions",
        "Parallel state: outputs of the branches",
        [
            set_("left", needs_=[], v=1),
            set_("right", needs_=[], v=2),
            set_("both", needs_=["left", "right"], v="{{ [steps.left.output.v, steps.right.output.v] }}"),
        ],
        {"v": [1, 2]},
        others=outputs(v="{{ steps.both.output.v }}"),
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
        others={**inputs(n=NUMBER), **outputs(v="{{ steps.c.output.v }}")},
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
        others=outputs(all="{{ steps.m.output }}"),
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
        others=outputs(v="{{ steps.b.output.v }}"),
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
        others={**inputs(n=NUMBER), **outputs(v="{{ steps.b.output.v }}")},
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
        others=outputs(v="{{ steps.both.output.v }}"),
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
        others=outputs(v="{{ steps.b.output.v }}"),
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
        others=outputs(v="{{ steps.next.output.v }}"),
    ),
    Flow(
        "Arazzo",
        "outputs of steps and of the workflow",
        [set_("find", pet=7), set_("get", name="pet {{ steps.find.output.pet }}")],
        {"pet": 7, "name": "pet 7"},
        others=outputs(pet="{{ steps.find.output.pet }}", name="{{ steps.get.output.name }}"),
    ),
    Flow(
        "Serverless Workflow",
        "do: tasks in order, with the output of the one before as input",
        [set_("first", n=1), set_("second", n="{{ steps.first.output.n * 10 }}")],
        {"n": 10},
        others=outputs(n="{{ steps.second.output.n }}"),
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
        others=outputs(v="{{ steps.all.output.v }}"),
    ),
    Flow(
        "Serverless Workflow",
        "switch with when, and a case without",
        [switch("s", ("inputs.kind == 'electronic'", [set_("e", v="e")]), default=[set_("p", v="p")])],
        {"v": "p"},
        inputs={"kind": "physical"},
        others={**inputs(kind=TEXT), **outputs(v="{{ steps.s.output.v }}")},
    ),
    Flow(
        "Serverless Workflow",
        "if of a task",
        [set_("maybe", when_="inputs.n > 10", x=1), set_("after", x=1)],
        inputs={"n": 1},
        statuses={"maybe": "skipped", "after": "completed"},
        others=inputs(n=NUMBER),
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
        others={**inputs(n=NUMBER), **outputs(s="{{ steps.s.output }}")},
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
        others=outputs(w="{{ steps.w.output }}"),
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
        others=outputs(r="{{ steps.r.output }}"),
    ),
]
