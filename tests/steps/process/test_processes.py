"""Real processes: live, bounded output, and no process survives a cancel."""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from helpers import lives, patience

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.process import process_tree
from wftui.steps.process.child_process import Background, ProcessResult, run_process
from wftui.steps.process.process_mark import ProcessMark

Lines = list[tuple[str, str]]

DOUBLE_FORK = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
        time.sleep(600)
    os._exit(0)
os.wait()
print("ready", flush=True)
time.sleep(600)
"""
TERM_IGNORED = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
print("ready", flush=True)
while True:
    time.sleep(600)
"""
SETSID_CHILD = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
open(sys.argv[1], "a").write(f"{child.pid}\\n{os.getpid()}\\n")
print("ready", flush=True)
time.sleep(600)
"""
WIPED = """
import subprocess, sys, time
script = 'echo $$ >> "$0"; exec sleep 600'
detached = ["setsid", "setsid", "-f", "sh", "-c", script, sys.argv[1]]
subprocess.run(["env", "-i", *detached], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while not open(sys.argv[1], "a+").tell():
    time.sleep(0.01)
print("ready", flush=True)
time.sleep(600)
"""


class Sink:
    """Keeps what was logged; `ready` is set by a line of that text."""

    def __init__(self) -> None:
        self.lines: Lines = []
        self.ready = asyncio.Event()

    def __call__(self, text: str, stream: str) -> None:
        self.lines += [(stream, line) for line in text.split("\n")]
        if "ready" in text:
            self.ready.set()


async def run_script(
    script: str, *arguments: str, sink: Sink, capture: int = 100_000, grace: float = 0.2
) -> ProcessResult:
    return await run_process(
        [sys.executable, "-c", script, *arguments],
        cwd=Path.cwd(),
        env=os.environ,
        started_for=ProcessMark(),
        log=sink,
        capture=capture,
        grace=grace,
    )


def living(pids: list[int]) -> list[int]:
    return [pid for pid in pids if lives(pid)]


async def reaped(pids: list[int]) -> None:
    """Wait until none of those processes is a zombie."""
    async with patience():
        while any(map(psutil.pid_exists, pids)):
            await run_script("pass", sink=Sink())


@pytest.mark.parametrize("script", [DOUBLE_FORK, TERM_IGNORED, SETSID_CHILD])
async def test_cancel_ends_the_whole_tree(script: str, tmp_path: Path) -> None:
    sink, pid_file = Sink(), tmp_path / "pids"
    task = asyncio.create_task(run_script(script, str(pid_file), sink=sink))
    await sink.ready.wait()
    pids = [int(line) for line in pid_file.read_text().split()]
    assert living(pids) == pids
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert living(pids) == []
    await reaped(pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to the process that runs the steps")
async def test_detached_child_is_ended_with_its_own_tree(tmp_path: Path) -> None:
    sinks, files = [Sink(), Sink()], [tmp_path / "first", tmp_path / "second"]
    tasks = [
        asyncio.create_task(run_script(WIPED, str(file), sink=sink)) for sink, file in zip(sinks, files, strict=True)
    ]
    await asyncio.gather(*(sink.ready.wait() for sink in sinks))
    first, second = (int(file.read_text()) for file in files)
    assert living([first, second]) == [first, second]
    tasks[0].cancel()
    await asyncio.wait([tasks[0]])
    assert living([first, second]) == [second]
    tasks[1].cancel()
    await asyncio.wait([tasks[1]])
    assert living([second]) == []


async def test_a_process_that_a_look_misses_is_ended() -> None:
    """A look misses those whose parent dies in its middle."""
    ignoring = psutil.Popen(["sh", "-c", 'trap "" TERM; echo; exec sleep 600'], stdout=subprocess.PIPE)
    assert ignoring.stdout is not None
    ignoring.stdout.readline()
    looks = itertools.count()

    def look() -> list[psutil.Process]:
        return [] if next(looks) % 2 else process_tree.living([psutil.Process(ignoring.pid)])

    assert await process_tree.end_all(look, grace=0) == []
    assert living([ignoring.pid]) == []
    ignoring.wait()
    ignoring.stdout.close()


@pytest.mark.parametrize("scattered", [False, True], ids=["children", "orphans in sessions of their own"])
async def test_processes_are_found_by_one_scan(
    scattered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()
    for owner, name in ((psutil, "process_iter"), (psutil.Process, "children"), (process_tree, "members")):
        monkeypatch.setattr(owner, name, counted(calls, name, getattr(owner, name)))
    sink, file = Sink(), tmp_path / "pids"
    start = "setsid -f" if scattered else ""
    script = 'for i in $(seq 200); do SETSID sh -c \'trap "" TERM; echo $$ >> "$0"; exec sleep 600\' "$1" & done\n'
    script += 'until [ "$(wc -l < "$1")" -eq 200 ]; do sleep 0.05; done; echo ready; wait; sleep 600'
    task = asyncio.create_task(
        run_process(
            ["bash", "-c", script.replace("SETSID", start), "bash", str(file)],
            cwd=tmp_path,
            env=os.environ,
            started_for=ProcessMark(),
            log=sink,
            grace=0,
        )
    )
    file.touch()
    await sink.ready.wait()
    pids = [int(line) for line in file.read_text().split()]
    assert len(living(pids)) == 200
    task.cancel()
    await asyncio.wait([task])
    assert living(pids) == []
    assert calls["process_iter"] + calls["children"] <= calls["members"], "a scan per process exceeds the grace"


def counted(calls: Counter[str], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def count(*args: Any, **options: Any) -> Any:
        calls[name] += 1
        return function(*args, **options)

    return count


@pytest.mark.parametrize("turns", [1, 20])
async def test_a_second_cancel_kills_the_whole_tree_without_grace(turns: int, tmp_path: Path) -> None:
    sink, pid_file = Sink(), tmp_path / "pids"
    task = asyncio.create_task(run_script(TERM_IGNORED, str(pid_file), sink=sink, grace=600))
    await sink.ready.wait()
    task.cancel()
    for _ in range(turns):
        await asyncio.sleep(0.001)
    assert not task.done()
    task.cancel()
    async with patience():
        await asyncio.wait([task])
    assert task.cancelled()
    assert living([int(pid_file.read_text())]) == []


async def test_background_child_holding_the_pipe_does_not_block(tmp_path: Path) -> None:
    sink, pid_file = Sink(), tmp_path / "pid"
    script = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, file=open(sys.argv[1], 'w'))"
    result = await run_script(script, str(pid_file), sink=sink)
    pid = int(pid_file.read_text())
    assert living([pid]) == [pid], "what a step leaves behind on purpose goes on"
    os.kill(pid, 9)
    assert result.exit_code == 0
    assert any(f"pid {pid}" in line for _, line in sink.lines)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("left_running", ["", "sleep 600 &", "while :; do echo more; done &"])
async def test_a_slow_reader_loses_no_output(left_running: str, tmp_path: Path) -> None:
    """Each turn of the event loop is slow, and the pipe holds more than one reads."""
    sink = Sink()
    enlarge = "import fcntl; hasattr(fcntl, 'F_SETPIPE_SZ') and fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1 << 20)"

    async def keep_busy() -> None:
        while True:
            time.sleep(0.1)
            await asyncio.sleep(0)

    busy = asyncio.create_task(keep_busy())
    try:
        result = await run_process(
            ["bash", "-c", f'"$0" -c "$1"; seq 100000 220000; echo the end; {left_running}', sys.executable, enlarge],
            cwd=tmp_path,
            env=os.environ,
            started_for=ProcessMark(),
            log=sink,
            background="end",
            capture=100_000_000,
        )
    finally:
        busy.cancel()
    assert "the end\n" in result.stdout.text()
    assert any("background" in line for _, line in sink.lines) == bool(left_running)


@pytest.mark.parametrize("background", ["keep", "end"])
@pytest.mark.parametrize("detached", [False, True])
async def test_processes_left_running_are_named_and_kept_or_ended(
    background: Background, detached: bool, tmp_path: Path
) -> None:
    sink = Sink()
    os.mkfifo(tmp_path / "f")
    script = "sleep 600 & echo $!"
    if detached:
        script = "env -i setsid -f sh -c 'echo $$; echo > f; exec sleep 600 > /dev/null 2>&1'; read x < f || true"
    result = await run_process(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=os.environ,
        started_for=ProcessMark(),
        log=sink,
        background=background,
    )
    assert result.exit_code == 0
    pid = int(result.stdout.text())
    *_, (_, message) = sink.lines
    assert f"(pid {pid})" in message
    if background == "keep":
        assert message.startswith("Left running in the background: ")
        assert living([pid]) == [pid]
        os.kill(pid, 9)
    else:
        assert message.startswith("Ended in the background: ")
        assert living([pid]) == []


@pytest.mark.parametrize("ending", ["", "print('ready', flush=True); time.sleep(600)"], ids=["by itself", "cancelled"])
async def test_unawaited_children_do_not_become_zombies(ending: str) -> None:
    sink = Sink()
    script = f"import os, time\nfor _ in range(3):\n    print(os.fork() or os._exit(0), flush=True)\n{ending}"
    task = asyncio.create_task(run_script(script, sink=sink))
    if ending:
        await sink.ready.wait()
        task.cancel()
    await asyncio.wait([task])
    pids = [int(line) for _, line in sink.lines if line.isdigit()]
    assert len(pids) == 3
    await reaped(pids)


async def test_output_lines_are_independent_of_chunks() -> None:
    sink = Sink()
    script = (
        "import sys; sys.stdout.write('ä' * 200_000 + '\\nsecond\\r\\n10%\\r20%\\nlast'); sys.stderr.write('err\\n')"
    )
    result = await run_script(script, sink=sink, capture=1_000_000)
    out = [line for stream, line in sink.lines if stream == "stdout"]
    assert "".join(out[:-3]).replace("…", "") == "ä" * 200_000, "a line without end is broken, and each break marked"
    assert out[-3:] == ["second", "20%", "last"]
    assert [line for stream, line in sink.lines if stream == "stderr"] == ["err"]
    assert result.stdout.text().endswith("10%\r20%\nlast")


async def test_lines_are_logged_before_the_process_ends() -> None:
    sink = Sink()
    task = asyncio.create_task(run_script("import time; print('ready', flush=True); time.sleep(600)", sink=sink))
    await sink.ready.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_only_colors_reach_the_log_of_control_sequences() -> None:
    sink = Sink()
    await run_script(r"print('\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07 tab\tend')", sink=sink)
    assert sink.lines == [("stdout", "\x1b[31mred\x1b[0m bell tab\tend")]


async def test_big_output_keeps_head_and_tail_in_whole_lines() -> None:
    sink = Sink()
    result = await run_script("for n in range(20_000): print(f'line {n}')", sink=sink, capture=4000)
    text = result.stdout.text()
    assert result.stdout.truncated
    assert text.startswith("line 0\n")
    assert text.endswith("line 19999\n")
    lines = text.splitlines()
    assert sum("bytes cut" in line for line in lines) == 1
    assert all(line.startswith("line ") for line in lines if "bytes cut" not in line)
    assert len(sink.lines) == 20_000


async def test_unread_standard_input_does_not_block() -> None:
    result = await run_process(
        ["true"], cwd=Path.cwd(), env=os.environ, started_for=ProcessMark(), log=Sink(), stdin=[b"x" * 5_000_000]
    )
    assert result.exit_code == 0


async def test_standard_input_arrives() -> None:
    result = await run_process(
        ["wc", "-c"], cwd=Path.cwd(), env=os.environ, started_for=ProcessMark(), log=Sink(), stdin=[b"x" * 300_000]
    )
    assert result.stdout.text().strip() == "300000"


async def test_signal_becomes_an_exit_code_as_in_shells() -> None:
    assert (await run_script("import os; os.kill(os.getpid(), 9)", sink=Sink())).exit_code == 137


@pytest.mark.parametrize(
    ("argv", "cwd", "kind", "sentence"),
    [
        (["no-such-program-here"], ".", "not_found", "'no-such-program-here' was not found"),
        (["true"], "missing", "not_found", "does not exist"),
        (["true", "x" * 3_000_000], ".", "process.start", "too large"),
        (["true", "a\0b"], ".", "process.start", "null byte"),
    ],
)
async def test_failed_start_gives_a_reason(argv: list[str], cwd: str, kind: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match=sentence) as caught:
        await run_process(argv, cwd=tmp_path / cwd, env=os.environ, started_for=ProcessMark(), log=Sink())
    assert caught.value.type == kind


AT_THE_LIMIT = """
import asyncio, os, resource, sys
from pathlib import Path
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.process.child_process import run_process
from wftui.steps.process.process_mark import ProcessMark

async def main():
    for _ in range(2):
        try:
            await run_process(
                ["sleep", "600"], cwd=Path("/"), env=dict(os.environ), started_for=ProcessMark(), log=lambda *_: None
            )
        except WorkflowError as error:
            print(error.type, error)
    try:
        os.waitpid(-1, os.WNOHANG)
        print("a process was left")
    except ChildProcessError:
        pass

resource.setrlimit(resource.RLIMIT_NPROC, (int(sys.argv[1]),) * 2)
os.setuid(int(sys.argv[2]))
asyncio.run(main())
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs a user that has no other process, which only root can become")
@pytest.mark.parametrize("most", [1, 2], ids=["no process", "no thread to wait for it"])
def test_process_limit_is_an_error_without_leftovers(most: int) -> None:
    user = 1_000_000 + os.getpid()
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_LIMIT, str(most), str(user)], capture_output=True, text=True, check=True
    )
    message = "process.start The program 'sleep' could not be started: the limit of processes is reached (ulimit -u).\n"
    assert done.stdout == 2 * message
