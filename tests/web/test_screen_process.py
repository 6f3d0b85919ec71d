"""The process of a tab: its terminal, its size, and its end."""

import signal
from pathlib import Path

import pytest
from helpers import patience, until

from wftui.web.screen_process import ScreenProcess


async def read_until(screen: ScreenProcess, text: bytes) -> bytes:
    seen = b""
    async with patience():
        while text not in seen and (data := await screen.read()):
            seen += data
    return seen


async def test_size_and_keys_reach_the_process(tmp_path: Path) -> None:
    script = "stty size; echo $TERM $COLORTERM $TMUX.; while read line; do echo got $line; stty size; done"
    screen = await ScreenProcess.start(["/bin/sh", "-c", script], 91, 33)
    assert b"33 91\r\nxterm-256color truecolor .\r\n" in await read_until(screen, b" .\r\n")
    screen.resize(70, 20)
    await screen.write("gr\u00fcn\n".encode())
    assert "got gr\u00fcn\r\n20 70".encode() in await read_until(screen, b"20 70")
    screen.resize(10**9, -5)
    await screen.write(b"x\n")
    await read_until(screen, b"2 1000")
    await screen.write(b"\x04")
    assert await read_until(screen, b"never") == b""  # its end
    await screen.write(b"dropped")
    screen.close()


async def test_more_keys_than_a_terminal_holds_arrive(tmp_path: Path) -> None:
    script = f"stty raw -echo; echo ready; head -c 300000 > {tmp_path}/got; echo all"
    screen = await ScreenProcess.start(["/bin/sh", "-c", script], 80, 24)
    await read_until(screen, b"ready")
    async with patience():
        await screen.write(b"0123456789" * 30_000)
    await read_until(screen, b"all")
    assert (tmp_path / "got").read_bytes() == b"0123456789" * 30_000
    screen.close()


@pytest.mark.parametrize("hangup", [signal.SIG_DFL, signal.SIG_IGN], ids=["plain", "below nohup"])
async def test_a_closed_tab_is_a_lost_terminal(hangup: signal.Handlers, tmp_path: Path) -> None:
    script = f"trap 'touch {tmp_path}/lost; exit' HUP; echo ready; while :; do sleep 0.1; done"
    before = signal.signal(signal.SIGHUP, hangup)
    try:
        screen = await ScreenProcess.start(["/bin/sh", "-c", script], 80, 24)
    finally:
        signal.signal(signal.SIGHUP, before)
    await read_until(screen, b"ready")
    screen.close()
    await until((tmp_path / "lost").exists)
