"""All harnesses of what must never happen, at size, in one command: `python tests/hostile/run.py [NAME …]`.

It prints one table: each promise, the test that holds it, at which size it was tried, and how that ended. `--list`
prints it without running anything. The suite runs the same tests small.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Harness:
    """Tests of one promise, and what makes them big.

    Attributes:
        test: file, from the root of the repository.
        size: words for how much is tried.
        marked: pytest's expression of marks.
        environment: on top of the user's.
    """

    promise: str
    test: str
    size: str
    marked: str = "not slow"
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *options: str) -> list[str]:
        """Return the command that runs the tests."""
        return [sys.executable, "-m", "pytest", "-n", "0", "-m", self.marked, *options, self.test]


HARNESSES = {
    "crash": Harness(
        "A killed process loses nothing that was shown; no completed step runs twice",
        "tests/crash/test_crash.py",
        "200 rounds of kill -9",
        "slow",
        {"WFTUI_CRASH_ROUNDS": "200"},
    ),
    "leftovers": Harness(
        "What an interrupted run left running is ended before it resumes",
        "tests/crash/test_leftovers.py",
        "by cases",
    ),
    "processes": Harness(
        "A timeout or a cancel ends everything that a step started",
        "tests/steps/process/test_processes.py",
        "trees of 200 processes",
    ),
    "mutated": Harness(
        "No workflow makes a check fail or hides another",
        "tests/hostile/test_mutated_workflows.py",
        "10,000 mutated workflows",
        environment={"WFTUI_MUTATED": "10000"},
    ),
    "written": Harness(
        "Generated files replace no other file and follow no link",
        "tests/hostile/test_written_files.py",
        "by cases",
    ),
    "places": Harness(
        "In any folder, a command ends with a sentence",
        "tests/hostile/test_places.py",
        "by cases",
    ),
    "private": Harness(
        "Only you can read what wftui writes of your runs",
        "tests/hostile/test_private_files.py",
        "by cases",
    ),
    "secrets": Harness(
        "No secret reaches a record, a log or another file",
        "tests/connections/test_secrets_stay_secret.py",
        "1,000 secrets, every step type",
        "slow",
    ),
    "forms": Harness(
        "Secrets are masked in every form that programs write",
        "tests/connections/test_secret_forms.py",
        "25 secrets in every form",
    ),
}


def main(arguments: list[str]) -> int:
    """Run the named harnesses, or all; return 1 when a promise was broken."""
    listed = "--list" in arguments
    names = [name for name in arguments if name != "--list"]
    unknown = sorted(set(names) - set(HARNESSES))
    if unknown:
        print(f"no harness {', '.join(unknown)}; there are {', '.join(HARNESSES)}", file=sys.stderr)
        return 2
    failed = False
    print("| promise | test | size | result |\n|---|---|---|---|", flush=True)
    for name in names or HARNESSES:
        harness = HARNESSES[name]
        passed, result = (True, "not run") if listed else run(harness)
        failed = failed or not passed
        print(f"| {harness.promise} | `{harness.test}` | {harness.size} | {result} |", flush=True)
    return int(failed)


def run(harness: Harness) -> tuple[bool, str]:
    """Return whether all tests of a harness passed, and words about it; what failed goes to stderr."""
    started = time.monotonic()
    environment = {**os.environ, **harness.environment}
    done = subprocess.run(harness.command(), cwd=ROOT, env=environment, capture_output=True, text=True)
    seconds = f"{time.monotonic() - started:,.0f} s"
    if done.returncode == 0:
        return True, f"passed, {seconds}"
    print(done.stdout + done.stderr, file=sys.stderr, flush=True)
    return False, f"**broken**, {seconds}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
