"""All harnesses at size: `python tests/hostile/run.py [NAME …]`.

It prints one table: each promise, what was tried, how that ended, and the test that holds it. `--list` prints it
without running anything. The suite runs the same tests small. A test adds its figure to the result by
`record_property("figure", …)`.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Harness:
    """Tests of one promise, and what makes them big.

    Attributes:
        tests: files, from the root of the repository.
        tried: words for how much is tried.
        marked: pytest's expression of marks.
        minutes: it counts as broken when it has not ended by then.
        environment: on top of the user's.
    """

    promise: str
    tests: tuple[str, ...]
    tried: str
    marked: str = "slow or not slow"
    minutes: float = 10
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *options: str) -> list[str]:
        """Return the command that runs the tests."""
        return [sys.executable, "-m", "pytest", "-n", "0", "-m", self.marked, *options, *self.tests]

    def row(self, result: str) -> str:
        """Return its row of the table."""
        tests = ", ".join(f"`{test}`" for test in self.tests)
        return f"| {self.promise} | {self.tried} | {result} | {tests} |"


HARNESSES = {
    "crash": Harness(
        "A killed process loses nothing that was shown; no completed step runs twice",
        ("tests/crash/test_crash.py",),
        "200 rounds of kill -9",
        "slow",
        20,
        {"WFTUI_CRASH_ROUNDS": "200"},
    ),
    "leftovers": Harness(
        "Processes left by an interrupted run are ended before it resumes",
        ("tests/crash/test_leftovers.py", "tests/crash/test_interrupted.py"),
        "every kind of step",
    ),
    "processes": Harness(
        "A timeout or a cancel ends everything that a step started",
        ("tests/steps/process/test_processes.py",),
        "trees of 200 processes, without session, parent or environment",
    ),
    "disk": Harness(
        "A full disk is reported, and loses nothing that was shown",
        ("tests/store/test_full_disk.py",),
        "a file system filled by a step",
    ),
    "damage": Harness(
        "Readable parts of a damaged history are recovered; the old file is kept",
        ("tests/store/recovery/test_salvage.py", "tests/store/sqlite/test_opening.py"),
        "25 kinds of damage",
    ),
    "replaced": Harness(
        "A history deleted or replaced during a run is noticed promptly, and its events are kept",
        ("tests/store/sqlite/test_replaced.py",),
        "5 ways, with and without a write",
    ),
    "updated": Harness(
        "A history of 0.1 is updated in bounded memory, and can be stopped at any time",
        ("tests/store/sqlite/test_big_history.py",),
        "1,000,000 runs",
        minutes=30,
        environment={"WFTUI_HISTORY_RUNS": "1000000"},
    ),
    "mutated": Harness(
        "No workflow makes a check fail or hides another",
        ("tests/hostile/test_mutated_workflows.py",),
        "10,000 mutated workflows",
        minutes=30,
        environment={"WFTUI_MUTATED": "10000"},
    ),
    "sources": Harness(
        "No text of a workflow becomes code",
        ("tests/compiler/test_hostile.py",),
        "5,000 hostile workflows",
        minutes=20,
        environment={"WFTUI_HOSTILE": "5000"},
    ),
    "costs": Harness(
        "No filter or operator takes long, whatever it is given",
        ("tests/runtime/test_costs.py", "tests/runtime/test_sharing.py"),
        "120 calls of each, with extreme values",
        minutes=20,
        environment={"WFTUI_FILTER_CALLS": "120"},
    ),
    "archives": Harness(
        "An archive unpacks inside its folder and within its limits",
        ("tests/steps/file/test_archives.py",),
        "2,000 hostile archives, 30,000 folders",
        minutes=20,
        environment={"WFTUI_ARCHIVES": "1000", "WFTUI_ARCHIVE_FOLDERS": "30000"},
    ),
    "written": Harness(
        "Generated files replace no other file and follow no link",
        ("tests/hostile/test_written_files.py",),
        "every file that is generated",
    ),
    "places": Harness(
        "In any folder, a command ends with a sentence",
        ("tests/hostile/test_places.py",),
        "every command",
    ),
    "private": Harness(
        "Only you can read the files that wftui writes about your runs",
        ("tests/hostile/test_private_files.py",),
        "every file, 5 umasks",
    ),
    "secrets": Harness(
        "No secret reaches a record, a log or another file",
        ("tests/connections/test_secrets_stay_secret.py",),
        "1,000 secrets, every step type",
        "slow",
        20,
    ),
    "forms": Harness(
        "Secrets are masked in every form that programs write",
        ("tests/connections/test_secret_forms.py",),
        "25 secrets in every form",
    ),
    "screens": Harness(
        "No secret is shown, copied or sent to the terminal",
        ("tests/tui/test_secrets_on_screen.py",),
        "every pane and form",
    ),
    "texts": Harness(
        "No foreign text controls your terminal",
        ("tests/hostile/test_terminal_text.py",),
        "every command, generated texts",
    ),
    "stalled": Harness(
        "A terminal or pipe that is not read blocks no run",
        ("tests/cli/test_stalled_output.py", "tests/tui/terminal/test_stalled_terminal.py"),
        "pipes, terminals, the screen",
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
    started = time.monotonic()
    print("| promise | tried | result | test |\n|---|---|---|---|", flush=True)
    for name in names or HARNESSES:
        harness = HARNESSES[name]
        passed, result = (True, "not run") if listed else run(harness)
        failed = failed or not passed
        print(harness.row(result), flush=True)
    print(f"{time.monotonic() - started:,.0f} s", file=sys.stderr, flush=True)
    return int(failed)


def run(harness: Harness) -> tuple[bool, str]:
    """Return whether all tests of a harness passed, and a description."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = harness.command(f"--junitxml={report}", f"--basetemp={folder}/tests")
        program = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **harness.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            message, _ = program.communicate(timeout=harness.minutes * 60)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            message, _ = program.communicate()
        seconds = f"{time.monotonic() - started:,.0f} s"
        if program.returncode == 0:
            return True, f"held: {', '.join(figures(report))}, {seconds}"
    print(message, file=sys.stderr, flush=True)
    return False, f"**broken**{' (not ended)' if program.returncode < 0 else ''}, {seconds}"


def figures(report: Path) -> list[str]:
    """Return what tests report by a property `figure`, or how many tests there were."""
    cases = list(ET.parse(report).iter("testcase"))
    reported = [
        each.get("value", "") for case in cases for each in case.iter("property") if each.get("name") == "figure"
    ]
    return reported or [f"{len(cases):,} tests"]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
