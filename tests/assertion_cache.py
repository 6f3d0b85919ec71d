"""Rewrites the assertions of test modules once for all processes of a run.

In a fresh checkout, each of them would otherwise rewrite every module: a twentieth of the time of the quick tests.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from _pytest.assertion import rewrite


def rewrite_share(session: pytest.Session) -> None:
    """Rewrite the share of this process; it reads what the others rewrite."""
    config = session.config
    worker = getattr(config, "workerinput", None)
    hook = getattr(config.stash.get(rewrite.assertstate_key, None), "hook", None)
    if worker is None or hook is None or sys.dont_write_bytecode:
        return
    number = int(worker["workerid"].removeprefix("gw"))
    for file in list(_modules(config))[number :: worker["workercount"]]:
        with suppress(OSError, SyntaxError, ValueError):  # the collection tells what is wrong with the file
            _rewrite(file, config)


def _modules(config: pytest.Config) -> Iterator[Path]:
    for argument in config.args:
        place = Path(config.invocation_params.dir, argument.partition("::")[0])
        if place.is_dir():
            yield from sorted(file for file in place.rglob("*.py") if file.name.startswith(("test_", "conftest")))


def _rewrite(file: Path, config: pytest.Config) -> None:
    folder = rewrite.get_cache_dir(file)
    cached = folder / (file.stem + rewrite.PYC_TAIL)
    if rewrite._read_pyc(file, cached) is None and rewrite.try_makedirs(folder):
        stat, code = rewrite._rewrite_test(file, config)
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, stat, cached)
