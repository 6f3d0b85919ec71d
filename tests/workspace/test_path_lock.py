"""The lock for files that several processes change, also where it cannot be had."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from wftui.compiler.registry import update_registry
from wftui.connections.private_files import only_one
from wftui.model.errors import UserError
from wftui.settings.edit import set_value
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workspace.files import Workspace
from wftui.workspace.pins import change_pins, copy_pins


def _connections(folder: Path) -> None:
    with only_one(folder):
        pass


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: change_pins(folder, {"a": 1}),
        lambda folder: copy_pins(folder, "a", "b"),
        lambda folder: set_value(folder / "settings.toml", "history.keep_days", "30"),
        lambda folder: update_registry(Workspace(folder), {}, builtin_registry()),
        _connections,
    ],
    ids=["pins", "copied pins", "settings", "registry", "connections"],
)
def test_a_lock_that_cannot_be_had_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("wftui.workspace.path_lock.fcntl.flock", refuse)
    files = psutil.Process().num_fds()
    with pytest.raises(UserError, match=f"cannot use {tmp_path}.*no locks available"):
        change(tmp_path)
    assert psutil.Process().num_fds() == files
