"""Mutations of valid workflows, as by a careless or hostile author."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("tables/workflows/*/workflow.json"), *ROOT.glob("docs/recipes/*/workflow.json")])
WORKFLOWS: list[dict[str, Any]] = [{**json.loads(path.read_text("utf-8")), "id": "flow"} for path in SOURCES]

Address = tuple[str | int, ...]

DEEP: Any = 1
for _ in range(200):
    DEEP = [DEEP]

SCHEMAS: list[Any] = [
    {"type": "object", "zzz": {"s": {"type": "string", "minLength": "3", "default": "abc"}}},
    {"type": ["string", {}], "default": 1},
    {"$ref": "#", "default": {}},
    {"$ref": "#/properties", "default": 1},
    {"$ref": "https://example.com/schema", "default": 1},
    {"$ref": 5},
    {"$ref": "#/%ZZ~9"},
    {"$dynamicRef": "#x", "$anchor": 3},
    {"$id": "::", "$ref": "x#y"},
    {"$schema": "nonsense"},
    {"pattern": "(", "default": "x"},
    {"pattern": "(a+)+$", "default": "a" * 40 + "!"},
    {"multipleOf": 0, "default": 3},
    {"multipleOf": 1e-320, "default": 1e300},
    {"minimum": "1", "default": 2},
    {"maxLength": 10**400, "default": "x"},
    {"enum": 3, "default": 3},
    {"enum": [], "default": 3},
    {"required": "abc", "default": {}},
    {"properties": [], "default": {}},
    {"items": [3], "default": [1]},
    {"format": 5, "default": "x"},
    {"format": "date-time", "default": "9999-99-99T99:99:99Z"},
    {"dependentRequired": {"a": 3}, "default": {"a": 1}},
    {"if": 3, "then": [], "default": {}},
    {"unevaluatedProperties": 3, "default": {"a": 1}},
    {"x-order": {}, "writeOnly": "yes", "default": "x"},
    {"properties": {"": {"properties": {"a.b/c~d": {"type": "strnig"}}}}},
]
"""Schemas with keywords of the wrong type, also below keys that no schema has."""

VALUES: list[Any] = [
    *SCHEMAS,
    None,
    True,
    -1,
    0,
    10**400,
    -(10**400),
    10**4000,
    2**63,
    1e308,
    1e-320,
    -0.0,
    0.1 + 0.2,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e\x1b[2J",
    "9" * 400,
    "9" * 400 + "s",
    "1e999",
    "99999999999999999999d",
    "../../x",
    "/dev/zero",
    "a" * 3000,
    "{{",
    "{{ }}",
    "{{ inputs }}",
    "{{ steps.x.output[" + "9" * 400 + "] }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
    "{{ " + "-" * 3000 + "1 }}",
    "{{ " + "1 + " * 3000 + "1 }}",
    "{{ inputs" + ".a" * 3000 + " }}",
    "{{ 'a' | replace('a', " + "'b' | replace('a', " * 60 + "'x'" + ")" * 61 + " }}",
    "{{ x | matches('(') }}",
    "set",
    "workflow",
    "loop",
    "shell",
    "env:HOME",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": {}},
    {"__proto__": 1, "a.b": 2, "a/b~c": 3},
    {"when": 1},
    {"steps": {"steps": 1}},
    DEEP,
]
KEYS = ["type", "id", "input", "when", "needs", "steps", "forEach", "cases", "default", "outputs", "inputSchema", "zzz"]


def addresses(value: Any, at: Address = ()) -> Iterator[Address]:
    """Yield the address of a value and of everything in it."""
    yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from addresses(inner, (*at, key))


def at(value: Any, address: Address) -> Any:
    for key in address:
        value = value[key]
    return value


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw the text of a workflow with one to four changes."""
    workflow = deepcopy(draw(st.sampled_from(WORKFLOWS)))
    for _ in range(draw(st.integers(1, 4))):
        workflow = _changed(draw, workflow)
    text = json.dumps(workflow, indent=2, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 5)) == 0:
        cut = draw(st.integers(0, len(text)))
        text = (
            text[:cut]
            + draw(st.sampled_from(["", "\x00", "}", "]", '"', ",", "//", "[" * 500, "9" * 5000]))
            + (text[cut + draw(st.integers(0, 5)) :])
        )
    return text


def _changed(draw: st.DrawFn, workflow: Any) -> Any:
    places = list(addresses(workflow))
    address = draw(st.sampled_from(places))
    if not address:
        return workflow
    parent, key = at(workflow, address[:-1]), address[-1]
    match draw(st.sampled_from(["value", "value", "value", "remove", "move", "key", "add", "repeat"])):
        case "value":
            parent[key] = deepcopy(draw(st.sampled_from(VALUES)))
        case "remove":
            del parent[key]
        case "move":
            parent[key] = deepcopy(at(workflow, draw(st.sampled_from(places))))
        case "key" if isinstance(parent, dict):
            parent[draw(st.sampled_from([*KEYS, "", "\ud800", "a" * 3000]))] = parent.pop(key)
        case "add" if isinstance(parent, dict):
            parent[draw(st.sampled_from(KEYS))] = deepcopy(draw(st.sampled_from(VALUES)))
        case _ if isinstance(parent, list):
            parent.append(deepcopy(parent[int(key)]))
    return workflow
