"""A workbench for the length of one command."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from wftui.workbench import Settings, Workbench


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Settings from `--tables`, `--db`, the environment and the defaults."""
    return Settings.resolve(arguments.tables, arguments.db)


def with_workbench(arguments: argparse.Namespace, work: Callable[[Workbench], Awaitable[int]]) -> int:
    """Open a workbench, do the work on an event loop, close; returns the exit code."""

    async def session() -> int:
        workbench = Workbench(settings_of(arguments))
        try:
            return await work(workbench)
        finally:
            await workbench.close()

    return asyncio.run(session())
