"""The same sequential work, each step kept in SQLite, on engines others use; those not installed say so.

The optional dependencies `bench` install them.
"""

import gc
import importlib
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench_engine import chain, run_once
from measure import Row, measure_pair

Peer = Callable[[int], float]
"""Runs so many steps; returns the seconds they took."""


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
