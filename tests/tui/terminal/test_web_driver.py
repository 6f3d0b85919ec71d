"""The screen under textual-serve, which draws any Textual app in a browser."""

import asyncio
import shlex
import sys
from pathlib import Path

import pytest
from helpers import patience, until
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from tui.terminal.pty_terminal import last_run


class Hosted:
    """A screen in a process that textual-serve has started."""

    def __init__(self, tables: Path, database: Path) -> None:
        self.drawn = b""
        self.is_closed = False
        command = [sys.executable, "-m", "wftui", "--tables", str(tables), "--db", str(database)]
        self.service = AppService(
            shlex.join(command),
            write_bytes=self._draw,
            write_str=self._draw_text,
            close=self._close,
            download_manager=DownloadManager(),
        )

    async def _draw(self, data: bytes) -> None:
        self.drawn += data

    async def _draw_text(self, text: str) -> None:
        raise AssertionError(text)

    async def _close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("way", ["tab", pytest.param("server", marks=pytest.mark.slow)])
async def test_it_is_drawn_and_its_run_outlives_it(
    tables: Path, database: Path, gate: Path, way: str, capfd: pytest.CaptureFixture[str]
) -> None:
    hosted = Hosted(tables, database)
    await hosted.service.start(80, 24)
    await until(lambda: b"never run" in hosted.drawn)
    await hosted.service.set_terminal_size(100, 30)
    await hosted.service.send_bytes(b"r")
    await until(Path(f"{gate}.waits").exists)
    if way == "tab":
        await hosted.service.send_meta({"type": "quit"})
    else:
        hosted.service.stdin.close()
    await until(lambda: hosted.is_closed)
    async with patience():  # a commit may come after the start of the process
        while (await asyncio.to_thread(last_run, database)).status != "running":
            pass
    gate.touch()
    process = hosted.service._process
    assert process is not None
    assert await process.wait() == 0
    record = await asyncio.to_thread(last_run, database)
    assert (record.status, record.outputs) == ("completed", {"said": "through\n"})
