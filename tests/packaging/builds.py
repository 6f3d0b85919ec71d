"""Files that must not be shipped, and how a distribution is built."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PLANTED = (
    ".env",
    "tables/.env",
    "tables/notes.txt",
    "tables/wftui.db",
    "tables/steps/mine.py",
    "tables/workflows/private/workflow.json",
    "tables/workflows/repo_health/.env",
    "tables/workflows/repo_health/out/report.md",
    "wftui/.env",
    "wftui/store/wftui.db",
    "docs/.env",
    "tests/wftui.db",
)
SECRET = "planted-c0ffee"


def build(source: Path, target: str, folder: Path) -> Path:
    """Build a wheel or an sdist into an empty folder; return the file."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = folder.iterdir()
    return made
