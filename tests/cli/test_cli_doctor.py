"""`wftui doctor`: reports problems of the user's files, changes nothing unasked."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from helpers import PATIENCE, Cli, lives, obey_permissions, wait_until, write_workflow
from store.store_helpers import finished_run

from wftui.store.execution_store import ExecutionStore
from wftui.workbench.setup.places import network_type


@pytest.fixture
def doctor(tmp_path: Path, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs `wftui doctor` for a user whose files are in the test folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    return lambda *words: bare_cli("doctor", *words, "--db", str(tmp_path / "history.db"))


async def fill(path: Path) -> None:
    store = await ExecutionStore.open(path)
    for number in range(20):
        await store.append(finished_run(f"run-{number}", value="v" * 3000), wait=True)
    await store.close()


def test_problems_are_found_and_repaired(tmp_path: Path, doctor: Cli) -> None:
    path = tmp_path / "history.db"
    assert (doctor()[0], path.exists()) == (0, False)
    asyncio.run(fill(path))
    assert doctor()[0] == 0
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2048] = b"\xff" * 2048
    path.write_bytes(content)
    path.chmod(0o644)
    (tmp_path / "history.db-recovering").touch()
    code, out, _ = doctor("--json")
    assert code == 1
    findings = json.loads(out)["findings"]
    assert [each["area"] for each in findings] == ["database", "permissions", "leftover"]
    assert [each["repaired"] for each in findings] == [None, None, None]
    assert findings[0]["code"] == "store.damaged"
    assert path.read_bytes() == content
    code, out, errors = doctor("--repair")
    assert code == 0, out + errors
    assert " of it were recovered" in out
    assert path.stat().st_mode & 0o077 == 0
    code, out, _ = doctor("--json")
    assert (code, json.loads(out)["findings"]) == (0, [])


def test_problems_beyond_repair_remain(tmp_path: Path, doctor: Cli) -> None:
    (tmp_path / "history.db").write_text("just some notes of mine, longer than a header\n" * 20)
    (tmp_path / "history.db").chmod(0o600)
    code, out, _ = doctor("--repair")
    assert code == 1
    assert "is not a database" in out


def test_versions_places_and_sizes_are_shown(tmp_path: Path, doctor: Cli) -> None:
    path = tmp_path / "history.db"
    before = json.loads(doctor("--json")[1])
    assert before["places"]["database"] == {"path": str(path), "state": "absent"}
    assert (before["sizes"], before["databaseBytes"], path.exists()) == ([], 0, False)
    asyncio.run(fill(path))
    content = path.read_bytes()
    found = json.loads(doctor("--json")[1])
    assert found["places"]["database"]["state"] == "writable"
    assert {"wftui", "python", "sqlite", "textual"} <= found["versions"].keys()
    [size] = found["sizes"]
    assert (size["workflowId"], size["runs"]) == ("demo", 20)
    assert size["eventBytes"] > 20 * 100
    shown = doctor()[1]
    assert f"database   {path}  writable" in shown
    assert "demo" in shown
    assert path.read_bytes() == content


def test_missing_programs_are_listed_with_their_workflows(tmp_path: Path, doctor: Cli) -> None:
    step = {"id": "a", "type": "shell", "input": {"argv": ["no-such-program-here", "x"]}}
    for name in ("first", "second"):
        write_workflow(tmp_path / "tables", name, step)
    write_workflow(tmp_path / "tables", "broken", {"id": "a", "type": "nothing-known"})
    code, out, _ = doctor("--json", "--tables", str(tmp_path / "tables"))
    assert code == 0
    [(message, workflows)] = json.loads(out)["requirements"].items()
    assert "no-such-program-here" in message
    assert workflows == ["first", "second"]
    assert f"{message} (first, second)" in doctor("--tables", str(tmp_path / "tables"))[1]
    assert not (tmp_path / "history.db").exists()


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "pipe")
    return ["--db", str(folder / "pipe")]


def _folder(folder: Path) -> list[str]:
    (folder / "folder").mkdir(mode=0o755)
    return ["--db", str(folder / "folder")]


def _link_to_nothing(folder: Path) -> list[str]:
    (folder / "link").symlink_to(folder / "nowhere" / "history.db")
    return ["--db", str(folder / "link")]


def _below_a_file(folder: Path) -> list[str]:
    (folder / "file").touch()
    return ["--db", str(folder / "file" / "history.db")]


def _workspace_is_a_file(folder: Path) -> list[str]:
    (folder / "tables").touch()
    return ["--db", str(folder / "none.db"), "--tables", str(folder / "tables")]


def _from_the_future(folder: Path) -> list[str]:
    asyncio.run(fill(folder / "new.db"))
    with closing(sqlite3.connect(folder / "new.db")) as database:
        database.execute("PRAGMA user_version = 900")
    return ["--db", str(folder / "new.db")]


def _leftover_folder(folder: Path) -> list[str]:
    asyncio.run(fill(folder / "left.db"))
    (folder / "left.db-recovering").mkdir()
    return ["--db", str(folder / "left.db")]


def _cut(folder: Path, size: int) -> list[str]:
    asyncio.run(fill(folder / "cut.db"))
    os.truncate(folder / "cut.db", size)
    return ["--db", str(folder / "cut.db")]


def _invalid_settings(folder: Path) -> list[str]:
    (folder / "user").mkdir(mode=0o700)
    (folder / "user" / "settings.toml").write_text("theme = [[[")
    (folder / "user" / "settings.toml").chmod(0o600)
    return ["--db", str(folder / "none.db")]


BROKEN: dict[str, tuple[Callable[[Path], list[str]], str, str, bool]] = {
    "pipe": (_pipe, "place", "the database is not a file", False),
    "folder": (_folder, "place", "the database is not a file", False),
    "link": (_link_to_nothing, "place", "cannot be created", False),
    "below a file": (_below_a_file, "place", "cannot be created", False),
    "workspace": (_workspace_is_a_file, "place", "the workspace is not a folder", False),
    "settings": (_invalid_settings, "settings", "settings.toml:1: invalid value", False),
    "newer": (_from_the_future, "database", "written by a newer wftui", False),
    "leftover": (_leftover_folder, "leftover", "a stopped recovery left it behind", False),
    "cut": (lambda folder: _cut(folder, 20_000), "database", "is damaged", True),
}
"""What is broken; area and problem that are found; whether `--repair` mends it."""


@pytest.mark.parametrize("case", BROKEN)
def test_whatever_is_broken_is_a_finding_and_nothing_else_is_touched(
    case: str, tmp_path: Path, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WFTUI_CONFIG", str(tmp_path / "user" / "settings.toml"))
    monkeypatch.setenv("WFTUI_TABLES", str(tmp_path / "workspace"))
    breaks, area, problem, is_repaired = BROKEN[case]
    places = breaks(tmp_path)
    before = {path: path.lstat().st_mode for path in tmp_path.rglob("*")}
    for words, repaired in ((["--json"], False), (["--repair", "--json"], is_repaired)):
        code, out, _ = bare_cli("doctor", *words, *places)
        assert code == (0 if repaired else 1)
        (finding,) = json.loads(out)["findings"]
        assert (finding["area"], finding["repaired"] is not None) == (area, repaired)
        assert problem in finding["problem"]
        assert bare_cli("doctor", *places)[0] == (0 if repaired else 1)
    if not is_repaired:
        assert {path: path.lstat().st_mode for path in before} == before


def test_a_folder_that_is_read_only_is_a_finding(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "history.db"))
    (tmp_path / "history.db").chmod(0o644)
    tmp_path.chmod(0o555)
    try:
        command = [sys.executable, "-m", "wftui", "doctor", "--repair", "--json", "--db", str(tmp_path / "history.db")]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, cwd="/", preexec_fn=obey_permissions, check=False
        )
    finally:
        tmp_path.chmod(0o755)
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert [each["area"] for each in found["findings"]] == ["place", "permissions"]
    assert "read-only" in found["findings"][0]["problem"]
    assert found["sizes"][0]["runs"] == 20


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/ann/local\\040disk ext4 rw 0 0
ann@host: /media/far fuse.sshfs rw 0 0
auto /media/back nfs rw 0 0
/dev/sdc1 /media/back xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/lib/history.db", None),
        ("/home/ann/history.db", "nfs4"),
        ("/home/ann/local disk/history.db", None),
        ("/home2/history.db", None),
        ("/media/far/deep/in/history.db", "fuse.sshfs"),
        ("/media/back/history.db", None),
    ],
)
def test_a_network_file_system_is_known_by_where_it_is_mounted(path: str, expected: str | None) -> None:
    assert network_type(Path(path), MOUNTS) == expected
    assert network_type(Path(path), "") is None


@pytest.mark.slow
def test_processes_of_a_killed_run_are_listed_until_it_is_cancelled(tmp_path: Path, doctor: Cli) -> None:
    script = f"echo $$ > {tmp_path}/pid; sleep 600; true"
    write_workflow(tmp_path / "tables", "naps", {"id": "nap", "type": "shell", "input": {"script": script}})
    places = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "history.db")]
    command = [sys.executable, "-m", "wftui"]
    process = subprocess.Popen([*command, "run", "naps", *places], stdout=subprocess.DEVNULL)
    pid = tmp_path / "pid"
    wait_until(lambda: pid.exists() and pid.read_text().strip())
    try:
        assert json.loads(doctor("--json")[1])["orphans"] == {}
        process.kill()
        process.wait()
        [(run, sentences)] = json.loads(doctor("--json")[1])["orphans"].items()
        assert f"(pid {pid.read_text().strip()})" in sentences[0]
        assert f"run {run}: {sentences[0]}" in doctor()[1]
        subprocess.run([*command, "cancel", run, *places], check=True, capture_output=True, timeout=PATIENCE)
        assert json.loads(doctor("--json")[1])["orphans"] == {}
        assert not lives(int(pid.read_text()))
    finally:
        process.kill()
        if lives(int(pid.read_text())):
            os.kill(int(pid.read_text()), signal.SIGKILL)
