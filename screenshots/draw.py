"""Draws the pictures of the README from the real app: `python screenshots/draw.py` writes the SVG files beside it.

The app runs without a terminal, over a workspace and a git repository of its own, and is driven by its keys.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from wftui.model.base import Json
from wftui.tui.app import WftuiApp
from wftui.tui.exit_summary import ExitMode
from wftui.workbench import Settings, Workbench

HERE = Path(__file__).parent
SIZE = (110, 32)
AUTHORS = [("Ada Lovelace", 5), ("Grace Hopper", 3), ("Alan Turing", 2)]


def make_repository(folder: Path) -> None:
    """A small repository with a few authors, a branch and something left to do."""
    folder.mkdir()
    run = ["git", "-C", str(folder), "-c", "commit.gpgsign=false"]
    subprocess.run([*run, "init", "-q", "-b", "main"], check=True)
    for author, commits in AUTHORS:
        for number in range(commits):
            name = f"{author.split()[0].lower()}{number}.py"
            (folder / name).write_text(f"# TODO: finish {name}\n" * (number + 3))
            identity = ["-c", f"user.name={author}", "-c", "user.email=someone@example.org"]
            subprocess.run([*run, "add", "."], check=True)
            subprocess.run([*run, *identity, "commit", "-q", "-m", f"Add {name}"], check=True)


async def settled(pilot: Pilot[ExitMode]) -> None:
    """Wait until the workers of the screen are done and it is painted."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete(
        [worker for worker in pilot.app.workers if worker.group not in {"runs", "run", "attention"}]
    )
    await pilot.pause()


async def shoot(folder: Path) -> None:
    """Walk through the app and take the pictures."""
    tables = folder / "tables"
    shutil.copytree(HERE.parent / "tables", tables, ignore=shutil.ignore_patterns("__pycache__"))
    make_repository(folder / "project")
    workbench = Workbench(Settings(tables=tables, database=folder / "wftui.db", user_id="ada"))
    logs = folder / "app.log"
    logs.write_text("2026-11-22T10:00:00 INFO started\n2026-11-22T10:00:01 ERROR no such file 'a.txt'\n" * 40)
    earlier: list[tuple[str, dict[str, Json]]] = [
        ("log_triage", {"path": str(logs), "out": str(folder / "triage")}),
        ("site_check", {"urls": ["http://127.0.0.1:9/"], "timeoutSeconds": 2}),
        ("log_triage", {"path": str(folder / "nothing"), "out": str(folder / "triage")}),
        ("repo_health", {"repo": "project"}),
    ]
    for workflow, inputs in earlier:
        await workbench.runs.wait(await workbench.runs.start(workflow, inputs))
    app = WftuiApp(workbench)
    async with app.run_test(size=SIZE) as pilot:

        def save(name: str) -> None:
            (HERE / f"{name}.svg").write_text(app.export_screenshot(title="wftui"), encoding="utf-8")

        await settled(pilot)
        await pilot.press("down", "down")
        await settled(pilot)
        save("workflows")
        app.open_editor("site_check")
        await settled(pilot)
        while "Loading" in app.export_screenshot():  # noqa: ASYNC110  (the inspector reads the last run)
            await asyncio.sleep(0.1)
        save("editor")
        app.open_run_form("repo_health", {"repo": "project"})
        await asyncio.sleep(1)
        save("run-form")
        await pilot.press("enter")
        await asyncio.sleep(2)
        save("monitor")
        await pilot.press("4")
        await asyncio.sleep(0.5)
        save("canvas")
        app.open_history()
        await asyncio.sleep(1)
        save("history")
    await workbench.close()


def main() -> None:
    """Take all pictures in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        # Paths are shown relative to home and to where the program was started.
        os.environ.update(HOME=name, TZ="UTC")
        os.chdir(name)
        asyncio.run(shoot(Path(name)))


if __name__ == "__main__":
    main()
