"""Run the app over a workbench until it exits, then let its runs finish."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING

from wftui.model.errors import ExitCode
from wftui.tui.app import WftuiApp
from wftui.tui.exit_summary import ExitMode, finish
from wftui.tui.terminal.capabilities import check_terminal
from wftui.workbench.c_heap import use_one_arena
from wftui.workbench.engine_thread import EngineThread, on_engine_thread
from wftui.workbench.forced_exit import call_on_signal, watch_signals

if TYPE_CHECKING:
    from wftui.tui.app import Start
    from wftui.workbench.protocols import AnyWorkbench


async def run_app(workbench: AnyWorkbench, start: Start | None = None, *, changes_nothing: bool = False) -> int:
    """Run the app, then finish active runs without it and close the workbench.

    Args:
        workbench: behind the screens.
        start: opens a screen above Workflows.
        changes_nothing: refuse every change.

    Returns:
        The exit code of the program.

    Raises:
        UserError: there is no terminal that can show the app.
    """
    check_terminal(os.environ)
    use_one_arena()  # before there is another thread: ctypes takes 1.3 ms of the first frame
    if workbench.server is not None:
        return await _run(_restricted(workbench) if changes_nothing else workbench, start)
    async with EngineThread() as engine:
        local = on_engine_thread(workbench.local, engine)
        return await _run(_restricted(local) if changes_nothing else local, start)


def _restricted(workbench: AnyWorkbench) -> AnyWorkbench:
    from wftui.workbench.read_only import read_only

    return read_only(workbench)


async def _run(workbench: AnyWorkbench, start: Start | None) -> int:
    app = WftuiApp(workbench, start=start)
    watch_signals(new_session=True)
    # Installed until `finish` replaces them: a lost terminal may signal more than once.
    call_on_signal(signal.SIGHUP, app.terminal_lost)
    for number in (signal.SIGINT, signal.SIGTERM):
        call_on_signal(number, partial(app.exit, ExitMode.CANCEL))
    leaving = await app.run_async()
    # A crashed app returns None; its runs are not affected.
    await finish(workbench, app.session_runs, leaving or ExitMode.CRASHED, app.output, ascii_only=app.ascii)
    return ExitCode.FAILED if leaving is None else ExitCode.DONE
