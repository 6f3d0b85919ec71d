"""Rewrites the assertions of test modules once for all processes of a run.

In a fresh checkout, each of them would otherwise rewrite every module: a twentieth of the time of the quick tests.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest


def import_share(config: pytest.Config) -> None:
    """Import the share of this process.

    pytest rewrites what it imports, and later reads what the other processes have rewritten.
    """
    worker = getattr(config, "workerinput", None)
    if worker is None or sys.dont_write_bytecode:
        return
    number = int(worker["workerid"].removeprefix("gw"))
    for file in list(_modules(config))[number :: worker["workercount"]]:
        with suppress(Exception, pytest.skip.Exception):  # the collection tells what is wrong with the file
            _import(file)


def _modules(config: pytest.Config) -> Iterator[Path]:
    for argument in config.args:
        place = Path(config.invocation_params.dir, argument.partition("::")[0])
        if place.is_dir():
            yield from sorted(place.rglob("test_*.py"))


def _import(file: Path) -> None:
    """Import a module by the name that pytest gives it: from the topmost package on."""
    root = file.parent
    while (root / "__init__.py").exists():
        root = root.parent
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))
