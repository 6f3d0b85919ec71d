"""Regions of `workflow-format.md`: tables of keys, joins, kinds of connections, and limits."""

from collections.abc import Mapping
from typing import Any, get_args

from making.tables import fields_table
from wftui.compiler.expressions.syntax import MAX_DEPTH, MAX_LENGTH
from wftui.compiler.source.document import MAX_NESTING
from wftui.compiler.tree.structure import CONTAINER_KEYS, REQUIRED_CONTAINER_KEYS
from wftui.connections.connection_kinds import KINDS
from wftui.connections.secret_forms import MINIMUM_LENGTH
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.primitives.outcome import Edge
from wftui.engine.run.steps.scheduler import decide_join
from wftui.model.json.big_values import MAX_DEPTH as MAX_VALUE_DEPTH
from wftui.model.run.record_index import WINDOW
from wftui.model.run.steps import ExecutionError
from wftui.model.workflow.containers import Join
from wftui.model.workflow.definition import Workflow
from wftui.model.workflow.durations import parse_duration
from wftui.runtime.language.limits import MAX_BITS, MAX_ITEMS, MAX_TEXT
from wftui.runtime.plan import StepPlan
from wftui.steps.registry.step_registry import builtin_registry
from wftui.steps.shell.output import MAX_OUTPUTS_FILE
from wftui.store.events.payloads import PAYLOAD_BYTES

_EDGES: dict[Edge, str] = {"succeeded": "completed", "skipped": "skipped", "failed": "failed"}
_PAIRS: tuple[tuple[Edge, Edge], ...] = (
    ("succeeded", "succeeded"),
    ("succeeded", "skipped"),
    ("skipped", "skipped"),
    ("succeeded", "failed"),
    ("skipped", "failed"),
    ("failed", "failed"),
)
_ENGINE = EngineSettings()


def keys(name: str) -> str:
    """The keys of one model; of a step, those that every type has."""
    whole = Workflow.model_json_schema(by_alias=True)
    if name == "ExecutionError":
        return fields_table("field", ExecutionError.model_json_schema(by_alias=True), given=False)
    schema: dict[str, Any] = whole if name == "Workflow" else whole["$defs"][name]
    if name == "Step":
        inside = {key for owned in CONTAINER_KEYS.values() for key in owned}
        common = {key: field for key, field in schema["properties"].items() if key not in inside}
        schema = {**schema, "properties": common}
    return fields_table(f"key of {_TITLES[name]}", schema)


_TITLES = {
    "Workflow": "a workflow",
    "Defaults": "`defaults`",
    "TypeDefaults": "an entry of `defaults.types`",
    "ConnectionNeed": "a connection in `connections`",
    "Step": "a step",
    "ForEach": "`forEach`",
    "Matrix": "a matrix",
    "LoopDelay": "`delay`",
    "Concurrency": "`concurrency`",
    "Retry": "`retry`",
    "Catch": "an entry of `catch`",
    "Branch": "a branch",
    "Case": "a case",
    "DefaultCase": "`default`",
}


def container(word: str) -> str:
    """The keys that only one type of container has."""
    known = Workflow.model_json_schema(by_alias=True)["$defs"]["Step"]["properties"]
    properties = {key: known[key] for key in CONTAINER_KEYS[word]}
    return fields_table(f"key of a {word}", {"properties": properties, "required": REQUIRED_CONTAINER_KEYS[word]})


def joins() -> str:
    """For each join, whether a step runs after two others, as the scheduler decides."""
    words: tuple[Join, ...] = get_args(Join)
    lines = [
        "| a | b | " + " | ".join(f"`{word}`" for word in words) + " |",
        "|---" * (len(words) + 2) + "|",
    ]
    for left, right in _PAIRS:
        cells = [_decision(word, {"a": left, "b": right}) for word in words]
        lines.append(f"| {_EDGES[left]} | {_EDGES[right]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _decision(join: Join, edges: Mapping[str, Edge]) -> str:
    step = StepPlan(id="c", type="set", name="c", needs=("a", "b"), join=join)
    return "runs" if decide_join(step, edges) is None else "skipped"


def secret_fields() -> str:
    """The input fields of each step type that take secrets."""
    rows = [
        f"| `{kind.word}` | {', '.join(f'`{name}`' for name in sorted(kind.secret_fields))} |"
        for kind in builtin_registry().types()
        if kind.secret_fields
    ]
    return "\n".join(["| step type | fields that take secrets |", "|---|---|", *rows])


def kind_tables() -> str:
    """The kinds of connections and their values."""
    types = builtin_registry().types()
    parts = []
    for word, kind in KINDS.items():
        users = ", ".join(f"`{each.word}`" for each in types if each.takes_connection(word))
        schema = kind.model_json_schema(by_alias=True)
        for name, field in schema["properties"].items():
            if name in kind.secret_fields():
                field["description"] += " Secret."
        others = "".join(fields_table(name, each) for name, each in schema.get("$defs", {}).items())
        used = f"Used by {users}." if users else "Used by step types of plugins."
        parts.append(f"### {word}: {kind.title}\n\n{used}\n{fields_table('value', schema)}{others}")
    return "\n".join(parts)


def durations() -> str:
    """Examples of durations with their seconds."""
    rows = [f'| `"{text}"` | {parse_duration(text):g} s |' for text in ("500ms", "1.5s", "30s", "15m", "4h", "7d")]
    return "\n".join(["| written | is |", "|---|---|", *rows, "| `90` | 90 s |"])


def limits() -> str:
    """The limits for workflows."""
    fields = Workflow.model_fields
    rows = [
        ("levels of objects and lists in a workflow.json", f"{MAX_NESTING}"),
        ("characters of an expression", f"{MAX_LENGTH:,}"),
        ("levels of an expression", f"{MAX_DEPTH}"),
        ("characters of a text built by an expression", f"{MAX_TEXT:,}"),
        ("items of a list built by an expression", f"{MAX_ITEMS:,}"),
        ("bits of a whole number computed by an expression", f"{MAX_BITS:,}"),
        ("levels of objects and lists in a value between steps", f"{MAX_VALUE_DEPTH}"),
        ("steps at the same time, without `maxParallel`", f"{fields['max_parallel'].default}"),
        ("nested sub-workflows (`workflow` steps)", f"{_ENGINE.max_depth} levels; `maxDepth` of the step"),
        ("`finally` after a cancel or a timeout of the run", f"{_ENGINE.finally_limit:g} s"),
        ("time to end after a cancel or a timeout, before being killed", f"{_ENGINE.grace:g} s"),
        (
            "log of one step",
            f"the first {_ENGINE.log_head:,} characters and the last {_ENGINE.log_tail:,} lines are events, the rest"
            " [is stored beside the history](settings.md#long-logs)",
        ),
        ("characters of one log line", f"{_ENGINE.log_line:,}"),
        ("bytes read of the file `$WFTUI_OUTPUT`", f"{MAX_OUTPUTS_FILE:,}"),
        ("bytes of a value inside an event; bigger ones are stored once, separately", f"{PAYLOAD_BYTES:,}"),
        ("steps of finished iterations that a record holds; the others are read by path", f"{WINDOW:,}"),
        ("characters of a secret that is masked inside other text", f"{MINIMUM_LENGTH} or more"),
    ]
    lines = [f"| {what} | {much} |" for what, much in rows]
    return "\n".join(["| limit | |", "|---|---|", *lines])
