"""Keys in the monitor of the program itself, in a terminal, while a run storms.

A key is measured until the screen shows its pane: by the CPU of the screen's thread, with the events that it folds
meanwhile, and on the clock, which also counts waits for the interpreter, the disk and other programs.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import bench_crowd
from measure import Row
from shown_program import ShownProgram

_SIZE = (80, 24)
_PANES = (("2", "[2 Logs]"), ("1", "[1 Steps]"))
_AT_REST = 40
_CROWDED = 60
_COLLECTED = 2.0
"""Seconds after which garbage has been collected, in the first idle moment."""
_MOST = 400
_PROCESSES = 4

_Steps = list[Mapping[str, object]]


def _chain(count: int) -> _Steps:
    return [
        {"id": f"s{at}", "type": "set", "input": {"n": f"{{{{ steps.s{at - 1}.output.n + 1 }}}}" if at else 0}}
        for at in range(count)
    ]


def _side_by_side(count: int) -> _Steps:
    return [{"id": f"s{at}", "type": "set", "input": {"n": at}} for at in range(count)]


_STORMS: Mapping[str, _Steps] = {
    "1,000,000 log lines": [{"id": "log", "type": "shell", "input": {"script": "seq 1 1000000"}}],
    "10,000 steps in a row": _chain(10_000),
    "2,000 steps side by side": _side_by_side(2_000),
    "4,998 steps side by side": _side_by_side(4_998),
}


def rows() -> Iterable[Row]:
    """Switches of the pane in storms and at rest, and the memory afterwards."""
    for what, steps in _STORMS.items():
        with tempfile.TemporaryDirectory() as name:
            yield from _storm(Path(name), what, steps)
    with tempfile.TemporaryDirectory() as name:
        yield from _crowd(Path(name))


def _storm(folder: Path, what: str, steps: _Steps) -> Iterable[Row]:
    path = folder / "tables" / "workflows" / "storm" / "workflow.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"format": 1, "id": "storm", "steps": steps}))
    with ShownProgram(folder, size=_SIZE) as program:
        _start(program)
        program.shows("completed")
        program.settle()
        yield _memory_row(f"{what}, memory of the program that compiles it", program)
    with ShownProgram(folder, size=_SIZE) as program:
        _start(program)
        opening = _switches(program, lambda done: done == 1)
        keys = _switches(program, lambda done: _has_ended(program) or done == _MOST, start=1)
        program.shows("completed")
        time.sleep(_COLLECTED)
        program.settle()
        at_rest = _switches(program, lambda done: done == _AT_REST)
        yield from _key_rows(f"{what}, first key, while the monitor opens", opening)
        yield from _key_rows(f"{what}, switch of the pane in the storm", keys)
        yield from _key_rows(f"{what}, switch of the pane at rest", at_rest)
        yield _memory_row(f"{what}, memory of a later program", program)


def _start(program: ShownProgram) -> None:
    program.shows("storm")
    program.settle()
    program.press("r")
    program.shows("running")


def _has_ended(program: ShownProgram) -> bool:
    return "completed" in program.screen.display[1]


def _memory_row(what: str, program: ShownProgram) -> Row:
    memory = program.memory()
    return Row(what, f"{memory:.0f} MB", "aim 150 MB", memory / 150, 1)


def _crowd(folder: Path) -> Iterable[Row]:
    database, stop = folder / "runs.db", folder / "stop"
    words = [sys.executable, bench_crowd.__file__, str(database), str(stop)]
    storms = [subprocess.Popen(words) for _ in range(_PROCESSES)]
    try:
        with ShownProgram(folder, size=_SIZE) as program:
            program.shows("Workflows")
            program.press("H")
            program.shows("storm")
            program.press("\r")
            program.shows("[1 Steps]")
            keys = _switches(program, lambda done: done == _CROWDED)
    finally:
        stop.touch()
        for storm in storms:
            storm.wait()
    yield from _key_rows(f"{_PROCESSES} processes store events, switch of the pane in the monitor of one", keys)


def _switches(program: ShownProgram, is_over: Callable[[int], bool], *, start: int = 0) -> list[tuple[float, float]]:
    """Return the milliseconds of CPU and on the clock of each key.

    Args:
        start: number of the first pane.
    """
    taken: list[tuple[float, float]] = []
    while not is_over(len(taken)):
        key, shown = _PANES[(start + len(taken)) % len(_PANES)]
        cpu, clock = program.cpu()[0], time.perf_counter()
        program.press(key)
        program.shows(shown)
        taken.append(((program.cpu()[0] - cpu) * 1000, (time.perf_counter() - clock) * 1000))
    return taken


def _key_rows(what: str, taken: Sequence[tuple[float, float]]) -> Iterable[Row]:
    if not taken:
        yield Row(what, "ended before a key could be pressed")
        return
    cpu, clock = (sorted(each[kind] for each in taken) for kind in (0, 1))
    late = _share(cpu, 0.99)
    measured = f"p50 {_share(cpu, 0.5):.0f}, p99 {late:.0f} ms of CPU, {len(taken)} keys"
    on_clock = f"p50 {_share(clock, 0.5):.0f}, p99 {_share(clock, 0.99):.0f} ms on the clock"
    yield Row(what, measured, on_clock, late / 50, 1)


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
