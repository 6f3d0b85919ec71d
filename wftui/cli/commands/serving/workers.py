"""The `worker` and `workers` commands: run the jobs of a pool; list workers."""

import argparse
import asyncio
import re
import signal

from wftui.cli.options import Command
from wftui.cli.session import settings_of
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode, UsageError
from wftui.model.text.local_times import DATE_AND_MINUTE, local_text
from wftui.model.workers_address import EXTRA, VARIABLE, has_password, is_address
from wftui.model.workflow.identifiers import STEP_ID_PATTERN
from wftui.steps.api.requirements import missing_workers


def worker(arguments: argparse.Namespace) -> int:
    """Run `worker`: run the jobs of some pools until SIGTERM or Ctrl+C."""
    for pool in arguments.pools:
        if not re.fullmatch(STEP_ID_PATTERN, pool) or pool == "here":
            raise UsageError(
                f"{pool!r} is not the name of a pool: use a-z, 0-9 and _",
                code="workers.pool",
            )
    return asyncio.run(_work(_address(arguments), arguments.pools, arguments.jobs))


async def _work(address: str, pools: list[str], places: int) -> int:
    from wftui.workers.worker import Worker

    terminal = Terminal(beside_run=True)
    working = Worker(address, pools, places, lambda sentence: terminal.error(f"wftui: {sentence}"))
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping and working.doing:
            jobs = "a job is" if working.doing == 1 else f"{working.doing} jobs are"
            terminal.error(f"wftui: {jobs} still running; a second signal returns unfinished jobs to the queue")
        stopping = True
        working.drain()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    name = f"worker {working.name}"
    pool = ", ".join(pools)
    await working.run(lambda: terminal.line(f"{name} is ready: pool {pool}, {places} jobs at once"))
    terminal.line(f"{name} has ended")
    return ExitCode.DONE


def workers(arguments: argparse.Namespace) -> int:
    """Run `workers [key]`: list the workers, or make the key."""
    return _key(arguments) if arguments.action == "key" else _list(arguments)


def _key(arguments: argparse.Namespace) -> int:
    from wftui.workers.sealing import load_seal, make_key

    path, made = make_key()
    if arguments.json:
        Terminal().json({"path": str(path), "made": made, "key": load_seal().id})
    else:
        Terminal().line(str(path))
        Terminal().error(
            f"wftui: {'created a new key' if made else 'the key already exists'}; copy this file to every worker"
        )
    return ExitCode.DONE


def _list(arguments: argparse.Namespace) -> int:
    from wftui.workers.listing import list_workers

    found = asyncio.run(list_workers(_address(arguments)))
    terminal = Terminal()
    if arguments.json:
        terminal.json([each.to_wire() for each in found])
        return ExitCode.DONE
    rows = [
        [
            each.name,
            ", ".join(each.pools),
            f"{len(each.jobs)} of {each.places}",
            each.state,
            local_text(each.since, DATE_AND_MINUTE),
            each.version,
            ", ".join(f"{job.path} of {job.run}" for job in each.jobs),
        ]
        for each in found
    ]
    terminal.table(["WORKER", "POOLS", "JOBS", "STATE", "SINCE", "VERSION", "DOES"], rows)
    return ExitCode.DONE


def _address(arguments: argparse.Namespace) -> str:
    """Return the address of PostgreSQL: argument, environment, or settings."""
    given: str | None = arguments.url
    if given is not None and not is_address(given):
        raise UsageError(
            "the address must be a URL that starts with postgresql://",
            code="workers.address",
        )
    if given is not None and has_password(given):
        raise UsageError(
            f"no password in an argument: all users can read it; keep it in PGPASSFILE or {VARIABLE}",
            code="workers.password",
        )
    address = given or settings_of(arguments).workers
    missing = missing_workers(address)
    if missing is not None or address is None:
        raise UsageError(
            missing.sentence if missing else EXTRA,
            code=missing.code if missing else "workers.no_url",
        )
    return address


COMMANDS: dict[str, Command] = {"worker": worker, "workers": workers}
