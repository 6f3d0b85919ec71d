"""A kill -9 at any moment loses nothing shown, and the run can be resumed.

`WFTUI_CRASH_ROUNDS=1000` plays more slow rounds; `WFTUI_CRASH_SEED` others.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROUNDS = os.environ.get("WFTUI_CRASH_ROUNDS", "100")
SEED = os.environ.get("WFTUI_CRASH_SEED", "1")


@pytest.mark.parametrize("count", ["6", pytest.param(ROUNDS, marks=pytest.mark.slow)])
def test_kills_lose_nothing_and_repeat_nothing(
    count: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    driver = Path(__file__).with_name("crash_rounds.py")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    played = subprocess.run(
        [sys.executable, str(driver), str(tmp_path), count, SEED], capture_output=True, text=True, env=environment
    )
    assert played.returncode == 0, played.stdout + played.stderr
    rounds, kills = (int(word) for word in played.stdout.split() if word.isdigit())
    assert rounds == int(count)
    assert kills >= rounds // 2
    record_property("figure", f"{rounds} rounds, {kills} kills")
