"""The 21 conformance scenarios of Serverless Workflow 1.0, adapted.

`inputs.base` is the address of a small server of pets, see `pets.py`.
"""

from typing import Any

from engine.control_flow.flow import TEXT, Flow, given, gives, set_

PRODUCT = "Serverless Workflow CTK"
BASE = {"base": {"type": "string"}}
COLORS = ("red", "green", "blue")
GROW = "{{ (previous.colors if previous else []) + [color] }}"


def chain(*colors: str) -> list[dict[str, Any]]:
    """Steps that each add a color to the list of the one before."""
    steps: list[dict[str, Any]] = []
    for index, color in enumerate(colors):
        before = f"steps.{colors[index - 1]}.output.colors + " if index else ""
        steps.append(set_(color, colors=f"{{{{ {before}['{color}'] }}}}"))
    return steps


def get(id: str, path: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": "http", "input": {"url": "{{ inputs.base }}" + path, **fields}}


def by_color(*, default: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": "color",
        "type": "switch",
        "cases": [{"when": f"inputs.color == '{each}'", "steps": [set_(each, colors=[each])]} for each in COLORS],
    }
    return made | {"default": {"steps": [set_("custom", colors=["{{ inputs.color }}"])]}} if default else made


def pet(status: str) -> dict[str, Any]:
    """Ask for a pet that is not there, and handle one status."""
    handler = set_("handle", type="{{ error.type }}", status="{{ error.details.status }}", at="{{ error.pointer }}")
    return {**get("pet", "/pet/Milou"), "catch": [{"on": [status], "steps": [handler]}]}


AUTHORIZATION = "Basic {{ (inputs.user ~ ':' ~ inputs.password) | b64encode }}"
EVENT = {"source": "https://fake-source.com", "type": "com.fake-source.user.greeted.v1", "specversion": "1.0"}

CONFORMANCE = [
    Flow(
        PRODUCT,
        "flow: implicit sequence",
        chain(*COLORS),
        {"colors": ["red", "green", "blue"]},
        others=gives(colors="{{ steps.blue.output.colors }}"),
    ),
    Flow(
        PRODUCT,
        "flow: explicit sequence (then), in another order than the file",
        [
            set_("red", colors=["red"], needs_=[]),
            set_("blue", colors="{{ steps.green.output.colors + ['blue'] }}", needs_=["green"]),
            set_("green", colors="{{ steps.red.output.colors + ['green'] }}", needs_=["red"]),
        ],
        {"colors": ["red", "green", "blue"]},
        others=gives(colors="{{ steps.blue.output.colors }}"),
    ),
    Flow(
        PRODUCT,
        "do: sequential sub tasks",
        [{"id": "all", "type": "group", "steps": chain(*COLORS)}],
        {"colors": ["red", "green", "blue"]},
        others=gives(colors="{{ steps.all.output.colors }}"),
    ),
    Flow(
        PRODUCT,
        "branch: competing concurrent sub tasks",
        [
            {
                "id": "first",
                "type": "race",
                "branches": [{"name": each, "steps": [set_(each, colors=[each])]} for each in COLORS],
            }
        ],
        {"count": 1},
        others=gives(count="{{ steps.first.output.output.colors | length }}"),
    ),
    Flow(
        PRODUCT,
        "for: item, index, and what the iterations before have made",
        [
            set_(
                "mark",
                forEach_={"in": "inputs.colors", "as": "color"},
                colors=GROW,
                indexes="{{ (previous.indexes if previous else []) + [index] }}",
            )
        ],
        {"processed": {"colors": ["red", "green", "blue"], "indexes": [0, 1, 2]}},
        inputs={"colors": ["red", "green", "blue"]},
        others=given(colors={"type": "array"}) | gives(processed="{{ steps.mark.output[-1] }}"),
    ),
    Flow(
        PRODUCT,
        "raise: inline error",
        [
            {
                "id": "refuse",
                "type": "fail",
                "input": {"type": "compliance.error", "message": "Compliance Error", "details": {"status": 400}},
            }
        ],
        {"error": "compliance.error", "title": "Compliance Error", "status": 400, "at": "/steps/0"},
        status="failed",
        error="compliance.error",
        others={
            "finally": [set_("see", error="{{ run.error }}")],
            **gives(
                error="{{ steps.see.output.error.type }}",
                title="{{ steps.see.output.error.message }}",
                status="{{ steps.see.output.error.details.status }}",
                at="{{ steps.see.output.error.pointer }}",
            ),
        },
    ),
    Flow(
        PRODUCT,
        "switch: matching case",
        [by_color(default=False)],
        {"colors": ["red"]},
        inputs={"color": "red"},
        statuses={"color.red": "completed", "color.green": "skipped", "color.blue": "skipped"},
        others=given(color=TEXT) | gives(colors="{{ steps.color.output.colors }}"),
    ),
    Flow(
        PRODUCT,
        "switch: implicit default (none is taken)",
        [by_color(default=False)],
        {"taken": None},
        inputs={"color": "yellow"},
        statuses={"color": "completed", "color.red": "skipped", "color.green": "skipped", "color.blue": "skipped"},
        others=given(color=TEXT) | gives(taken="{{ steps.color.output }}"),
    ),
    Flow(
        PRODUCT,
        "switch: explicit default",
        [by_color(default=True)],
        {"colors": ["yellow"]},
        inputs={"color": "yellow"},
        others=given(color=TEXT) | gives(colors="{{ steps.color.output.colors }}"),
    ),
    Flow(
        PRODUCT,
        "set: literals and parts of the input",
        [set_("shape", shape="circle", size="{{ inputs.configuration.size }}", fill="{{ inputs.configuration.fill }}")],
        {"shape": {"shape": "circle", "size": {"width": 6}, "fill": {"red": 69}}},
        inputs={"configuration": {"size": {"width": 6}, "fill": {"red": 69}}},
        others=given(configuration={"type": "object"}) | gives(shape="{{ steps.shape.output }}"),
    ),
    Flow(
        PRODUCT,
        "data flow: input filter",
        [set_("player", subject="{{ inputs.user.claims.subject }}")],
        {"player": "6Asn"},
        inputs={"user": {"claims": {"subject": "6Asn"}}},
        others=given(user={"type": "object"}) | gives(player="{{ steps.player.output.subject }}"),
    ),
    Flow(
        PRODUCT,
        "data flow: output filter",
        [get("pet", "/pet/{{ inputs.id }}")],
        {"id": 1},
        inputs={"id": 1},
        others=given(**BASE, id={"type": "integer"}) | gives(id="{{ steps.pet.output.body.id }}"),
    ),
    Flow(
        PRODUCT,
        "data flow: an output that is no object",
        [get("one", "/pet/1"), get("two", "/pet/2")],
        {"ids": [1, 2]},
        others=given(**BASE) | gives(ids="{{ [steps.one.output.body.id, steps.two.output.body.id] }}"),
    ),
    Flow(
        PRODUCT,
        "call: http, its content",
        [get("find", "/pets", query={"status": "{{ inputs.status }}"})],
        {"first": {"id": 1, "name": "Rex", "status": "available"}},
        inputs={"status": "available"},
        others=given(**BASE, status=TEXT) | gives(first="{{ steps.find.output.body[0] }}"),
    ),
    Flow(
        PRODUCT,
        "call: http, its response with the request",
        [get("pet", "/pet/1"), set_("whole", request={"method": "GET", "uri": "{{ steps.pet.output.url }}"})],
        {"status": 200, "type": "application/json", "id": 1, "method": "GET"},
        how="workaround",
        others=given(**BASE)
        | gives(
            status="{{ steps.pet.output.status }}",
            type="{{ steps.pet.output.headers['content-type'] }}",
            id="{{ steps.pet.output.body.id }}",
            method="{{ steps.whole.output.request.method }}",
        ),
    ),
    Flow(
        PRODUCT,
        "call: http, basic authentication",
        [get("login", "/login", headers={"Authorization": AUTHORIZATION})],
        {"status": 200},
        inputs={"user": "serverless", "password": "conformance"},
        others=given(**BASE, user=TEXT, password=TEXT) | gives(status="{{ steps.login.output.status }}"),
    ),
    Flow(
        PRODUCT,
        "call: openapi, its content (the path is written out)",
        [get("find", "/pets", query={"status": "{{ inputs.status }}"})],
        {"count": 2},
        how="workaround",
        inputs={"status": "available"},
        others=given(**BASE, status=TEXT) | gives(count="{{ steps.find.output.body | length }}"),
    ),
    Flow(
        PRODUCT,
        "call: openapi, its response (the path is written out)",
        [get("pet", "/pet/1")],
        {"name": "Rex", "status": 200},
        how="workaround",
        others=given(**BASE) | gives(name="{{ steps.pet.output.body.name }}", status="{{ steps.pet.output.status }}"),
    ),
    Flow(
        PRODUCT,
        "try: a caught error, with its status and place",
        [pet("http.404")],
        {"caught": {"type": "http.4xx", "status": 404, "at": "/steps/0"}},
        others=given(**BASE) | gives(caught="{{ steps.pet.output }}"),
    ),
    Flow(
        PRODUCT,
        "try: an error that nothing catches",
        [pet("http.503")],
        status="failed",
        error="http.4xx",
        statuses={"pet": "failed", "pet.handle": "skipped"},
        others=given(**BASE),
    ),
    Flow(
        PRODUCT,
        "emit: an event (composed by set; there is no broker)",
        [set_("event", run="{{ run.id }}", time="{{ run.startedAt }}", data="Hello {{ inputs.name }}!", **EVENT)],
        {"source": "https://fake-source.com", "data": "Hello John!"},
        how="workaround",
        inputs={"name": "John"},
        others=given(name=TEXT) | gives(source="{{ steps.event.output.source }}", data="{{ steps.event.output.data }}"),
    ),
]
