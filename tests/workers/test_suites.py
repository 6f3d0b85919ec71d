"""The tests of examples and step types in runs, with every step on a worker."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
EXPECTED = {
    # Files of this machine, named by relative paths.
    "test_bytes_are_handed_on_by_reference",
    "test_mail_by_a_connection",
    # Programs on a PATH of the test's own; the worker has another.
    "test_it_compiles_without_its_servers_and_without_the_package",
    "test_other_folders_than_repositories_fail",
    "test_the_notes",
}
"""What is different on a worker, as docs/workers.md says."""


@pytest.mark.slow
def test_steps_do_the_same_on_a_worker(server: str) -> None:
    suites = ["examples", "steps/test_steps_in_runs.py"]
    command = [sys.executable, "-m", "pytest", "-p", "workers.through_worker", "-n", "0", *suites]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, cwd=TESTS, env=environment, capture_output=True, text=True)
    failed = {
        line.split("::")[1].split(" ")[0].partition("[")[0] for line in re.findall("^FAILED (.*)", done.stdout, re.M)
    }
    assert failed <= EXPECTED, done.stdout[-10_000:]
    assert re.search(r"\d+ passed", done.stdout) or done.stdout.count(".") > 40, done.stdout[-2_000:]
