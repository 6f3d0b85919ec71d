"""Pinned outputs beside workflow.json."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from wftui.model.errors import UserError
from wftui.workspace.pins import MOST_BYTES, PINS, change_pins, read_pins


def test_pins_are_written_and_read(tmp_path: Path) -> None:
    assert read_pins(tmp_path) == {}
    change_pins(tmp_path, {"a": None, "b": {"x": [1, "é"]}})
    assert read_pins(tmp_path) == {"a": None, "b": {"x": [1, "é"]}}
    assert stat.S_IMODE((tmp_path / PINS).stat().st_mode) == 0o600, "outputs of runs, which only their user may read"
    assert change_pins(tmp_path, {}, ["a", "c"]) == {"a": None}
    change_pins(tmp_path, {}, ["b"])
    assert not (tmp_path / PINS).exists()


@pytest.mark.parametrize("content", ["[1]", "{", "\xff", "null"])
def test_other_content_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / PINS).write_text(content, encoding="latin-1")
    with pytest.raises(UserError, match=PINS):
        read_pins(tmp_path)


def test_big_outputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="4 MB"):
        change_pins(tmp_path, {"a": "x" * MOST_BYTES})
    assert read_pins(tmp_path) == {}


def test_unreadable_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / PINS).mkdir()
    with pytest.raises(UserError, match="folder"):
        read_pins(tmp_path)


def test_pins_of_processes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from wftui.workspace.pins import change_pins as change\n"
    program += "for number in range(30): change(Path(sys.argv[1]), {f'{sys.argv[2]}{number}': number})"
    running = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name]) for name in "ab"]
    assert [each.wait() for each in running] == [0, 0]
    assert len(read_pins(tmp_path)) == 60
