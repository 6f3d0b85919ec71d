"""Start-up and memory of `wftui run` in separate processes, over a new workspace."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SOURCES = Path(__file__).parents[2]
_PEAK = (
    "import sys; from wftui.cli.main import main; main(sys.argv[1:]);"
    "import memory; print(memory.peak_of_this_process(), file=sys.stderr)"
)
_THEIRS = "import asyncio, argparse, pydantic, aiosqlite, jinja2, ahocorasick_rs"


@dataclass(frozen=True, slots=True)
class CliRun:
    """The peak memory of a run in MB, and the seconds from its start to its end."""

    peak: float
    seconds: float


class Runs:
    """A workspace and a database in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = folder / "runs.db"
        paths = os.pathsep.join([str(Path(__file__).parent), str(_SOURCES)])
        self._environment = {**os.environ, "PYTHONPATH": paths}

    def chain(self, steps: int) -> str:
        """A workflow of some `set` steps, each reading the one before; returns its id."""
        made = [{"id": "s0", "type": "set", "input": {"n": 0}}]
        made += [
            {"id": f"s{index}", "type": "set", "input": {"n": f"{{{{ steps.s{index - 1}.output.n + 1 }}}}"}}
            for index in range(1, steps)
        ]
        return self._write(f"chain{steps}", made, f"{{{{ steps.s{steps - 1}.output.n }}}}")

    def for_each(self, items: int) -> str:
        """Write a workflow with a `set` step over some items; return its id."""
        each = {"in": f"range({items})", "maxItems": items, "maxParallel": 10}
        steps = [{"id": "each", "type": "set", "forEach": each, "input": {"n": "{{ item }}"}}]
        return self._write(f"each{items}", steps, "{{ steps.each.output }}")

    def measure(self, workflow: str) -> CliRun:
        """Run a workflow by `wftui run -q`."""
        words = [sys.executable, "-c", _PEAK, *self._words(workflow), "-q"]
        done = subprocess.run(words, check=True, capture_output=True, text=True, env=self._environment)
        with sqlite3.connect(self._database) as connection:
            (milliseconds,) = connection.execute("SELECT duration FROM executions ORDER BY key DESC").fetchone()
        return CliRun(float(done.stderr.splitlines()[-1]), milliseconds / 1000)

    def peak_of_compiling(self, workflow: str) -> float:
        """Peak of memory in MB of `wftui compile`, whose files are removed."""
        generated = self._folder / "tables" / "workflows" / workflow / "workflow.py"
        words = ["--tables", str(self._folder / "tables"), "compile", workflow]
        environment = {**self._environment, "XDG_DATA_HOME": str(self._folder / "other")}
        command = [sys.executable, "-c", _PEAK, *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        generated.unlink()
        return float(done.stderr.splitlines()[-1])

    def peak_of_imports(self) -> float:
        """Peak of memory in MB of a Python that imports the same libraries of others."""
        code = f"{_THEIRS}; import memory; print(memory.peak_of_this_process())"
        command = [sys.executable, "-c", code]
        return float(subprocess.run(command, check=True, capture_output=True, text=True, env=self._environment).stdout)

    def showing(self) -> float:
        """Seconds that `wftui show` of the newest run takes."""
        begin = time.perf_counter()
        words = [sys.executable, "-m", "wftui", "--db", str(self._database), "show", "last"]
        subprocess.run(words, check=True, capture_output=True, env=self._environment)
        return time.perf_counter() - begin

    def until_first_step(self, workflow: str) -> float:
        """Seconds from the start of the process to the first event of a step."""
        begin = time.perf_counter()
        words = [sys.executable, "-m", "wftui", *self._words(workflow), "--events"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=self._environment) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if json.loads(line)["type"] == "step_started":
                    taken = time.perf_counter() - begin
                    process.stdout.read()
                    return taken
        raise RuntimeError(f"{workflow} had no step")

    def bare_imports(self) -> float:
        """Seconds that a Python takes which imports the same libraries of others."""
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", _THEIRS], check=True)
        return time.perf_counter() - begin

    def _words(self, workflow: str) -> list[str]:
        return ["--tables", str(self._folder / "tables"), "--db", str(self._database), "run", workflow]

    def _write(self, workflow: str, steps: Sequence[Mapping[str, object]], output: str) -> str:
        source = self._folder / "tables" / "workflows" / workflow / "workflow.json"
        source.parent.mkdir(parents=True)
        document = {"format": 1, "id": workflow, "steps": steps, "outputs": {"result": output}}
        source.write_text(json.dumps(document))
        return workflow
