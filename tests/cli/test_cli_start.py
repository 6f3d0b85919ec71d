"""Imports of commands when nothing has changed since the last one."""

import subprocess
import sys
from pathlib import Path

from helpers import Cli, write_workflow

from wftui.model.base import Json
from wftui.model.errors import ExitCode

HEAVY_FOR_RUNS = [
    *("pydantic", "pydantic_core", "jsonschema", "jinja2", "textual", "rich", "psutil", "httpx2", "tomlkit", "mcp"),
    *("html", "wftui.connections.text_views"),
    *("wftui.compiler.compiler", "wftui.compiler.checks", "wftui.model.validated", "wftui.model.workflow.definition"),
]
HEAVY = [*HEAVY_FOR_RUNS, "wftui.engine", "wftui.steps.registry.step_registry"]
PROBE = f"""
import dataclasses, sys

made, slow = dataclasses.dataclass, []

def watched(cls=None, **options):
    caller = sys._getframe(1).f_globals["__name__"]
    if caller.startswith("wftui") and caller != "wftui.model.data_class":
        slow.append(caller)  # it has wftui.model.data_class.dataclass for what starts load
    return made(cls, **options)

dataclasses.dataclass = watched

from wftui.cli.main import main
looking = (["list"], ["history"], ["history", "--json"], ["show", "last"], ["show", "last", "--json"])
for words in (*looking, ["run", "sets", "-q"], ["run", "asks", "-q", "-i", "n=2"]):
    code = main([*words, *sys.argv[1:]])
    heavy = {HEAVY!r} if words in looking else {HEAVY_FOR_RUNS!r}
    print(code, *[name for name in heavy if name in sys.modules], file=sys.stderr)
print(*slow, file=sys.stderr)
"""


def test_commands_on_what_is_unchanged_import_nothing_heavy(bare_cli: Cli, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    places = ["--tables", str(tables), "--db", str(tmp_path / "runs.db")]
    write_workflow(tables, "sets", {"id": "a", "type": "set", "input": {"n": 1}})
    schema: Json = {"type": "object", "properties": {"n": {"type": "integer"}, "s": {"type": "string", "default": "x"}}}
    reading: Json = {"id": "a", "type": "set", "input": {"n": "{{ inputs.n + 0.5 }}", "s": "{{ inputs.s }}!"}}
    write_workflow(tables, "asks", reading, inputSchema=schema)
    write_workflow(tables, "fails", {"id": "a", "type": "fail", "input": {"type": "my.type", "message": "no"}})
    code, _, errors = bare_cli("run", "fails", "-q", *places)
    assert code == ExitCode.FAILED, errors
    words = [sys.executable, "-c", PROBE, *places]
    subprocess.run(words, capture_output=True, check=True)  # compiles; other paths of modules count as a change
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["0"] * 7
