"""Stored data of the user is private, whatever the umask."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import Cli

from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.database import mark_damaged
from wftui.tui.widgets.value.export import save_value
from wftui.workspace.private import make_private_file, make_private_folder

SCRIPT = """
set -e
umask {umask}
wftui() {{ {python} -m wftui "$@"; }}
wftui new hello
wftui run hello -q
wftui settings set history.keep_days 90
wftui connections add web --kind http -s token=env:TOKEN
wftui history --json > /dev/null
"""


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> dict[str, int]:
    """The modes of a folder and its contents, except the workspace."""
    found = [folder, *folder.rglob("*")]
    return {str(path): mode(path) for path in found if "tables" not in path.relative_to(folder).parts}


SLOW = [pytest.param(umask, marks=pytest.mark.slow) for umask in ("022", "077", "277")]


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("umask", ["000", "027", *SLOW])
def test_files_and_folders_are_private(tmp_path: Path, umask: str) -> None:
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    script = SCRIPT.format(umask=umask, python=sys.executable)
    done = subprocess.run(["bash", "-c", script], env=home, cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = modes(tmp_path / ".local") | modes(tmp_path / ".config")
    assert {"wftui.db", "settings.toml", "connections.json"} <= {Path(name).name for name in found}
    wrong = {name: oct(mode) for name, mode in found.items() if mode != (0o700 if Path(name).is_dir() else 0o600)}
    assert wrong == {}


@pytest.mark.usefixtures("umask")
async def test_the_log_of_an_open_database_is_as_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "runs.db"
    store = await ExecutionStore.open(path)
    try:
        mark_damaged(path)
        names = {each.name: mode(each) for each in path.parent.iterdir()}
    finally:
        await store.close()
    assert names == dict.fromkeys(("runs.db", "runs.db-wal", "runs.db-shm", "runs.db-damaged"), 0o600)
    assert (mode(path.parent), mode(path.parent.parent)) == (0o700, 0o700)


@pytest.mark.usefixtures("umask")
async def test_damaged_database_copy_is_private(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    await (await ExecutionStore.open(path)).close()
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 4000)
    await (await ExecutionStore.open(path)).close()
    assert len([each for each in tmp_path.iterdir() if "damaged" in each.name]) > 0
    assert {mode(each) for each in tmp_path.iterdir()} == {0o600}


@pytest.mark.usefixtures("umask")
async def test_an_exported_value_is_private(tmp_path: Path) -> None:
    async def nothing(*_: object) -> tuple[str, None]:
        return "", None

    await save_value({"a": 1}, nothing, tmp_path / "value.json")
    assert mode(tmp_path / "value.json") == 0o600


@pytest.mark.usefixtures("umask")
def test_existing_files_keep_their_mode(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "open" / "file").touch(mode=0o644)
    make_private_folder(tmp_path / "open")
    make_private_file(tmp_path / "open" / "file")
    assert (mode(tmp_path / "open"), mode(tmp_path / "open" / "file")) == (0o755, 0o644)


def test_a_wider_mode_is_reported_once_and_not_changed(bare_cli: Cli) -> None:
    data, config = (Path(os.environ[name]) / "wftui" for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"))
    assert bare_cli("settings", "set", "history.keep_days", "90")[0] == 0
    assert bare_cli("list")[2] == ""
    database, settings = data / "wftui.db", config / "settings.toml"
    for path, wide in ((data, 0o755), (database, 0o644), (config, 0o750), (settings, 0o660)):
        path.chmod(wide)
    told = bare_cli("list")[2]
    assert told.startswith("wftui: other users may read ")
    for command in (f"chmod 600 {database}", f"chmod 600 {settings}", f"chmod 700 {data}", f"chmod 700 {config}"):
        assert command in told
    assert bare_cli("list")[2] == ""
    assert [mode(path) for path in (data, database, config, settings)] == [0o755, 0o644, 0o750, 0o660]

    for command in told.partition("private: ")[2].split("; "):
        subprocess.run(command, shell=True, check=True)
    assert bare_cli("list")[2] == ""
    database.chmod(0o640)
    assert str(database) in bare_cli("list")[2], "what was mended and is wide again is reported again"


def test_folder_named_by_the_user_is_not_reported(bare_cli: Cli, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert bare_cli("list", "--db", str(tmp_path / "runs.db"))[2] == ""
    (tmp_path / "runs.db").chmod(0o644)
    told = bare_cli("list", "--db", str(tmp_path / "runs.db"))[2]
    assert (f"chmod 600 {tmp_path / 'runs.db'}" in told, "chmod 700" in told) == (True, False)


def test_two_processes_make_one_folder(tmp_path: Path) -> None:
    async def make() -> None:
        await asyncio.gather(*(asyncio.to_thread(make_private_folder, tmp_path / "a/b/c/d") for _ in range(20)))

    asyncio.run(make())
    assert set(modes(tmp_path / "a").values()) == {0o700}
