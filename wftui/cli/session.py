"""Workbench session of one command."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode, UserError
from wftui.workbench import Settings, Workbench
from wftui.workbench.forced_exit import cancelled_by_ctrl_c, watch_signals
from wftui.workbench.workbench_settings import fill_new_workspace

if TYPE_CHECKING:
    from wftui.model.run.summary import CleanupReport
    from wftui.workbench.protocols import AnyWorkbench


_USE_WORKFLOWS = frozenset(
    {None, "new", "list", "compile", "run", "rerun", "resume", "mcp", "schedule", "serve", "web"}
)
_PATIENCE = 3.0
"""Seconds to wait for the reader of a notice."""


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return settings from options, environment, settings file and defaults.

    A command that uses workflows fills a new workspace of the user with the examples.
    """
    settings = Settings.resolve(arguments.tables, arguments.db)
    if arguments.command in _USE_WORKFLOWS:
        fill_new_workspace(settings)
    return settings


def with_any_workbench(arguments: argparse.Namespace, work: Callable[[AnyWorkbench], Awaitable[int]]) -> int:
    """Run a coroutine with a workbench, or that of the server of `--remote`."""
    if arguments.remote is None:
        return with_workbench(arguments, work)

    async def session() -> int:
        watch_signals(new_session=True)
        workbench = remote_workbench(arguments)
        notices = _Notices()
        workbench.report_opening_to(notices.add)
        try:
            return await work(workbench)
        except UserError as error:
            if error.exit_code is not ExitCode.NOT_COMPILED:
                raise
            return _print_remote_diagnostics(error)
        finally:
            try:
                await workbench.close()
            finally:
                await notices.printed()

    return _run(session)


def remote_workbench(arguments: argparse.Namespace) -> AnyWorkbench:
    """Return the workbench of the server of `--remote`.

    Raises:
        UserError: the URL is none, or there is no token.
    """
    from wftui.client.access import access
    from wftui.client.remote_workbench import RemoteWorkbench

    place = access(arguments.remote, arguments.token_file)
    if place.is_readable:
        Terminal().error(
            f"wftui: warning: the token and all data go to {place.url} unencrypted; put TLS in front of the server"
        )
    return RemoteWorkbench(place, Settings.resolve())


def _run(session: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run a session, which the first Ctrl+C cancels."""

    async def interruptible() -> int:
        with cancelled_by_ctrl_c() as is_interrupted:
            try:
                return await session()
            except asyncio.CancelledError:
                if is_interrupted():
                    return ExitCode.CANCELLED
                raise

    return asyncio.run(interruptible())


def with_workbench(
    arguments: argparse.Namespace, work: Callable[[Workbench], Awaitable[int]], settings: Settings | None = None
) -> int:
    """Run a coroutine with the workbench of this machine; return its exit code.

    Args:
        settings: those of the workbench; None: those of the user.
    """

    async def session() -> int:
        watch_signals(new_session=True)
        workbench = Workbench(settings or settings_of(arguments))
        removed: list[CleanupReport] = []
        failed = False
        workbench.retention.report_to(removed.append)
        notices = _Notices()
        workbench.notifications.report_to(notices.add)
        workbench.report_opening_to(notices.add)
        try:
            return await work(workbench)
        except UserError as error:
            failed = True
            if error.exit_code is not ExitCode.NOT_COMPILED:
                raise
            return _print_diagnostics(workbench, error)
        finally:
            if workbench.notice:
                notices.add(workbench.notice)
            try:
                await workbench.close()
            except UserError:
                if not failed:  # else the command's own error says more
                    raise
            finally:
                for report in removed:
                    runs = f"{report.runs:,} old run{'s' * (report.runs != 1)}"
                    notices.add(f"removed {runs} by the retention settings (wftui settings)")
                await notices.printed()

    return _run(session)


class _Notices:
    """Sentences on stderr beside the output of a command."""

    def __init__(self) -> None:
        self._terminal = Terminal(beside_run=True)

    def add(self, sentence: str) -> None:
        """Print a sentence, without waiting for a reader."""
        self._terminal.error(f"wftui: {sentence}")

    async def printed(self) -> None:
        """Wait until all are printed; a reader who has stopped reading may miss them."""
        self._terminal.patience = lambda: _PATIENCE
        await self._terminal.drained()


def _print_remote_diagnostics(error: UserError) -> int:
    """Print the diagnostics of a workflow of a server, whose source is there."""
    from wftui.compiler.module_run import CompileFailed

    if not isinstance(error, CompileFailed):
        raise error
    for each in error.result.errors:
        place = f"{error.result.workflow_id}/workflow.json:{each.line}:{each.column}"
        Terminal().error(f"{place}: error[{each.code}] {each.message}")
    return error.exit_code


def _print_diagnostics(workbench: Workbench, error: UserError) -> int:
    """Print the diagnostics of a workflow that does not compile."""
    # The compiler is loaded: no other error has this exit code.
    from wftui.compiler.diagnostics.report import human
    from wftui.compiler.module_run import CompileFailed

    if not isinstance(error, CompileFailed):
        raise error
    path = workbench.workspace.source_path(error.result.workflow_id)
    source = workbench.workspace.read(error.result.workflow_id).text
    Terminal().error(human(str(path), source, error.result.errors).rstrip("\n"))
    return error.exit_code
