"""`wftui run` into a pipe or a terminal that stays open and is not read."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE, wait_until, write_workflow

from wftui.cli.main import main
from wftui.model.errors import NotFoundError
from wftui.store.execution_store import ExecutionStore
from wftui.workbench import Settings

COUNT = 400
LONG = "x" * 4000
"""Message of each of `COUNT` failures: together more than a pipe holds, and more than waits for a reader."""


@dataclass
class Unread:
    """A run of the program whose output is not read yet."""

    program: subprocess.Popen[bytes]
    descriptor: int
    start_reading: Callable[[], None]

    def read_slowly(self, until: Callable[[], bool]) -> bytes:
        """Read two kilobytes a second, as over a bad line."""
        self.start_reading()
        data = b""
        while not data or not until():
            data += os.read(self.descriptor, 200)
            time.sleep(0.1)
        return data

    def read(self, data: bytes = b"") -> str:
        """Read the output to its end; `data` is what was read before."""
        if not data:
            self.start_reading()
        while True:
            try:
                part = os.read(self.descriptor, 65536)
            except OSError:  # a terminal that nobody holds any more
                part = b""
            if not part:
                return data.decode()
            data += part

    def exit_code(self) -> int:
        """Wait for the end of the program."""
        return self.program.wait(PATIENCE)


@pytest.fixture
def chatty(settings: Settings) -> Settings:
    """Create a workflow `chatty` that prints a lot, then waits for the file `gate`."""
    gate = settings.tables / "gate"
    wait = f"touch {gate}.waits; while [ ! -e {gate} ]; do sleep 0.05; done"
    asked = {"that": False, "message": "{{ inputs.long }}"}
    steps: list[dict[str, Any]] = [
        *(
            {"id": f"fail{n}", "type": "assert", "needs": [], "input": asked, "onError": "continue"}
            for n in range(COUNT)
        ),
        {"id": "wait", "type": "shell", "needs": [f"fail{n}" for n in range(COUNT)], "input": {"script": wait}},
    ]
    source = {
        "format": 1,
        "id": "chatty",
        "inputSchema": {"type": "object", "properties": {"long": {"type": "string", "default": LONG}}},
        "steps": steps,
        "outputs": {"said": "{{ 'all of it' }}"},
    }
    path = settings.tables / "workflows" / "chatty" / "workflow.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(source))
    return settings


@pytest.fixture(params=["pipe", "terminal"])
def unread(request: pytest.FixtureRequest, chatty: Settings) -> Iterator[Callable[..., Unread]]:
    """Return `unread(*options)`, which runs `chatty` until it waits for its gate."""
    opened: list[Unread] = []

    def start(*options: str) -> Unread:
        reading, writing = os.pipe() if request.param == "pipe" else pty.openpty()
        kept = os.dup(writing)

        def start_reading() -> None:
            if request.param == "terminal":
                termios.tcflow(kept, termios.TCOON)
            os.close(kept)

        if request.param == "terminal":
            termios.tcflow(writing, termios.TCOOFF)
        command = [sys.executable, "-m", "wftui", "run", "chatty", *options, *where(chatty)]
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing)
        os.close(writing)
        opened.append(Unread(program, reading, start_reading))
        wait_until((chatty.tables / "gate.waits").exists)
        return opened[-1]

    yield start
    for one in opened:
        one.program.kill()
        one.program.wait()
        os.close(one.descriptor)


def where(settings: Settings) -> list[str]:
    return ["--tables", str(settings.tables), "--db", str(settings.database)]


def status(settings: Settings) -> str:
    async def read() -> str:
        store = await ExecutionStore.open(settings.database)
        try:
            record = await store.head(await store.find("last"))
        except NotFoundError:
            return "none"
        finally:
            await store.close()
        return record.status if record else "none"

    return asyncio.run(read())


def open_gate(settings: Settings) -> None:
    (settings.tables / "gate").touch()


@pytest.mark.first_cases(1)
def test_unread_run_completes_and_keeps_its_result(unread: Callable[..., Unread], chatty: Settings) -> None:
    started = unread()
    open_gate(chatty)
    wait_until(lambda: status(chatty) == "completed")
    text = started.read()
    assert started.exit_code() == 0
    assert "said:" in text
    assert "all of it" in text
    assert "chatty completed" in text
    assert text.count(LONG) < COUNT
    assert "not shown, since nothing read them in time" in text


@pytest.mark.slow
def test_slow_reader_does_not_delay_the_run(unread: Callable[..., Unread], chatty: Settings) -> None:
    started = unread()
    open_gate(chatty)
    read = started.read_slowly(lambda: status(chatty) == "completed")
    text = started.read(read)
    assert started.exit_code() == 0
    assert "chatty completed" in text
    assert len(read) < len(text) / 2, "the run ended with its reader far behind"


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("option", ["--events", "--json"])
def test_json_lines_are_never_dropped(unread: Callable[..., Unread], chatty: Settings, option: str) -> None:
    started = unread(option)
    open_gate(chatty)
    wait_until(lambda: status(chatty) == "completed")
    text = started.read()
    assert started.exit_code() == 0
    if option == "--json":
        assert json.loads(text)["status"] == "completed"
    else:
        numbers = [json.loads(line)["seq"] for line in text.splitlines()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert json.loads(text.splitlines()[-1])["type"] == "completed"


@pytest.mark.first_cases(1)
def test_cancel_by_another_process_works_while_stalled(unread: Callable[..., Unread], chatty: Settings) -> None:
    started = unread()
    done = subprocess.run(
        [sys.executable, "-m", "wftui", "cancel", "last", *where(chatty)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert status(chatty) == "cancelled"
    assert "cancelled" in started.read()
    assert started.exit_code() == 130


@pytest.mark.first_cases(1)
def test_sigterm_cancels_and_exits_unread(unread: Callable[..., Unread], chatty: Settings) -> None:
    started = unread()
    started.program.send_signal(signal.SIGTERM)
    assert started.exit_code() == 130
    assert status(chatty) == "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--events",)])
def test_hangup_completes_the_run_unread(
    unread: Callable[..., Unread], chatty: Settings, options: tuple[str, ...]
) -> None:
    started = unread(*options)
    started.program.send_signal(signal.SIGHUP)
    open_gate(chatty)
    assert started.exit_code() == 0
    assert status(chatty) == "completed"


def test_fast_reader_gets_every_line(chatty: Settings, tmp_path: Path) -> None:
    """A file is the fastest reader; a program that reads a pipe may be suspended."""
    open_gate(chatty)
    output = tmp_path / "output"
    with output.open("w") as file:
        done = subprocess.run([sys.executable, "-m", "wftui", "run", "chatty", *where(chatty)], stdout=file)
    assert done.returncode == 0
    message = output.read_text()
    assert "not shown" not in message
    assert message.count(LONG) == COUNT


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    write_workflow(tmp_path / "tables", "small", {"id": "a", "type": "set", "input": {"x": 1}})
    return Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ada")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("command", ["list", "steps --json", "run small"])
def test_output_that_finds_no_room_is_an_error(
    small: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    where = ["--tables", str(small.tables), "--db", str(small.database)]
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main([*command.split(), *where]) == 1
    assert "error[output.full] the output is not complete: no space left on device" in capfd.readouterr().err
    monkeypatch.undo()
    assert main(["list", *where]) == 0


def test_a_program_without_standard_streams(small: Settings) -> None:
    where = ["--tables", str(small.tables), "--db", str(small.database)]

    def close() -> None:
        for number in range(3):
            os.close(number)

    command = [sys.executable, "-m", "wftui", "run", "small", *where]
    assert subprocess.run(command, preexec_fn=close).returncode == 0
    assert main(["history", *where]) == 0
