"""Runs with secrets over HTTP and MCP: all that the servers answer, as text."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from api.api_server import Server, all_events, ended, start
from helpers import patience
from mcp import Client

from connections.leaky_workflows import ALL, FAILING, INPUTS, JOINED, PRINTING, step
from wftui.agents.server import AgentOptions, AgentServer
from wftui.model.base import Json
from wftui.model.user.access import AccessToken
from wftui.workbench import Settings, Workbench

SERVED: dict[str, Json] = {
    "told": {
        "format": 1,
        "id": "told",
        "mcp": True,
        "inputSchema": INPUTS,
        "steps": [
            step("made", "set", all=ALL),
            step("print", "python", code=PRINTING, args={"secrets": ALL}),
            step("trace", "python", fails=True, code=FAILING, args={"secrets": ALL}),
        ],
        "outputs": {"all": "{{ steps.made.output }}", "forms": "{{ steps.print.output }}"},
    },
    "fell": {
        "format": 1,
        "id": "fell",
        "mcp": True,
        "inputSchema": INPUTS,
        "steps": [step("boom", "fail", type="leak.all", message=JOINED, details={"all": ALL})],
    },
}


def http_answers(settings: Settings, inputs: Json) -> str:
    """Return what every endpoint of runs answers, the event streams too."""
    server = Server(settings.tables, settings.database)
    with contextlib.closing(server), server.client() as client:
        shown_text: list[Any] = []
        runs = {name: start(client, name, inputs) for name in SERVED}
        for name, run_id in runs.items():
            shown_text += [ended(client, run_id), all_events(client, run_id)]
            place = f"/api/workflows/execute/{run_id}"
            record = client.get(place, params={"whole": True}).json()
            shown_text += [record, client.get(f"{place}/logs").text]
            shown_text += [client.get(f"{place}/steps/{each['path']}").json() for each in record["stepResults"]]
            shown_text += [client.get(f"{place}/values/{each}").text for each in _hashes(client.get(place).json())]
            shown_text += [client.get(f"{place}/resume/plan").text, client.post(f"{place}/resume", json={}).text]
            for body in ({"inputs": inputs, "reuse": True}, {"inputs": {"secrets": inputs["token"]}}):
                shown_text += [client.post(f"{place}/rerun{path}", json=body).text for path in ("/plan", "")]
            answer = {"path": "boom", "approved": True, "data": inputs}
            shown_text.append(client.post(f"{place}/answer", json=answer).text)
            shown_text.append(client.get("/api/workflows/statistics", params={"workflowId": name}).text)
            shown_text.append(client.get(f"/api/workflows/definitions/{name}").text)
        for wrong in ({**inputs, "token": [inputs["token"]]}, {**inputs, "number": inputs["token"]}):
            refused = client.post("/api/workflows/execute", json={"workflowId": "told", "inputs": wrong})
            assert refused.status_code == 422, refused.text
            shown_text.append(refused.text)
        compared = client.get(
            "/api/workflows/compare", params=dict(zip(("before", "after"), runs.values(), strict=True))
        )
        assert compared.status_code == 200, compared.text
        shown_text += [compared.text, client.get("/api/workflows/history").text]
        server.stop()
    return "\n".join([*map(_text, shown_text), *server.errors])


async def agent_results(settings: Settings, inputs: Json) -> str:
    """Return the results of the tools and the resources that an agent can read."""
    workbench = Workbench(settings)
    token = AccessToken(name="ann", scope="admin", created_at=datetime.now(UTC))
    server = AgentServer(workbench, AgentOptions(), lambda _context: token)
    shown_text: list[Any] = []
    reported: list[str] = []

    async def told(progress: float, total: float | None, message: str | None) -> None:
        reported.append(f"{progress} {total} {message}")

    try:
        async with patience(), Client(server.server) as client:
            shown_text.append((await client.list_tools()).model_dump_json())
            for name in SERVED:
                called = await client.call_tool(name, inputs, progress_callback=told)
                assert isinstance(called.structured_content, dict)
                run = {"run": called.structured_content["run"]}
                shown_text += [called.model_dump_json(), called.structured_content]
                for tool in ("run_status", "run_steps", "run_logs", "run_cancel"):
                    shown_text.append((await client.call_tool(tool, run)).model_dump_json())
                step_id = {"told": "print", "fell": "boom"}[name]
                shown_text.append((await client.call_tool("run_steps", {**run, "step": step_id})).model_dump_json())
                for address in (f"runs/{run['run']}", f"runs/{run['run']}/log", f"workflows/{name}"):
                    shown_text.append((await client.read_resource(f"wftui://{address}")).model_dump_json())
            wrong = await client.call_tool("told", {**inputs, "number": inputs["token"]})
            assert wrong.is_error
            shown_text += [wrong.model_dump_json(), (await client.call_tool("run_history")).model_dump_json()]
    finally:
        await workbench.close(cancel=True)
    assert reported
    return "\n".join([*map(_text, shown_text), *reported])


def _hashes(value: Json) -> Iterator[str]:
    """The hashes of the big values that a record refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("$value"), str):
            yield value["$value"]
        for each in value.values():
            yield from _hashes(each)
    if isinstance(value, list):
        for each in value:
            yield from _hashes(each)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
