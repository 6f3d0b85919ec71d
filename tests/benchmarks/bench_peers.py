"""The same sequential work, stored step by step in SQLite, on other engines.

The optional dependencies `bench` install burr and DBOS; Mastra is installed by npm, for this run only.
"""

import gc
import importlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench_engine import chain, run_often, run_once, side_by_side
from measure import Row, measure_pair

_MASTRA = ("@mastra/core@0.24.9", "@mastra/libsql@0.16.4")
Peer = Callable[[int], float]
"""Runs a number of steps; returns the seconds they took."""


def rows() -> Iterable[Row]:
    """100 and 1,000 steps beside each peer."""
    with tempfile.TemporaryDirectory(prefix="wftui-bench-", dir=Path.cwd()) as folder:
        ours, theirs = Path(folder, "ours"), Path(folder, "theirs")
        ours.mkdir()
        theirs.mkdir()
        for name, package, start in (("burr", "burr", _burr), ("DBOS", "dbos", _dbos)):
            try:
                importlib.import_module(package)
            except ImportError:
                yield Row(f"steps in sequence beside {name}", "-", f"{package} is not installed")
                continue
            with start(theirs) as peer:
                for steps in (100, 1000):
                    yield _row(ours, name, peer, steps)
        yield from _beside_mastra(ours, theirs)


def _beside_mastra(ours: Path, theirs: Path) -> Iterable[Row]:
    """Mastra with its LibSQL store: steps in sequence and side by side, small runs."""
    if (reason := _install_mastra(theirs)) is not None:
        yield Row("steps in sequence beside Mastra", "-", reason)
        return
    for steps in (100, 1000):
        yield _row(ours, "Mastra", lambda steps: _mastra(theirs, steps, 1), steps)
    pair = measure_pair(lambda: run_once(ours, side_by_side(100)), lambda: _mastra(theirs, 100, 1, "beside"), rounds=3)
    against = f"Mastra with LibSQL {pair.median_b * 1000:.0f} ms"
    yield Row("100 steps side by side", f"{pair.median_a * 1000:.0f} ms", against, pair.ratio, 1)
    pair = measure_pair(lambda: run_often(ours, chain(1), 200), lambda: _mastra(theirs, 1, 200), rounds=3)
    mine, other = pair.median_a / 200 * 1000, pair.median_b / 200 * 1000
    yield Row("200 runs of one step", f"{mine:.2f} ms a run", f"Mastra with LibSQL {other:.2f} ms", pair.ratio, 1)


def _install_mastra(folder: Path) -> str | None:
    """Install Mastra into a folder; return why that is not possible, or None."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm and node are not installed"
    words = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *_MASTRA]
    if subprocess.run(words, capture_output=True).returncode:
        return f"npm cannot install {' '.join(_MASTRA)}"
    shutil.copy(Path(__file__).with_name("mastra.mjs"), folder)
    return None


def _mastra(folder: Path, steps: int, runs: int, shape: str = "chain") -> float:
    for path in folder.glob("mastra.db*"):
        path.unlink()
    words = ["node", str(folder / "mastra.mjs"), str(folder / "mastra.db"), str(steps), str(runs), shape]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def _row(folder: Path, name: str, peer: Peer, steps: int) -> Row:
    plan = chain(steps)
    pair = measure_pair(lambda: run_once(folder, plan), lambda: peer(steps), rounds=3)
    mine, theirs = pair.median_a / steps * 1000, pair.median_b / steps * 1000
    against = f"{name} with SQLite {theirs:.3f} ms"
    return Row(f"{steps:,} steps in sequence", f"{mine:.3f} ms a step", against, pair.ratio, 1)


@contextmanager
def _burr(folder: Path) -> Iterator[Peer]:
    core: Any = importlib.import_module("burr.core")
    persistence: Any = importlib.import_module("burr.core.persistence")

    @core.action(reads=["n"], writes=["n"])  # type: ignore[untyped-decorator]  # it is looked up at run time
    def count(state: Any) -> Any:
        return state.update(n=state["n"] + 1)

    @core.action(reads=["n"], writes=["n"])  # type: ignore[untyped-decorator]  # as above
    def last(state: Any) -> Any:
        return state.update(n=state["n"] + 1)

    def run(steps: int) -> float:
        path = folder / "burr.db"
        path.unlink(missing_ok=True)
        with persistence.SQLitePersister(str(path), "steps") as persister:
            persister.initialize()
            application = (
                core.ApplicationBuilder()
                .with_actions(count, last)
                .with_transitions(("count", "count", core.expr(f"n < {steps - 1}")), ("count", "last"))
                .with_state(n=0)
                .with_entrypoint("count")
                .with_state_persister(persister)
                .build()
            )
            begin = time.perf_counter()
            _, _, state = application.run(halt_after=["last"])
            taken = time.perf_counter() - begin
            del application
        gc.collect()  # its persister minds being collected later, in another thread
        if state["n"] != steps:
            raise RuntimeError(f"burr did {state['n']} of {steps} steps")
        return taken

    yield run


@contextmanager
def _dbos(folder: Path) -> Iterator[Peer]:
    dbos: Any = importlib.import_module("dbos").DBOS

    @dbos.step()  # type: ignore[untyped-decorator]  # it is looked up at run time
    def count(n: int) -> int:
        return n + 1

    @dbos.workflow()  # type: ignore[untyped-decorator]  # as above
    def sequence(steps: int) -> int:
        n = 0
        for _ in range(steps):
            n = count(n)
        return n

    def run(steps: int) -> float:
        begin = time.perf_counter()
        if sequence(steps) != steps:
            raise RuntimeError("DBOS did not do all steps")
        return time.perf_counter() - begin

    url = f"sqlite:///{folder / 'dbos.db'}"
    dbos(config={"name": "bench", "system_database_url": url, "log_level": "ERROR", "run_admin_server": False})
    dbos.launch()
    try:
        yield run
    finally:
        dbos.destroy(destroy_registry=True)
