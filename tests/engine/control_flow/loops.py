"""Loops and lists of items, as other products document them."""

from engine.control_flow.flow import Flow, broken, set_

LOOPS = [
    Flow(
        "Kestra",
        "LoopUntil: repeat tasks until a condition on their outputs",
        [
            {
                "id": "poll",
                "type": "loop",
                "until": "steps.ask.output.state == 'done'",
                "maxIterations": 10,
                "delay": "1ms",
                "steps": [set_("ask", state="{{ 'done' if index == 2 else 'busy' }}", n="{{ index }}")],
            }
        ],
        {"n": 2},
        others={"outputs": {"n": "{{ steps.poll.output.n }}"}},
    ),
    Flow(
        "Kestra",
        "LoopUntil with checkFrequency.maxIterations: fail at the limit",
        [
            {
                "id": "poll",
                "type": "loop",
                "until": "steps.ask.output.n > 5",
                "maxIterations": 2,
                "steps": [set_("ask", n="{{ index }}")],
            },
            set_("after", x=1),
        ],
        {"last": 1, "count": 2, "type": "loop.limit"},
        status="failed",
        error="loop.limit",
        statuses={"poll": "failed", "poll[1].ask": "completed", "after": "skipped"},
        others={
            "finally": [set_("look", last="{{ steps.poll.error.details.output.n }}", all="{{ steps.poll.error }}")],
            "outputs": {
                "last": "{{ steps.look.output.last }}",
                "count": "{{ steps.look.output.all.details.iterations }}",
                "type": "{{ steps.look.output.all.type }}",
            },
        },
    ),
    Flow(
        "Kestra",
        "LoopUntil with failOnMaxReached false: continue with the last output",
        [
            {
                "id": "poll",
                "type": "loop",
                "until": "steps.ask.output.n > 5",
                "maxIterations": 2,
                "onLimit": "continue",
                "steps": [set_("ask", n="{{ index }}")],
            },
            set_("after", n="{{ steps.poll.output.n }}", why="{{ steps.poll.error.type }}"),
        ],
        {"n": 1, "why": "loop.limit"},
        others={"outputs": {"n": "{{ steps.after.output.n }}", "why": "{{ steps.after.output.why }}"}},
    ),
    Flow(
        "Windmill",
        "while loop with the result of the iteration before (flow_input.iter.value)",
        [
            {
                "id": "sum",
                "type": "loop",
                "while": "previous is none or previous.total < 10",
                "maxIterations": 100,
                "steps": [set_("add", total="{{ (previous.total if previous else 0) + index }}")],
            }
        ],
        {"total": 10, "runs": None},
        others={"outputs": {"total": "{{ steps.sum.output.total }}", "runs": "{{ steps.sum.error }}"}},
    ),
    Flow(
        "Windmill",
        "while loop that does not run at all",
        [
            {
                "id": "none_left",
                "type": "loop",
                "while": "inputs.left > 0",
                "maxIterations": 5,
                "steps": [set_("work", n="{{ index }}")],
            }
        ],
        {"output": None, "status": "completed"},
        inputs={"left": 0},
        others={
            "inputSchema": {"type": "object", "properties": {"left": {"type": "integer"}}, "required": ["left"]},
            "outputs": {"output": "{{ steps.none_left.output }}", "status": "{{ steps.none_left.status }}"},
        },
    ),
    Flow(
        "Windmill",
        "for loop over a list, results in order",
        [set_("each", n="{{ item * 2 }}", forEach_={"in": "[1, 2, 3]", "maxParallel": 2})],
        {"all": [2, 4, 6]},
        others={"outputs": {"all": "{{ steps.each.output | map(attribute='n') | list }}"}},
    ),
    Flow(
        "Windmill",
        "for loop with 'skip failures'",
        [
            {
                "id": "each",
                "type": "assert",
                "forEach": {"in": "[1, 2, 3]", "onItemError": "continue"},
                "input": {"that": "{{ item != 2 }}"},
            }
        ],
        {"all": [{"that": True}, None, {"that": True}], "failed": [2]},
        others={
            "outputs": {
                "all": "{{ steps.each.output }}",
                "failed": "{{ steps.each.error.details.items | map(attribute='value') | list }}",
            }
        },
    ),
    Flow(
        "Windmill",
        "early stop of a for loop (stop_after_if)",
        [
            set_(
                "search",
                found="{{ item == 'b' }}",
                item="{{ item }}",
                forEach_={"in": "['a', 'b', 'c', 'd']", "stopWhen": "output.found"},
            )
        ],
        {"seen": ["a", "b"]},
        statuses={"search[1]": "completed"},
        others={"outputs": {"seen": "{{ steps.search.output | map(attribute='item') | list }}"}},
    ),
    Flow(
        "Step Functions",
        "Map state with a Choice per item: items that do not fit are skipped",
        [set_("each", n="{{ item }}", forEach_={"in": "[1, 2, 3, 4]", "when": "item % 2 == 0"})],
        {"all": [None, {"n": 2}, None, {"n": 4}]},
        statuses={"each[0]": "skipped", "each[1]": "completed"},
        others={"outputs": {"all": "{{ steps.each.output }}"}},
    ),
    Flow(
        "Step Functions",
        "Map state that fails with its first failed item",
        [
            {
                "id": "each",
                "type": "assert",
                "forEach": {"in": "[1, 2, 3]"},
                "input": {"that": "{{ item != 2 }}"},
            },
            set_("after", x=1),
        ],
        status="failed",
        error="assertion",
        statuses={"each[0]": "completed", "each[1]": "failed", "after": "skipped"},
    ),
    Flow(
        "Step Functions",
        "a counter of iterations with Choice and Pass states",
        [
            {
                "id": "count",
                "type": "loop",
                "until": "steps.step.output.n >= 3",
                "maxIterations": 10,
                "steps": [set_("step", n="{{ (previous.n if previous else 0) + 1 }}")],
            }
        ],
        {"n": 3},
        others={"outputs": {"n": "{{ steps.count.output.n }}"}},
    ),
    Flow(
        "Serverless Workflow",
        "for each ... in ... at ... while ...",
        [
            set_(
                "each",
                sum="{{ (previous.sum if previous else 0) + pet }}",
                forEach_={"in": "[1, 2, 3, 4, 5]", "as": "pet", "stopWhen": "output.sum >= 6"},
            )
        ],
        {"sums": [1, 3, 6]},
        others={"outputs": {"sums": "{{ steps.each.output | map(attribute='sum') | list }}"}},
    ),
    Flow(
        "Dagu",
        "repeat_policy while a condition holds, with backoff",
        [
            {
                "id": "wait",
                "type": "loop",
                "while": "index < 3",
                "maxIterations": 10,
                "delay": {"delay": "1ms", "backoff": 2, "maxDelay": "4ms"},
                "steps": [set_("look", n="{{ index }}")],
            }
        ],
        {"n": 2},
        others={"outputs": {"n": "{{ steps.wait.output.n }}"}},
    ),
    Flow(
        "Arazzo",
        "retry of a step until its success criteria hold (retryLimit)",
        [
            {
                "id": "again",
                "type": "loop",
                "until": "steps.call.output.status == 200",
                "maxIterations": 5,
                "steps": [set_("call", status="{{ 200 if index == 1 else 503 }}")],
            }
        ],
        {"status": 200},
        others={"outputs": {"status": "{{ steps.again.output.status }}"}},
    ),
    Flow(
        "Kestra",
        "ForEach with a task that fails for one value and continues afterwards (allowFailure)",
        [
            {
                "id": "each",
                "type": "group",
                "forEach": {"in": "['a', 'b']", "onItemError": "continue"},
                "steps": [broken("bad", when="item == 'a'"), set_("good", v="{{ item }}")],
            },
            set_("after", n="{{ steps.each.error.details.failed }}"),
        ],
        {"n": 1, "all": [None, {"v": "b"}]},
        others={"outputs": {"n": "{{ steps.after.output.n }}", "all": "{{ steps.each.output }}"}},
    ),
]
