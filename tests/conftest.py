"""Fixtures of every layer: tests never touch the user's data or terminal."""

import gc
import itertools
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import hypothesis
import pytest
from assertion_cache import import_share
from helpers import EXAMPLES, PATIENCE

from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.workbench import Settings, Workbench

# A busy machine makes an example slow, and no program wrong; each run tries other examples.
hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=30)
hypothesis.settings.load_profile("unhurried")

# Screens make much cyclic garbage beside hundreds of modules; collecting it often takes a quarter of their tests' time.
gc.set_threshold(20_000, 20, 50)

# The hundreds of programs that tests start compile the modules only once.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


_LONGEST_NAME = 100


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import this process's share of the test modules before all are collected."""
    import_share(session.config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow all cases of a test with `first_cases(n)` but the first n."""
    seen: Counter[str] = Counter()
    for item in items:
        marker = item.get_closest_marker("first_cases")
        if marker is not None:
            test = item.nodeid.partition("[")[0]
            seen[test] += 1
            if seen[test] > marker.args[0]:
                item.add_marker(pytest.mark.slow)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Shorten the ids of long values, which travel between processes many times."""
    if isinstance(val, str | bytes) and len(val) > _LONGEST_NAME:
        return f"{val[:20]!a}-{len(val)}"
    if isinstance(val, int) and val.bit_length() > 4 * _LONGEST_NAME:
        return f"{argname}-{val.bit_length()}-bits"
    return None


# Numbered by us: pytest reads the names of all folders it has made, each time it makes one.
_homes = itertools.count()


def pytest_collection_finish() -> None:
    """Exclude imported objects from the collections that pytest runs at the end."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Collect once, as pytest visits every object five times at the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A separate user: data folders, time zone, no settings for colors."""
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(_homes))
    for name in (
        "WFTUI_TABLES",
        "WFTUI_DB",
        "WFTUI_CONFIG",
        "WFTUI_CONNECTIONS",
        "WFTUI_WORKERS",
        "WFTUI_TOKEN",
        "NO_COLOR",
        "FORCE_COLOR",
        "COLORTERM",
    ):
        monkeypatch.delenv(name, raising=False)
    home.mkdir(parents=True)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    # A program that reports the end of its run ignores signals until it exits; the process of a test continues.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A workspace of its own, with the example workflows."""
    target = tmp_path / "tables"
    shutil.copytree(EXAMPLES, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbenches wait for cancelled steps as long as a busy machine needs."""
    patient = partial(EngineSettings, grace=PATIENCE, force=PATIENCE, finally_limit=PATIENCE)
    monkeypatch.setattr("wftui.engine.primitives.engine_settings.EngineSettings", patient)


@pytest.fixture
def settings(tables: Path, tmp_path: Path) -> Settings:
    """Settings over that workspace and a new database."""
    return Settings(tables=tables, database=tmp_path / "wftui.db", user_id="ada")


@pytest.fixture
async def workbench(settings: Settings) -> AsyncIterator[Workbench]:
    """A workbench over that workspace and a new database; cancels its runs at the end."""
    bench = Workbench(settings)
    yield bench
    await bench.close(cancel=True)
