"""The editor in a pseudo-terminal: CPU time, bytes of keys, and memory."""

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench_compiler import workflow_of
from measure import Row
from shown_program import KeyCost, ShownProgram

_FRAME_MS = 50
_BYTES = 1_000
_DOWN = "\x1b[B"
_SOURCE = "2"
_KEYS = 40
_REPEATED = 0.04
"""Seconds between the keys of one that is held down."""
_SIZES = ((80, 24), (120, 50), (200, 60))
"""Terminals with other panes: list alone; list, inspector, canvas and source at once."""
_ROUNDS = 300
_OUTPUT_MB = 50


def rows() -> Iterable[Row]:
    """Keys at 200 and 2,000 steps and in 2 MB, opening, binding help, memory."""
    for steps in (200, 2_000):
        yield from _keys(f"{steps:,} steps", workflow_of(steps))
    yield from _keys("a file of 2 MB", _big_text())
    for size in _SIZES:
        with _editor(workflow_of(200), size) as (program, _):
            costs = [program.cost(_DOWN) for _ in range(_KEYS)]
            run = program.cost_of_run(_DOWN, _KEYS, _REPEATED)
        what = f"cursor down in the list, 200 steps, {size[0]}x{size[1]}"
        yield from _costs(what, costs)
        each = run.written / _KEYS
        yield Row(f"{what}, held down: bytes a key", f"{each:,.0f}", f"{_BYTES:,}", each / _BYTES, 1)
    with _editor(workflow_of(1_000)) as (_, opened):
        yield Row("opening 1,000 steps", _ms(opened.loop), f"{opened.written:,} bytes")
    yield from _binding_help()
    yield _rounds()


@contextmanager
def _editor(text: str, size: tuple[int, int] = (120, 40)) -> Iterator[tuple[ShownProgram, KeyCost]]:
    """Open a workflow in the editor; yield the program and what it cost."""
    with tempfile.TemporaryDirectory() as name:
        _put(Path(name), text)
        with ShownProgram(Path(name), size=size) as program:
            program.shows("flow")
            program.settle()
            opened = program.cost("\r")
            program.shows("Ln 1, Col 1")
            yield program, opened


def _put(folder: Path, text: str) -> None:
    path = folder / "tables" / "workflows" / "flow" / "workflow.json"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def _big_text() -> str:
    """A workflow of a few steps with long literals."""
    steps = [{"id": f"s{n}", "type": "set", "input": {"text": "word " * 2_000, "n": n}} for n in range(200)]
    return json.dumps({"format": 1, "id": "flow", "steps": steps}, indent=2)


def _keys(what: str, text: str) -> Iterator[Row]:
    with _editor(text) as (program, _):
        yield from _costs(f"cursor down in the list, {what}", [program.cost(_DOWN) for _ in range(_KEYS)])
        program.press(_SOURCE)
        program.settle()
        yield from _costs(f"cursor down in the source, {what}", [program.cost(_DOWN) for _ in range(_KEYS)])
        # A typed letter in a text, and one that breaks the JSON.
        _go_to_text(program)
        letters = itertools.cycle("abcdef12")
        yield from _costs(f"letter in a text, {what}", [program.cost(next(letters)) for _ in range(_KEYS)])
        program.press("\x1b[H")
        program.settle()
        yield from _costs(f"letter outside of a text, {what}", [program.cost(next(letters)) for _ in range(_KEYS)])


def _go_to_text(program: ShownProgram) -> None:
    """Move the cursor of the source into the first text of a step."""
    program.press("\x06")
    program.shows("find")
    program.press('"text": "\r')
    program.settle()
    program.press("\x1b[C")
    program.settle()


def _costs(what: str, costs: Sequence[KeyCost]) -> Iterator[Row]:
    frames = sorted(each.frame * 1000 for each in costs)
    loops = sorted(each.loop * 1000 for each in costs)
    written = sorted(each.written for each in costs)
    worst, middle = frames[int(len(frames) * 0.99)], len(costs) // 2
    yield Row(
        f"{what}: to the frame",
        f"p50 {frames[middle]:.1f}, p99 {worst:.1f} ms of CPU",
        f"with all that follows {loops[middle]:.1f}, {loops[-1]:.1f}",
        worst / _FRAME_MS,
        1,
    )
    value = f"p50 {written[middle]:,}, most {written[-1]:,}"
    yield Row(f"{what}: bytes", value, f"{_BYTES:,}", written[middle] / _BYTES, 1)


def _binding_help() -> Iterator[Row]:
    make = f"[{{'name': 'n' * 100, 'at': each}} for each in range({_OUTPUT_MB * 7_500})]"
    steps = [
        {"id": "big", "type": "python", "input": {"code": f"def main():\n    return {make}"}},
        {"id": "reads", "type": "set", "input": {"text": "{{ steps.big.output[0].name }}"}},
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _put(folder, json.dumps({"format": 1, "id": "flow", "steps": steps}, indent=2))
        words = ["--tables", str(folder / "tables"), "--db", str(folder / "runs.db"), "run", "flow", "-q"]
        subprocess.run([sys.executable, "-m", "wftui", *words], check=True, capture_output=True, env=os.environ)
        with ShownProgram(folder) as program:
            program.shows("flow")
            program.settle()
            program.press("\r")
            program.shows("Ln 1, Col 1")
            program.settle()
            program.press(_SOURCE)
            _go_to_text(program)
            first = program.cost("\x0c")
            program.press("\x1b")
            program.settle()
            again = program.cost("\x0c")
    yield Row(f"binding help over {_OUTPUT_MB} MB of output", _ms(first.loop), f"process {_ms(first.total)}")
    yield Row("the same again", _ms(again.loop), f"process {_ms(again.total)}")


def _rounds() -> Row:
    with _editor(workflow_of(50)) as (program, _):
        for number in range(_ROUNDS):
            program.press("\x1b")
            program.hides("Ln 1, Col 1")
            program.press("\r")
            program.shows("Ln 1, Col 1")
            if number == _ROUNDS // 6:
                program.settle()
                before = program.memory()
        program.settle()
        after = program.memory()
    grown = after - before
    return Row(
        f"memory after {_ROUNDS} rounds of the editor",
        f"{after:.0f} MB",
        f"{grown:+.1f} MB since round 50",
        grown / 10,
        1,
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms of CPU"
