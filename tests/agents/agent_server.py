"""The real server in a separate process, and the real client over stdin/stdout."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from api.api_server import ASK, GREET, GREET_SCHEMA
from helpers import PATIENCE, patience, until, write_workflow
from mcp import Client, StdioServerParameters
from mcp.client import stdio
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult, TextContent

from wftui.model.base import Json
from wftui.store.execution_store import ExecutionStore

stdio.PROCESS_TERMINATION_TIMEOUT = PATIENCE  # a busy server would be killed before it has ended its runs

SLEEP = {
    "id": "nap",
    "type": "shell",
    "input": {
        "script": 'echo $WFTUI_RUN > "$FOLDER/new"; mv "$FOLDER/new" "$FOLDER/begun"\n'
        'until [ -e "$FOLDER/done" ]; do sleep 0.05; done',
        "env": {"FOLDER": "{{ inputs.folder }}"},
    },
}
FOLDER_SCHEMA = {"type": "object", "properties": {"folder": {"type": "string"}}, "required": ["folder"]}


SECRETS = {f"s{number}": f"hush-{number:02}-{number * 7919:x}" for number in range(50)}


def _write_leaks(tables: Path) -> None:
    """Write a workflow whose steps print its 50 secret inputs and complete or fail."""
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {name: {"type": "string", "writeOnly": True, "maxLength": 20} for name in SECRETS},
        "additionalProperties": False,
    }
    env: dict[str, Json] = {name.upper(): f"{{{{ inputs.{name} }}}}" for name in SECRETS}
    kept = {"id": "kept", "type": "shell", "input": {"script": "env | sort", "env": env}}
    show = {"id": "show", "type": "shell", "input": {"script": "env | sort; env | sort >&2; exit 3", "env": env}}
    write_workflow(tables, "leaks", kept, show | {"onError": "fail"}, mcp=True, inputSchema=schema)


async def assert_no_secret_comes_back(client: Client) -> None:
    """Let `leaks` print its secrets, and look for them in every result and resource."""
    told: list[str] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(str(message))

    result = await client.call_tool("leaks", dict(SECRETS), progress_callback=note)
    run = value(result)["run"]
    seen = [result]
    seen += [await client.call_tool(name, {"run": run}) for name in ("run_status", "run_steps", "run_logs")]
    seen += [await client.call_tool("run_steps", {"run": run, "step": step}) for step in ("kept", "show")]
    seen.append(await client.call_tool("run_history"))
    seen.append(await client.call_tool("leaks", SECRETS | {"s0": "hush-too-long-" * 3}))
    seen.append(await client.call_tool("leaks", SECRETS | {"other": SECRETS["s1"]}))
    texts = [*told, *(each.model_dump_json() for each in seen)]
    for uri in (f"wftui://runs/{run}", f"wftui://runs/{run}/outputs", f"wftui://runs/{run}/log"):
        texts.append((await client.read_resource(uri)).model_dump_json())
    whole = "\n".join(texts)
    assert "S49=" in whole
    assert [name for name, secret in SECRETS.items() if secret in whole] == []
    assert "hush-too-long" not in whole


def write_workflows(tables: Path) -> None:
    """Write one workflow of each kind that the tests need."""
    more: dict[str, Json] = {"inputSchema": GREET_SCHEMA, "outputs": {"text": "{{ steps.text.output.text }}"}}
    write_workflow(tables, "greet", GREET, mcp=True, description="Greets by name", **more)
    write_workflow(tables, "hidden", GREET, **more)
    write_workflow(tables, "run_status", GREET, mcp=True, **more)
    first = {"id": "first", "type": "set", "input": {"x": 1}}
    write_workflow(tables, "sleeps", first, SLEEP, mcp=True, inputSchema=FOLDER_SCHEMA)
    write_workflow(tables, "asks", ASK, mcp=True, outputs={"by": "{{ steps.ok.output.by }}"})
    fails = {"id": "boom", "type": "fail", "input": {"type": "stock.empty", "message": "nothing left"}}
    write_workflow(tables, "fails", fails, mcp=True)
    write_workflow(tables, "broken", {"id": "x", "type": "no-such-type"}, mcp=True)
    noise = "import os\ndef main():\n    os.system('echo loud >&1')\n    print('loud')\n    return 1"
    _write_leaks(tables)
    write_workflow(tables, "loud", {"id": "noise", "type": "python", "input": {"code": noise}}, mcp=True)


def command(folder: Path, *arguments: str) -> list[str]:
    places = ["--tables", str(folder / "tables"), "--db", str(folder / "runs.db")]
    return [sys.executable, "-m", "wftui", *arguments, *places]


def wftui(folder: Path, *arguments: str) -> str:
    """Run another command on the same workspace and database."""
    done = subprocess.run(command(folder, *arguments), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def parameters(folder: Path, *arguments: str) -> StdioServerParameters:
    program, *words = command(folder, "mcp", "serve", *arguments)
    return StdioServerParameters(command=program, args=words, env=dict(os.environ))


@asynccontextmanager
async def connected(folder: Path, *arguments: str, **options: Any) -> AsyncIterator[Client]:
    """A client of a server of its own."""
    with (folder / "stderr.txt").open("w") as errors:
        async with Client(stdio_client(parameters(folder, *arguments), errlog=errors), **options) as client:
            yield client


def value(result: CallToolResult) -> dict[str, Any]:
    """The data of a result, which its text says as well."""
    [text] = result.content
    assert isinstance(text, TextContent)
    assert isinstance(result.structured_content, dict)
    assert json.loads(text.text) == result.structured_content
    return result.structured_content


def runs(folder: Path) -> list[dict[str, Any]]:
    """The history, as another process sees it."""
    found: list[dict[str, Any]] = json.loads(wftui(folder, "history", "--json"))["executions"]
    return found


def record(folder: Path, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(wftui(folder, "show", run_id, "--json"))
    return found


async def begun(folder: Path) -> str:
    """The id of the run of `sleeps`, once its step sleeps and the history says so.

    On a busy machine a command for each look would take longer than a call waits for its run.
    """
    file = folder / "begun"
    await until(file.exists)
    run_id = file.read_text().strip()
    file.unlink()
    store = await ExecutionStore.open(folder / "runs.db")
    async with patience():
        while (head := await store.head(run_id)) is None or head.status != "running":
            await asyncio.sleep(0.01)
    await store.close()
    return run_id
