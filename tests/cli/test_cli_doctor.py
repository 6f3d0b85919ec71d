"""`wftui doctor`: finds what is wrong with the user's files, changes nothing unless asked to."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import PATIENCE, lives, wait_until, write_workflow
from store.store_helpers import finished_run

from wftui.store.execution_store import ExecutionStore


def doctor(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    places = {name: str(folder / "user") for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    return subprocess.run(
        [sys.executable, "-m", "wftui", "doctor", *words, "--db", str(folder / "history.db")],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, **places},
        cwd=folder,
        check=False,
    )


async def fill(path: Path) -> None:
    store = await ExecutionStore.open(path)
    for number in range(20):
        await store.append(finished_run(f"run-{number}", value="v" * 3000), wait=True)
    await store.close()


def test_problems_are_found_and_repaired(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    healthy = doctor(tmp_path)
    assert (healthy.returncode, path.exists()) == (0, False)
    asyncio.run(fill(path))
    assert doctor(tmp_path).returncode == 0
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2048] = b"\xff" * 2048
    path.write_bytes(content)
    path.chmod(0o644)
    (tmp_path / "history.db-recovering").touch()
    found = doctor(tmp_path, "--json")
    assert found.returncode == 1
    findings = json.loads(found.stdout)["findings"]
    assert [each["area"] for each in findings] == ["database", "permissions", "leftover"]
    assert [each["repaired"] for each in findings] == [None, None, None]
    assert findings[0]["code"] == "store.damaged"
    assert path.read_bytes() == content
    repaired = doctor(tmp_path, "--repair")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert " of it were recovered" in repaired.stdout
    assert path.stat().st_mode & 0o077 == 0
    healthy = doctor(tmp_path, "--json")
    assert (healthy.returncode, json.loads(healthy.stdout)["findings"]) == (0, [])


def test_problems_beyond_repair_remain(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_text("just some notes of mine, longer than a header\n" * 20)
    (tmp_path / "history.db").chmod(0o600)
    refused = doctor(tmp_path, "--repair")
    assert refused.returncode == 1
    assert "is not a database" in refused.stdout


def test_versions_places_and_sizes_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    before = json.loads(doctor(tmp_path, "--json").stdout)
    assert before["places"]["database"] == {"path": str(path), "state": "absent"}
    assert (before["sizes"], before["databaseBytes"], path.exists()) == ([], 0, False)
    asyncio.run(fill(path))
    content = path.read_bytes()
    found = json.loads(doctor(tmp_path, "--json").stdout)
    assert found["places"]["database"]["state"] == "writable"
    assert {"wftui", "python", "sqlite", "textual"} <= found["versions"].keys()
    [size] = found["sizes"]
    assert (size["workflowId"], size["runs"]) == ("demo", 20)
    assert size["eventBytes"] > 20 * 100
    shown = doctor(tmp_path).stdout
    assert f"database   {path}  writable" in shown
    assert "demo" in shown
    assert path.read_bytes() == content


def test_missing_programs_are_listed_with_their_workflows(tmp_path: Path) -> None:
    step = {"id": "a", "type": "shell", "input": {"argv": ["no-such-program-here", "x"]}}
    for name in ("first", "second"):
        write_workflow(tmp_path / "tables", name, step)
    write_workflow(tmp_path / "tables", "broken", {"id": "a", "type": "nothing-known"})
    asked = doctor(tmp_path, "--json", "--tables", str(tmp_path / "tables"))
    assert asked.returncode == 0
    [(message, workflows)] = json.loads(asked.stdout)["requirements"].items()
    assert "no-such-program-here" in message
    assert workflows == ["first", "second"]
    shown = doctor(tmp_path, "--tables", str(tmp_path / "tables"))
    assert f"{message} (first, second)" in shown.stdout
    assert not (tmp_path / "history.db").exists()


@pytest.mark.slow
def test_processes_of_a_killed_run_are_listed_until_it_is_cancelled(tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid; sleep 600; true"
    write_workflow(tmp_path / "tables", "naps", {"id": "nap", "type": "shell", "input": {"script": script}})
    places = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "history.db")]
    command = [sys.executable, "-m", "wftui"]
    process = subprocess.Popen([*command, "run", "naps", *places], stdout=subprocess.DEVNULL)
    pid = tmp_path / "pid"
    wait_until(lambda: pid.exists() and pid.read_text().strip())
    try:
        assert json.loads(doctor(tmp_path, "--json").stdout)["orphans"] == {}
        process.kill()
        process.wait()
        [(run, sentences)] = json.loads(doctor(tmp_path, "--json").stdout)["orphans"].items()
        assert f"(pid {pid.read_text().strip()})" in sentences[0]
        assert f"run {run}: {sentences[0]}" in doctor(tmp_path).stdout
        subprocess.run([*command, "cancel", run, *places], check=True, capture_output=True, timeout=PATIENCE)
        assert json.loads(doctor(tmp_path, "--json").stdout)["orphans"] == {}
        assert not lives(int(pid.read_text()))
    finally:
        process.kill()
        if lives(int(pid.read_text())):
            os.kill(int(pid.read_text()), signal.SIGKILL)
