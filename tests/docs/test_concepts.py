"""docs/concepts.md: its tables of statuses, references and files match the code."""

import io
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from docs.page_runner import DOCS, Execute
from wftui.connections.secret_references import is_reference
from wftui.model.run.record import ExecutionStatus
from wftui.model.run.steps import StepStatus
from wftui.workspace.pins import change_pins

PAGE = (DOCS / "concepts.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """The words in code of the first column of a table."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row)]


def test_every_status_is_explained() -> None:
    assert sorted(first_cells(section("Run"))) == sorted(get_args(ExecutionStatus))
    shown = first_cells(section("Step and step path").partition("| status of a step")[2])
    assert sorted(shown) == sorted(get_args(StepStatus))


def test_its_references_to_secrets_are_references() -> None:
    shown = first_cells(section("Secrets"))
    assert len(shown) == 4
    assert all(map(is_reference, shown))


def files_on_disk() -> Iterator[tuple[str, bool]]:
    """Yield (name of a file, whether only its owner may read it) from the table."""
    for line in section("On disk").splitlines():
        if line.startswith("| ") and "`" in line:
            cells = line.split("|")
            yield from ((name, "600" in cells[3]) for name in re.findall(r"`([\w./<>]+\.\w+)`", cells[2]))


def test_files_have_documented_paths_and_modes(
    folder: Path, execute: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name)
    (folder / "tables" / "steps").mkdir()
    (folder / "tables" / "steps" / "mine.py").write_text("")
    for command in (
        "wftui new hello",
        "wftui run hello -q",
        "wftui settings set history.keep_days 90",
        "wftui connections add web --kind http -s token=env:TOKEN",
        "wftui steps trust tables/steps/mine.py",
        "wftui serve token add reader --scope read",
        "wftui workers key",
    ):
        assert execute(command)[0] == 0, command
    monkeypatch.setattr("sys.stdin", io.StringIO("a secret"))
    assert execute("wftui connections secret set api")[0] == 0
    change_pins(folder / "tables" / "workflows" / "hello", {"greet": "Ada"})  # the editor does

    usual = stat.S_IMODE((folder / "tables" / "workflows" / "hello" / "workflow.json").stat().st_mode)
    shown = dict(files_on_disk())
    assert len(shown) > 8
    for name, private in shown.items():
        [path] = [each for each in tmp_path.rglob(Path(name).name) if each.is_file()]
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if private else usual), path
    kept = {path.name for path in (tmp_path / ".config" / "wftui").iterdir() if not path.name.startswith(".")}
    assert kept <= {Path(name).name for name in shown}
