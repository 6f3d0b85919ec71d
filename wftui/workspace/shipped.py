"""The shipped example workflows, and copying them into a workspace."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from wftui.model.errors import ConflictError, NotFoundError
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.workspace.files import Workspace, etag_of
from wftui.workspace.generated import inside, write_generated
from wftui.workspace.private import make_private_folder
from wftui.workspace.regular import read_regular
from wftui.workspace.workspace_errors import explain

ExampleState = Literal["absent", "current", "outdated", "changed"]
"""Of an example in a workspace; an outdated one is as an earlier release shipped it."""

_EARLIER = frozenset(
    {
        # 0.1.0
        "c27d005d27d8b4865cad0163205e64f3f9eb74305c01ac59f50119fcfd85aaf9",
        "d6c4a6066251704e72bfe407b1f54f0af34e287f1969b1ad8d814aa08e759540",
        "f5a67360509e2b12c333d8f05bdea2339760ce53d6a72cd473dc48c90d9c282e",
    }
)
"""SHA-256 of files that earlier releases shipped and this one has changed."""
_LIST = Path(__file__).with_name("shipped.txt")


def examples_path() -> Path:
    """Return the folder of the examples: installed, or `tables/` of a checkout."""
    installed = Path(__file__).parent / "examples"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "tables"


def shipped_schema_path() -> Path:
    """Return the path of the JSON Schema of workflow.json, with built-in step types."""
    return examples_path() / "workflow.schema.json"


def example_files() -> list[str]:
    """Return the paths of all files that are shipped, relative to `examples_path`."""
    return _LIST.read_text(encoding="utf-8").split()


def fill_with_examples(tables: Path) -> None:
    """Copy all examples into a new workspace; an existing one stays as it is.

    Raises:
        WorkspaceError: the folder cannot be created.
    """
    try:
        if tables.exists():
            return
    except OSError as error:
        raise explain(error, tables, "read") from error
    # Copy into a folder beside it first, so that a second start never sees half of the examples.
    half = tables.with_name(f".{tables.name}.{os.getpid()}")
    try:
        make_private_folder(tables.parent)
        for name in example_files():
            target = half / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(examples_path() / name, target)
        half.rename(tables)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        if not tables.is_dir():  # else another process created it
            raise explain(error, tables, "make") from error


def example_ids() -> list[str]:
    """Return the ids of the examples, sorted."""
    return sorted(name.split("/")[1] for name in example_files() if name.endswith("/workflow.json"))


def example_state(workspace: Workspace, example_id: str) -> ExampleState:
    """Compare an example with the workflow of that id.

    Raises:
        NotFoundError: there is no such example.
        WorkspaceError: the workflow cannot be read.
    """
    states = {_file_state(shipped, own) for shipped, own in _files(workspace, example_id)}
    if "changed" in states:
        return "changed"
    if not workspace.exists(example_id):
        return "absent"
    return "current" if states == {"current"} else "outdated"


def add_example(workspace: Workspace, example_id: str, *, replace: bool = False) -> Path | None:
    """Copy the source of an example into a workspace, or bring it up to date.

    Args:
        replace: give up a changed workflow, which goes to the trash.

    Returns:
        Path of the changed workflow in the trash.

    Raises:
        NotFoundError: there is no such example.
        ConflictError: the workflow has been changed, and `replace` is not given.
        WorkspaceError: a file cannot be read or written.
    """
    workspace.check_adopted()
    trash = None
    if example_state(workspace, example_id) == "changed":
        if not replace:
            raise ConflictError(
                f"{workspace.source_path(example_id).parent} has been changed; --replace puts the example in its place "
                "and moves it to .trash",
                code="example.changed",
            )
        trash = workspace.delete(example_id)
    for shipped, own in _files(workspace, example_id):
        inside(workspace.root, own)
        try:
            own.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explain(error, own, "write") from error
        write_generated(workspace.root, own, shipped.read_bytes(), lambda data: etag_of(data) in _EARLIER)
    return trash


def _files(workspace: Workspace, example_id: str) -> Iterator[tuple[Path, Path]]:
    """Yield the sources of an example, each with its path in the workspace."""
    folder = f"workflows/{example_id}/"
    names = [name for name in example_files() if name.startswith(folder) and name.endswith(".json")]
    if not names:
        known = example_ids()
        hint = did_you_mean(suggestion(example_id, known), f"; known examples: {', '.join(known)}")
        raise NotFoundError(f"there is no example {example_id}{hint}", code="example.not_found")
    for name in names:
        yield examples_path() / name, workspace.root / name


def _file_state(shipped: Path, own: Path) -> ExampleState:
    try:
        data = read_regular(own)
    except FileNotFoundError:
        return "absent"
    except OSError as error:
        raise explain(error, own, "read") from error
    if data == shipped.read_bytes():
        return "current"
    return "outdated" if etag_of(data) in _EARLIER else "changed"
