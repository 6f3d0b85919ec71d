"""Order, conditions, parallel work and values of pipelines: CI and data."""

from engine.control_flow.flow import NUMBER, TEXT, Flow, broken, given, gives, group, set_, switch

PIPELINES = [
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
        others=gives(tag="{{ steps.ship.output.tag }}"),
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
        others=gives(names="{{ steps.test.output | map(attribute='name') | list }}"),
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
        others=gives(names="{{ steps.test.output | map(attribute='name') | list }}"),
    ),
    Flow(
        "GitHub Actions",
        "a matrix from the output of another job (fromJSON)",
        [
            set_("plan", versions=[1, 2, 3]),
            set_("test", forEach_={"in": {"matrix": {"v": "{{ steps.plan.output.versions }}"}}}, v="{{ item.v }}"),
        ],
        {"all": [1, 2, 3]},
        others=gives(all="{{ steps.test.output | map(attribute='v') | list }}"),
    ),
    Flow(
        "GitHub Actions",
        "strategy.max-parallel from an input",
        [set_("t", forEach_={"in": "[1, 2]", "maxParallel": "{{ inputs.most }}"}, v="{{ item }}")],
        {"all": [{"v": 1}, {"v": 2}]},
        inputs={"most": 2},
        others={**given(most=NUMBER), **gives(all="{{ steps.t.output }}")},
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
        others=gives(failed="{{ steps.t.error.details.failed }}"),
    ),
    Flow(
        "GitHub Actions",
        "env of a workflow read by its steps",
        [set_("a", url="{{ vars.base }}/a"), set_("b", url="{{ vars.base }}/b")],
        {"b": "https://x.test/b"},
        others={"vars": {"base": "https://x.test"}, **gives(b="{{ steps.b.output.url }}")},
    ),
    Flow(
        "Kestra",
        "variables with an expression over inputs and other variables",
        [set_("say", text="{{ vars.greeting }}")],
        {"text": "Hello, Ann!"},
        inputs={"who": "Ann"},
        others={
            **given(who=TEXT),
            "vars": {"mark": "!", "greeting": "Hello, {{ inputs.who }}{{ vars.mark }}"},
            **gives(text="{{ steps.say.output.text }}"),
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
        others=gives(n="{{ steps.c.output.n }}"),
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
        others=gives(v="{{ steps.d.output.v }}"),
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
        others={**given(size=TEXT), **gives(v="{{ steps.kind.output.v }}")},
    ),
    Flow(
        "Kestra",
        "If with else",
        [switch("go", ("inputs.n > 3", [set_("yes", v="yes")]), default=[set_("no", v="no")])],
        {"v": "yes"},
        inputs={"n": 4},
        others={**given(n=NUMBER), **gives(v="{{ steps.go.output.v }}")},
    ),
    Flow(
        "Kestra",
        "Sequential group",
        [group("g", set_("a", n=1), set_("b", n="{{ steps.a.output.n + 1 }}"))],
        {"n": 2},
        others=gives(n="{{ steps.g.output.n }}"),
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
        others=gives(all="{{ steps.outer.output }}"),
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
        others=gives(v="{{ steps.use.output.v }}"),
    ),
    Flow(
        "Dagu",
        "parallel execution over items with max_concurrent",
        [set_("p", forEach_={"in": "[1, 2, 3]", "maxParallel": 2}, v="{{ item }}")],
        {"n": 3},
        others=gives(n="{{ steps.p.output | length }}"),
    ),
    Flow(
        "Dagu",
        "params with defaults",
        [set_("a", v="{{ inputs.n }}")],
        {"v": 5},
        others={
            "inputSchema": {"type": "object", "properties": {"n": {"type": "integer", "default": 5}}},
            **gives(v="{{ steps.a.output.v }}"),
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
]
