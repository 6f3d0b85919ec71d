# ruff: noqa: E501, SIM905  (words on one line)
"""Workflows with mistakes for `test_messages`, beside those of other tests."""

from typing import Any

from compiler.compiler_helpers import step, workflow
from compiler.diagnostics.diagnostic_cases import A

GIVEN = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "s": {"type": "string"}, "l": {"type": "array"}},
    "required": ["n", "s", "l"],
}
SECRET = {
    "type": "object",
    "properties": {
        "key": {"type": "string", "writeOnly": True, "default": "x"},
        "o": {"type": "object", "properties": {"p": {"type": "string", "writeOnly": True, "default": "y"}}},
    },
}
READ = {"x": "{{ steps.a.output.x }}"}


def reads(expression: str, **fields: Any) -> dict[str, Any]:
    """A workflow whose second step reads something, with the inputs of `GIVEN`."""
    return workflow(A, step("b", input={"x": "{{ " + expression + " }}"}), **{"inputSchema": GIVEN, **fields})


def typed(type: str, **fields: Any) -> dict[str, Any]:
    """A step of a type."""
    return {"id": "t", "type": type, **fields}


NAMES = "params parameters arguments args flowInput outputs results tasks jobs needs execution secret variables envs getenv input stepss previous error output index item vars n s a rnage nothing"
"""Names that expressions do not have, or not everywhere."""

KEYS = "dependsOn depends requires runAfter after if onlyIf runIf condition expression assertion triggerRule with params parameters arguments config options op_kwargs uses kind action task operator loop with_items each iterate list of var item concurrency parallelism onFailure rescue except attempts maxTries retries max_retries times interval sleep timeoutSeconds timeLimit deadline timeout-ms timeout-hours description comment notes title label message question script command cmd environment workdir output register schedule cron enabled active continueOnError ignoreErrors allow_failure steps cases until url query body data inputs inputt typ iid"
"""Keys that a step does not have."""

TYPES = "bash sh exec script request fetch webhook wait sleep timer condition choice sequence while until repeat subflow call function code py postgres mysql openai agent manual approve mail raise throw abort variable assign validate jinja readFile if parallel foreach map try echo print filter trigger cron n8n-nodes-base.httpRequest ansible.builtin.command io.kestra.plugin.core.log.Log BashOperator shel htpp nothing"
"""Step types that there are not."""

SHAPES = [
    "inputs.n | default", "inputs.s | default(1)", "1 if inputs.n > 1 else 'a'", "inputs.l | length", "inputs.n | string",
    "not inputs.n", "inputs.n > 1", "1 + 1.5", "1 + inputs.n", "'a' ~ 1", "inputs.s[0]", "[1][0]", "inputs.n and 'x'", "-inputs.n",
    "inputs.n ** 2", "7 / 2", "7 // 2", "7 % 2.5", "'a' + 'b'", "'a' * 2", "1 in [1]", "inputs.n is odd", "'1' | int", "{'a': 1}.a",
    "(inputs.n, inputs.s) | first", "[1, 'a'] | last", "null", "run.attempt", "steps", "index", "1 < 2 < 3", "1.5 | round",
]  # fmt: skip
"""Expressions of each type, for a field that takes lists and objects."""

SOURCES: list[dict[str, Any]] = [
    *(reads(name) for name in NAMES.split()),
    *(reads(f"{name}.x") for name in NAMES.split()),
    workflow(A, step("b", **dict.fromkeys(KEYS.split(), "x"))),
    workflow(A, step("b", **dict.fromkeys(KEYS.split(), 3))),
    workflow(A, step("b", **dict.fromkeys(KEYS.split(), True))),
    workflow(A, step("b", **{key: ["a"] for key in KEYS.split()})),
    workflow(A, step("b", **{key: {"a": 1} for key in KEYS.split()})),
    workflow(
        A,
        **dict.fromkeys(
            "title description on schedule cron triggers inputs params output result jobs tasks cleanup always variables environment timeout concurrencyy maxConcurrency".split(),
            "x",
        ),
    ),
    workflow(A, inputs=["a", "b"]),
    workflow(A, params={"type": "object", "properties": {"a": {}}}),
    workflow(*({"id": f"t{number}", "type": word} for number, word in enumerate(TYPES.split()))),
    # Values.
    workflow(
        *(
            step(f"s{number}", join=word)
            for number, word in enumerate(
                "all success any one_success always done failure failed all_failed none_skipped nope".split()
            )
        )
    ),
    workflow(
        *(
            step(f"s{number}", onError=word)
            for number, word in enumerate("ignore skip resume abort stop continueRegularOutput nope".split())
        )
    ),
    workflow(
        *(
            {"id": f"s{number}", "type": "file", "input": {"action": word, "path": "x"}}
            for number, word in enumerate(
                "remove unlink rename mv cp create save exists list ls zip unzip hash raed nope".split()
            )
        )
    ),
    workflow(A, concurrency={"group": "g", "onBusy": "wait"}),
    workflow(A, concurrency={"group": "g", "onBusy": "cancel"}),
    workflow(typed("loop", steps=[A], until="true", maxIterations=1, onLimit="stop")),
    # Structure.
    {**workflow(A), "format": "1"},
    {**workflow(A), "format": 0},
    {"format": 1, "id": "flow"},
    {"format": 1, "id": "flow", "steps": {}},
    {"format": 1, "id": "flow", "steps": [1, [], "a"]},
    {**workflow(A), "finally": {}},
    {**workflow(A), "id": "Not an id"},
    {**workflow(A), "id": 3},
    workflow({"type": "set"}),
    workflow({"id": 3, "type": 4}),
    workflow(
        {"id": "x" * 70, "type": "set"},
        {"id": "fetchData", "type": "set"},
        {"id": "1st", "type": "set"},
        {"id": "???", "type": "set"},
    ),
    workflow(
        step("a", pool="My Pool"), step("b", needs=["My step"]), step("c", forEach={"in": "[1]", "as": "My item"})
    ),
    workflow(step("a", name=""), step("b", name="x" * 300), step("c", note=3), step("d", needs=[3])),
    workflow(typed("group")),
    workflow(typed("loop")),
    workflow(typed("race"), {"id": "r", "type": "race", "branches": []}),
    workflow(typed("switch"), {"id": "s", "type": "switch", "cases": {"when": "true", "steps": []}}),
    workflow(typed("switch", cases=[1, {"when": 3}, {"when": "", "steps": {}, "odd": 1}, {"steps": []}], default=[A])),
    workflow(typed("switch", cases=[], default="x")),
    workflow(typed("race", branches=[{"steps": []}, {"name": "Not a name", "steps": [], "odd": 1}])),
    workflow(typed("race", branches={"name": "x", "steps": []})),
    workflow(step("a", catch=[{"steps": [], "odd": 1, "on": "http"}])),
    workflow(
        step("a", steps=[], cases=[], branches=[], default={}, maxIterations=3, onLimit="fail", **{"while": "true"})
    ),
    workflow(step("a", retry={"maxAttempts": 200, "delay": -1, "backoff": 0.5, "jitter": 3, "maxDelay": "soon"})),
    workflow(
        step("a", retry={"maxAttempts": True}), step("b", timeout=0), step("c", timeout="0s"), step("d", timeout=True)
    ),
    workflow(
        step("a", forEach={"in": 3}),
        step("b", forEach={"in": "[1]", "maxParallel": 0, "failFast": "no"}),
        step("c", forEach={}),
        step("d", forEach=3),
    ),
    workflow(
        step("a", forEach={"in": {"matrix": {}}}),
        step("b", forEach={"in": {"matrix": {"x": 3}}}),
        step("c", forEach={"in": {"matrix": {"x": []}}}),
        step("d", forEach={"in": {"matrx": {"x": [1]}}}),
    ),
    workflow(
        step("a", when=3), step("b", when="  "), step("c", disabled=1), step("d", idempotent="no"), step("e", input=[])
    ),
    workflow(A, env="HOME", vars=[], maxParallel=0, version=3, name=4, description=5),
    workflow(
        A,
        connections={
            "db": "sql",
            "Bad Name": {"kind": "sql"},
            "x": {"knid": "sql"},
            "y": 3,
            "z": {"kind": "sql", "required": "no"},
        },
    ),
    workflow(
        A,
        defaults={
            "timeout": "x",
            "retry": 3,
            "odd": 1,
            "types": {
                "set": {"input": {"x": "{{ steps.a.output }}"}},
                "htpp": {},
                "group": {"input": {}},
                "shell": {"odd": 1},
            },
        },
    ),
    workflow(A, inputSchema=3),
    workflow(A, outputs=[]),
    # Schemas.
    workflow(A, inputSchema={"a": {"type": "string"}, "properties": {}}),
    workflow(
        A,
        inputSchema={
            "type": "object",
            "properties": {
                "u": {"type": "string", "required": False},
                "v": {"type": "str"},
                "w": {"type": "nothing"},
                "x": {"type": ["dict", "string"]},
                "y": {"required": True},
            },
            "required": ["y"],
        },
    ),
    workflow(
        A,
        inputSchema={
            "properties": {
                "n": {"$ref": 3},
                "m": {"$ref": "#/$defs/none"},
                "o": {"pattern": "("},
                "p": {"pattern": "(?=x)"},
                "q": {"enum": []},
                "r": {"minimum": "x"},
            }
        },
    ),
    workflow(step("a", outputSchema={"type": "object", "properties": {"x": {"type": "list"}}})),
    # References.
    reads("vars.x", vars={"x": 1, "y": "{{ vars.z }}", "z": "{{ vars.z }}"}),
    reads("vars", vars={"x": 1}),
    reads("vars.X", vars={"x": 1}),
    reads("inputs.N"),
    reads("inputs.x", inputSchema={}),
    reads("steps.A.output"),
    reads("steps.x.output"),
    reads("env.HOME", env=["PATH"]),
    reads("env.PATHH", env=["PATH"]),
    reads("secrets.x"),
    reads("run.error"),
    workflow(
        {"id": "h", "type": "http", "input": {"url": "{{ secrets.x }}", "headers": {"X": "{{ connection.token }}"}}}
    ),
    workflow(
        step("a", forEach={"in": "[1]"}, input={"x": "{{ previous }}"}),
        step("b", forEach={"in": "[1]", "maxParallel": 3}, input={"x": "{{ previous }}"}),
    ),
    workflow(step("a", catch=[{"steps": [step("h", input={"x": "{{ steps.a.error }}"})]}])),
    workflow(
        typed(
            "group",
            steps=[step("a", input={"x": "{{ steps.t.output }}"}, needs=["t"])],
            catch=[{"steps": [step("h", input={"x": "{{ steps.t.error }}"})]}],
        )
    ),
    workflow(typed("group", steps=[A]), step("b", needs=["a", "t"]), step("c", needs=["nope", "C", "bb"])),
    workflow(A, step("b", input={"x": "{{ steps.c.output }}"}), step("c", input={"x": "{{ steps.b.output }}"})),
    workflow(
        A,
        defaults={"input": {"x": 1}, "types": {"set": {"input": {"x": "{{ item }} {{ secrets.x }} {{ inputs.no }}"}}}},
    ),
    # Paths.
    workflow(step("a", when="inputs.n > 1"), step("b", when="inputs.n <= 1", needs=["a"]), inputSchema=GIVEN),
    workflow(
        step("a", when="inputs.n > 1"),
        step("b", join="any_success", needs=["a"], input=READ),
        step("c", join="all_done", needs=["a"], input=READ),
        inputSchema=GIVEN,
    ),
    workflow(
        step("a", input={"x": 1}),
        step("b", join="all_done", input=READ),
        step("c", join="any_failed", needs=["a"], input=READ),
        step("d", join="any_success", needs=["a"], input=READ),
    ),
    {**workflow(step("a", input={"x": 1})), "finally": [step("z", input=READ)]},
    workflow(
        step("a", disabled=True),
        step("b", needs=["a"], input=READ),
        step("c", needs=["a"], join="none_failed", input=READ),
    ),
    workflow(
        step("a", when="1 > 2"), step("b", when="steps.a.status == 'skipped'"), step("c", join="any_failed", needs=[])
    ),
    workflow(step("a", when="inputs.n == 1 and inputs.n == 2"), inputSchema=GIVEN),
    {
        **workflow(A),
        "finally": [step("z", input={"x": "{{ run.status.x }} {{ run.error.x }} {{ run.attempt.x }} {{ run.id.x }}"})],
    },
    workflow(step("a", timeout="{{ inputs.w }}", retry={"maxAttempts": "{{ inputs.x }}", "delay": "{{ inputs.y }}"})),
    workflow(step("a", forEach={"in": "inputs.z", "maxItems": "{{ inputs.u }}", "maxParallel": "{{ inputs.v }}"})),
    workflow(typed("loop", steps=[A], until="inputs.q", maxIterations=1, delay="{{ inputs.r }}")),
    # Types of values.
    workflow(
        step("a", when="inputs.l"),
        step("b", when="inputs.n"),
        step("c", when="'x'"),
        step("d", when="none"),
        step("e", when="{'a': 1}"),
        step("f", when="1.5"),
        inputSchema=GIVEN,
    ),
    workflow(
        step("a", forEach={"in": "inputs.s"}),
        step("b", forEach={"in": "{'a': 1}"}),
        step("c", forEach={"in": "[1]", "when": "inputs.s", "stopWhen": "inputs.n"}),
        inputSchema=GIVEN,
    ),
    workflow(
        *(
            {
                "id": f"q{number}",
                "type": "sql",
                "input": {
                    "database": "d",
                    "query": f"{{{{ {read} }}}}",
                    "maxRows": f"{{{{ {read} }}}}",
                    "params": f"{{{{ {read} }}}}",
                },
            }
            for number, read in enumerate(["inputs.n", "inputs.s", "inputs.l", "true", "1.5", "none", "{}"])
        ),
        inputSchema=GIVEN,
    ),
    reads("inputs.n.x"),
    reads("inputs.l.x"),
    reads("inputs.s[0].x"),
    reads("run.id.length"),
    workflow(
        {"id": "h", "type": "http", "input": {"url": "https://x/"}},
        step(
            "b",
            input={
                "x": "{{ steps.h.output.statuscode }} {{ steps.h.output.body.x }} {{ steps.h.output.headers.x }} {{ steps.h.output.stauts }}"
            },
        ),
    ),
    # Secrets.
    workflow(
        {"id": "s", "type": "shell", "input": {"command": ["x", "{{ inputs.key }}", "{{ inputs.o.p }}"]}},
        inputSchema=SECRET,
        outputs={"x": "{{ inputs.key }}", "y": "{{ inputs.o }}"},
    ),
    workflow(
        {
            "id": "h",
            "type": "http",
            "input": {"url": "https://x/", "headers": {"Authorization": "Bearer ghp_" + "a" * 36}},
        },
        step("b", input={"token": "sk-" + "a" * 30}),
        vars={"key": "AKIA" + "A" * 16},
    ),
    # Connections.
    workflow({"id": "m", "type": "email", "input": {"to": "a@b.example", "subject": "s", "text": "t"}}),
    workflow(
        {"id": "m", "type": "email", "input": {"to": "a@b.example", "subject": "s", "text": "t"}},
        connections={"out": {"kind": "smtp"}, "db": {"kind": "sql"}},
    ),
    workflow(
        {"id": "m", "type": "email", "connection": "db", "input": {"to": "a@b.example", "subject": "s", "text": "t"}},
        {"id": "h", "type": "http", "connection": "d", "input": {"url": "/"}},
        typed("group", steps=[], connection="db"),
        connections={"db": {"kind": "sql"}},
    ),
    # Step types.
    workflow(typed("fail"), {"id": "f", "type": "fail", "input": {}}),
    workflow(
        typed("workflow", input={"workflow": "flow"}), {"id": "w", "type": "workflow", "input": {"workflow": "flwo"}}
    ),
    workflow(
        typed("python", input={"function": "a.b"}),
        {"id": "p", "type": "python", "input": {}},
        {"id": "c", "type": "python", "input": {"code": "x", "function": "a:b"}},
    ),
    workflow(
        typed("shell", input={"script": "x", "command": ["x"]}),
        {"id": "d", "type": "delay", "input": {"for": "soon", "until": "later"}},
    ),
    workflow(
        typed(
            "http", input={"url": "ftp://x/", "method": "GTE", "json": 1, "text": "x", "expect": "x", "timeout": "long"}
        )
    ),
    workflow(
        typed("shell", input=3),
        {"id": "d", "type": "delay", "input": {"for": {}}},
        {"id": "s", "type": "sql", "input": {"database": 1, "query": [], "params": "x", "maxRows": "1"}},
    ),
    # Texts that look like expressions.
    workflow(
        step(
            "a",
            input={
                "a": "{ inputs.n }",
                "b": "${inputs.n}",
                "c": "= inputs.n",
                "d": "={{ inputs.n }}",
                "e": "${{ inputs.n }}",
                "f": "{% for x in y %}",
                "g": "{# x #}",
                "h": "inputs.n",
                "i": "{{ }}",
                "j": "{{{ inputs.n }}}",
                "k": "{{ 'a' }} {{",
                "l": "$inputs.n",
                "m": "<% x %>",
                "n": "#{inputs.n}",
                "o": "{{{{",
            },
        ),
        inputSchema=GIVEN,
    ),
    workflow(
        step("a", when="{{ inputs.n > 1 }} x"),
        step("b", when="${{ inputs.n > 1 }}"),
        step("c", name="x {{ inputs.n }}", note="{{ inputs.n }}"),
        inputSchema=GIVEN,
    ),
]
