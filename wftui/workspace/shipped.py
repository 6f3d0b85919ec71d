"""The shipped example workflows, and copying them into a workspace."""

import os
import shutil
from pathlib import Path

from wftui.workspace.workspace_errors import explain

_LIST = Path(__file__).with_name("shipped.txt")


def examples_path() -> Path:
    """Return the folder of the examples: installed, or `tables/` of a checkout."""
    installed = Path(__file__).parent / "examples"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "tables"


def example_files() -> list[str]:
    """Return the paths of all files that are shipped, relative to `examples_path`."""
    return _LIST.read_text(encoding="utf-8").split()


def fill_with_examples(tables: Path) -> None:
    """Copy all examples into a new workspace.

    Raises:
        WorkspaceError: the folder cannot be created.
    """
    # Copy into a folder beside it first, so that a second start never sees half of the examples.
    half = tables.with_name(f".{tables.name}.{os.getpid()}")
    try:
        for name in example_files():
            target = half / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(examples_path() / name, target)
        half.rename(tables)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        if not tables.is_dir():  # else another process created it
            raise explain(error, tables, "make") from error
