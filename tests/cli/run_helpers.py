"""Workflows to run, and `wftui` in a process of its own."""

import json
import subprocess
import sys

from helpers import PATIENCE, obey_permissions

from wftui.workbench import Settings

HELLO = {
    "format": 1,
    "id": "hello",
    "inputSchema": {
        "type": "object",
        "properties": {
            "who": {"type": "string", "default": "world"},
            "times": {"type": "integer", "minimum": 1, "default": 1},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "additionalProperties": False,
    },
    "steps": [
        {"id": "greet", "type": "set", "input": {"text": "Hello, {{ inputs.who }}!"}},
        {"id": "shout", "type": "set", "when": "inputs.times > 1", "input": {"text": "{{ inputs.who | upper }}"}},
    ],
    "outputs": {"greeting": "{{ steps.greet.output.text }}", "tags": "{{ inputs.tags | default([]) }}"},
}


FAILS = {
    "format": 1,
    "id": "fails",
    "steps": [{"id": "boom", "type": "shell", "input": {"script": "echo about to fail >&2; exit 7"}}],
}


SLEEPS = {
    "format": 1,
    "id": "sleeps",
    "steps": [{"id": "nap", "type": "shell", "input": {"script": "echo $$; exec sleep 600"}}],
}


def add(settings: Settings, *workflows: dict[str, object]) -> None:
    for workflow in workflows:
        path = settings.tables / "workflows" / str(workflow["id"]) / "workflow.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(workflow, indent=2))


def command(settings: Settings, *arguments: str) -> list[str]:
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    return [sys.executable, "-m", "wftui", *arguments, *places]


def wftui(
    settings: Settings, *arguments: str, stdin: str = "", obeying: bool = False
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(settings, *arguments),
        capture_output=True,
        text=True,
        input=stdin,
        timeout=PATIENCE,
        check=False,
        preexec_fn=obey_permissions if obeying else None,
    )
