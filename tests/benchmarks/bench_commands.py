"""Commands over unchanged workflows, as processes: CPU time against bare imports."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from measure import Row, measure_pair

_IMPORTS = [sys.executable, "-c", "import pydantic, asyncio, sqlite3"]
_MODEL = "from pydantic import BaseModel\nclass Input(BaseModel):\n    text: str\n"
_ONE_MODEL = [sys.executable, "-c", f"import pydantic, asyncio, sqlite3\n{_MODEL}"]
_SOURCES = Path(__file__).parents[2]


def rows() -> Iterable[Row]:
    """One workflow, and two thousand."""
    with tempfile.TemporaryDirectory() as name:
        small = Commands(Path(name), 1)
        small.cpu("run", "w0", "-q")
        aims: dict[tuple[str, ...], float] = {
            ("list",): 1.5,
            ("run", "w0", "-q"): 2,
            ("run", "asks", "-q"): 2,
            ("history",): 1.5,
            ("show", "last"): 1.5,
        }
        for words, aim in aims.items():
            pair = measure_pair(partial(small.cpu, *words), partial(cpu_of, _IMPORTS), rounds=9)
            against = f"import pydantic, asyncio, sqlite3 {pair.median_b * 1000:.0f} ms"
            yield Row(f"wftui {' '.join(words)}, CPU", f"{pair.median_a * 1000:.0f} ms", against, pair.ratio, aim)
        # Steps whose input is read by a model of pydantic's need what that takes.
        pair = measure_pair(partial(small.cpu, "run", "waits", "-q"), partial(cpu_of, _ONE_MODEL), rounds=9)
        against = f"the imports, and one model of pydantic's {pair.median_b * 1000:.0f} ms"
        yield Row("wftui run waits -q, CPU", f"{pair.median_a * 1000:.0f} ms", against, pair.ratio)
    with tempfile.TemporaryDirectory() as name:
        big = Commands(Path(name), 2_000)
        for words in (("list",), ("compile", "--all")):
            taken = min(big.cpu(*words) for _ in range(5))
            yield Row(f"wftui {' '.join(words)}, 2,000 unchanged", f"{taken:.2f} CPU s", "0.5 s", taken / 0.5, 1)


class Commands:
    """A user with a workspace of compiled workflows of one step each."""

    def __init__(self, folder: Path, workflows: int) -> None:
        self._folder = folder
        data = {f"XDG_{name}_HOME": str(folder / name) for name in ("DATA", "CONFIG", "CACHE", "STATE")}
        self._environment = {**os.environ, **data, "PYTHONPATH": str(_SOURCES)}
        for number in range(workflows):
            self._write(f"w{number}", {"type": "set", "input": {"n": number}})
        text = {"type": "string", "default": "x"}
        schema = {"type": "object", "properties": {"text": text}}
        self._write("asks", {"type": "set", "input": {"text": "{{ inputs.text }}!"}}, inputSchema=schema)
        self._write("waits", {"type": "delay", "input": {"for": "1ms"}})
        self.cpu("compile", "--all")

    def _write(self, workflow: str, step: dict[str, object], **fields: object) -> None:
        path = self._folder / "tables" / "workflows" / workflow / "workflow.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"format": 1, "id": workflow, "steps": [{"id": "a", **step}], **fields}))

    def cpu(self, *words: str) -> float:
        """Seconds of CPU that a command takes."""
        paths = ["--tables", str(self._folder / "tables"), "--db", str(self._folder / "runs.db")]
        return cpu_of([sys.executable, "-m", "wftui", *paths, *words], self._environment)


def cpu_of(command: Sequence[str], environment: dict[str, str] | None = None) -> float:
    """Seconds of CPU that a process and its children take, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=environment, cwd=_SOURCES)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
