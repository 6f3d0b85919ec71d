"""`wftui doctor`: finds what is wrong with the user's files, changes nothing unless asked to."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from helpers import PATIENCE
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
