"""Start of the user's notification program."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.process.child_process import run_process
from wftui.steps.process.process_mark import ProcessMark

_CAPTURE = 4_096


async def run_notifier(argv: Sequence[str], stdin: Iterable[bytes], *, folder: Path, seconds: float) -> str | None:
    """Run the program to its end; return what went wrong as a sentence, or None.

    At its limit it is ended with everything that it has started, as is what it leaves behind.

    Args:
        folder: its working directory, never a workspace: a relative program is the user's own.
    """
    program = argv[0]
    try:
        async with asyncio.timeout(seconds):
            result = await run_process(
                argv,
                cwd=folder,
                env=os.environ,
                started_for=ProcessMark(),
                log=lambda lines, stream: None,
                stdin=stdin,
                capture=_CAPTURE,
                background="end",
            )
    except TimeoutError:
        return f"The program {program!r} was ended after {seconds:g} s."
    except WorkflowError as error:
        return error.message
    if result.exit_code == 0:
        return None
    last = result.stderr.last_line()
    return f"The program {program!r} ended with exit code {result.exit_code}{f': {last}' if last else '.'}"
