"""Record the fixtures of a release with the code of that release.

    git worktree add --detach /tmp/release 12b83b7
    python tests/releases/make.py 0.1.0 --code /tmp/release

The release's folder (`tests/releases/0.1.0`) holds what a user wrote by hand: `tables/workflows/*/workflow.json`,
`config/settings.toml` and `config/connections.json`. This script adds what the release makes of it:

- `tables/`: the generated Python, the registry and the schema;
- `history.sqlite3`: runs that ended in every way, runs that were cut short by `kill -9` and marked as interrupted, and
  one (`orphan`) whose process was killed after the last look at the database;
- `runs.json`: the id of each run by its label;
- `checksums.json`: of all files, so that a rename over the whole repository does not reach them unseen;
- `expected/`: what the release shows of it all (`history.json`, `runs/LABEL.json`, `list.json`, `settings.json`,
  `settings_after.toml`, `connections.json`), and `replays/NAME.json`: commands that continue the recorded runs, and the
  record they lead to.

For a later release copy the hand-written files into a folder of its name, add what is new, and run this with its code.
Recorded fixtures are never made again: they prove that data of that release is still read.

Only the command line is used, and nothing of wftui is imported. Of this machine nothing is kept: the runs happen in a
folder that no record names, and the marks of the processes in the database are replaced.
"""

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from releases.records import CHECKSUMS, checksums, comparable, without_folder

Json = Any
Event = dict[str, Any]
TOKEN = '{"token": "fixture-token-1"}'
TOKEN_ASK = '{"token": "fixture-token-1", "ask": true}'

REPLAYS: dict[str, list[list[str]]] = {
    "resume_waiting_approved": [
        ["approve", "@waiting", "confirm", "--data", '{"keep": 3}'],
        ["resume", "@waiting", "--json"],
    ],
    "resume_waiting_rejected": [["approve", "@waiting", "confirm", "--reject"], ["resume", "@waiting", "--json"]],
    "resume_nested": [["approve", "@nested_child", "confirm"], ["resume", "@nested", "--json"]],
    "resume_secret": [
        ["approve", "@secret_waiting", "confirm"],
        ["resume", "@secret_waiting", "--input", TOKEN, "--json"],
    ],
    "resume_mid_foreach": [["resume", "@mid_foreach", "--json"]],
    "resume_orphan": [["resume", "@orphan", "--json"]],
    "rerun_from_failed": [["rerun", "@failed", "--from-failed", "-i", "code=0", "--json"]],
    "rerun_from_failed_unchanged": [["rerun", "@failed", "--from-failed", "--json"]],
    "rerun_from_failed_big": [["rerun", "@big_failed", "--from-failed", "-i", "code=0", "--json"]],
    "rerun_from_failed_items": [["rerun", "@items", "--from-failed", "-i", "codes=[0, 0, 0]", "--json"]],
    "rerun_from_failed_interrupted": [["rerun", "@mid_foreach", "--from-failed", "--json"]],
    "rerun_from_failed_rerun": [["rerun", "@rerun", "--from-failed", "--json"]],
    "rerun_from_step": [["rerun", "@kinds", "--from", "each", "--json"]],
    "rerun_kinds": [["rerun", "@kinds", "--json"]],
    "rerun_squares": [["rerun", "@squares", "--json"]],
    "rerun_secret": [["rerun", "@secret", "--input", TOKEN, "--json"]],
    "rerun_flaky": [["rerun", "@flaky", "--json"]],
    "rerun_refused": [["rerun", "@refused", "-i", "count=2", "--json"]],
}
"""By name: commands that continue recorded runs, each time in a fresh copy. `@LABEL` stands for a run's id."""


class Release:
    """A release's code and a folder in which its commands run."""

    def __init__(self, code: Path, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(exist_ok=True)
        self.runs: dict[str, str] = {}
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(code),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "LOGNAME": "ada",
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "WFTUI_CONNECTIONS": str(folder / "config"),
        }

    def start(self, *arguments: str, tables: bool = True, **environment: str) -> subprocess.Popen[str]:
        """Start a command."""
        where = ["--tables", "tables", "--db", "history.sqlite3"] if tables else []
        return subprocess.Popen(
            [sys.executable, "-m", "wftui", *arguments, *where],
            cwd=self.folder,
            env={**self._environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *arguments: str, codes: tuple[int, ...] = (0,), **options: Any) -> str:
        """Run a command to its end and return its output."""
        process = self.start(*arguments, **options)
        out, err = process.communicate()
        assert process.returncode in codes, f"{arguments} ended with {process.returncode}: {err}"
        return out

    def run(self, label: str, *arguments: str, codes: tuple[int, ...] = (0,)) -> dict[str, Json]:
        """Run a workflow to its end and keep its id under a label."""
        record: dict[str, Json] = json.loads(self.command(*arguments, "--json", codes=codes))
        self.runs[label] = record["id"]
        return record

    def begin(self, label: str, *arguments: str, until: Callable[[Event], bool]) -> subprocess.Popen[str]:
        """Start a run, keep its id under a label, and return once an event has come."""
        process = self.start(*arguments, "--events")
        event = self.read(process, until)
        self.runs[label] = event["executionId"]
        return process

    def read(self, process: subprocess.Popen[str], until: Callable[[Event], bool]) -> Event:
        """Read a process's events until one fits."""
        assert process.stdout is not None
        for line in process.stdout:
            event: Event = json.loads(line)
            if until(event):
                return event
        raise AssertionError(f"the run ended before the event: {process.communicate()}")

    def kill(self, process: subprocess.Popen[str]) -> None:
        """Kill a command, then the programs that its steps have started."""
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for child in children:
            if child.is_running():
                child.kill()


def waits(event: Event) -> bool:
    """Return whether a step begins to wait for an approval."""
    return event["type"] == "step_waiting" and bool(event["waiting"]["reason"] == "approval")


def record_runs(release: Release) -> None:
    """Make the runs: those that end, those that are interrupted, and last the orphan."""
    release.run("kinds", "run", "kinds")
    release.run("refused", "run", "kinds", "--input", '{"count": "three"}', codes=(2,))
    release.run("square", "run", "square", "-i", "n=12")
    release.run("squares", "run", "squares", "-i", "numbers=[4, 5, 6]")
    release.run("failed", "run", "exits", "-i", "code=3", codes=(1,))
    release.run("rerun", "rerun", release.runs["failed"], "--from-failed", "-i", "code=4", codes=(1,))
    release.run("mended", "rerun", release.runs["rerun"], "--from-failed", "-i", "code=0")
    release.run("big", "run", "big")
    release.run("big_failed", "run", "big", "-i", "code=2", codes=(1,))
    release.run("flaky", "run", "flaky")
    release.run("items", "run", "items", codes=(1,))
    release.run("secret", "run", "secret", "--input", TOKEN)

    for label, answer in [("approved", ["--data", '{"keep": 2}']), ("rejected", ["--reject"])]:
        process = release.begin(label, "run", "gate", until=waits)
        release.command("approve", release.runs[label], "confirm", *answer)
        process.communicate()
    process = release.begin("cancelled", "run", "gate", until=waits)
    release.command("cancel", release.runs["cancelled"])
    process.communicate()

    release.kill(release.begin("waiting", "run", "gate", "-i", "subject=the killed one", until=waits))
    release.kill(release.begin("secret_waiting", "run", "secret", "--input", TOKEN_ASK, until=waits))
    process = release.start("run", "ship", "--events")
    event = release.read(process, lambda event: event["type"] == "step_waiting")
    release.runs |= {"nested": event["executionId"], "nested_child": event["waiting"]["childId"]}
    follower = release.start("watch", release.runs["nested_child"], "--events")
    release.read(follower, waits)
    release.kill(follower)
    release.kill(process)
    begin_hosts(release, "mid_foreach")
    release.command("history")  # marks the killed ones as interrupted
    begin_hosts(release, "orphan")


def begin_hosts(release: Release, label: str) -> None:
    """Start a run over hosts and kill it while it works on the third."""
    hold = release.folder / "hold.gamma"
    hold.touch()
    release.kill(
        release.begin(
            label, "run", "hosts", until=lambda event: event["type"] == "log" and "begin gamma" in event["message"]
        )
    )
    hold.unlink()


def pack(database: Path) -> None:
    """Replace the marks of this machine's processes, and pack the database."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE owners SET pid = key, started = key, boot_id = 'recorded', host = 'recorded'")
        # The process of another host counts as alive for two minutes after its last heartbeat.
        connection.execute("UPDATE owners SET heartbeat_at = heartbeat_at - 3600000")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for end in ("-wal", "-shm"):
        assert not database.with_name(database.name + end).exists()


def write(path: Path, data: Json) -> None:
    """Write JSON as it is committed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def record_expected(code: Path, fixture: Path, runs: dict[str, str]) -> None:
    """Write what the release shows of the fixture, and what comes of the replays."""

    def copy(parent: str) -> Release:
        return copied(code, fixture, Path(parent))

    expected = fixture / "expected"
    with tempfile.TemporaryDirectory() as parent:
        release = copy(parent)
        write(expected / "history.json", json.loads(release.command("history", "--limit", "1000", "--json")))
        for label, run_id in runs.items():
            write(expected / "runs" / f"{label}.json", json.loads(release.command("show", run_id, "--json")))
        write(expected / "list.json", json.loads(release.command("list", "--json")))
        write(expected / "connections.json", json.loads(release.command("connections", "--json")))
        file = release.folder / "config" / "settings.toml"
        text = release.command("settings", "--json", tables=False, WFTUI_CONFIG=str(file))
        write(expected / "settings.json", without_folder(json.loads(text), release.folder))
        release.command("settings", "set", "history.keep_days", "30", tables=False, WFTUI_CONFIG=str(file))
        release.command("settings", "unset", "history.workflows.gate.keep_runs", tables=False, WFTUI_CONFIG=str(file))
        shutil.copy(file, expected / "settings_after.toml")
    for name, commands in REPLAYS.items():
        with tempfile.TemporaryDirectory() as parent:
            release = copy(parent)
            for command in commands:
                words = [runs[word[1:]] if word.startswith("@") else word for word in command]
                out = release.command(*words, codes=(0, 1))
            record = comparable(json.loads(out), release.folder)
            write(expected / "replays" / f"{name}.json", {"commands": commands, "record": record})


def copied(code: Path, fixture: Path, parent: Path) -> Release:
    """Return the release over a copy of a fixture."""
    folder = parent / "copy"
    shutil.copytree(fixture, folder)
    (folder / "config" / "connections.json").chmod(0o600)  # which Git does not keep
    return Release(code, folder)


def main() -> None:
    """Record the fixtures of one release."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help="the release, such as 0.1.0")
    parser.add_argument("--code", type=Path, required=True, help="a checkout of the release")
    arguments = parser.parse_args()
    fixture, code = Path(__file__).parent / arguments.version, arguments.code.resolve()
    if (fixture / "history.sqlite3").exists():
        parser.error(f"{fixture} is recorded already")
    with tempfile.TemporaryDirectory() as parent:
        release = copied(code, fixture, Path(parent))
        release.command("compile", "--all")
        record_runs(release)
        pack(release.folder / "history.sqlite3")
        shutil.copytree(release.folder / "tables", fixture / "tables", dirs_exist_ok=True)
        shutil.copy(release.folder / "history.sqlite3", fixture)
        write(fixture / "runs.json", release.runs)
    record_expected(code, fixture, release.runs)
    write(fixture / CHECKSUMS, checksums(fixture))


if __name__ == "__main__":
    main()
