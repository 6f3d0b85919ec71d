"""`wftui new --example`: examples are restored and updated, changes are kept."""

import json
import shutil
from pathlib import Path

import pytest
from helpers import EXAMPLES, Cli

from wftui.workbench import Settings
from wftui.workspace import shipped
from wftui.workspace.files import etag_of
from wftui.workspace.shipped import example_files, example_ids

RELEASED = {
    "backup_verify/workflow.json": "c27d005d27d8b4865cad0163205e64f3f9eb74305c01ac59f50119fcfd85aaf9",
    "csv_report/workflow.json": "32b7383e23843522288db1c506ab69758c5ba3cf88f1bb9784e71dfaf90f924e",
    "http_pull/workflow.json": "187c35b5e5bde0224555997a1c9ee9aa975bc211203bf5bd418d52924ca7195c",
    "llm_summary/workflow.json": "f9a04e9003c08dac651a81a677c82c93a98785b6e50b360e64eeecde1b2ab941",
    "log_triage/workflow.json": "8a41509b5cc742499b90e156f9eed2b8e880b8970b34442174cb6b902c4d9467",
    "mcp_repo_notes/mcp.lock.json": "d6c4a6066251704e72bfe407b1f54f0af34e287f1969b1ad8d814aa08e759540",
    "mcp_repo_notes/workflow.json": "34d2179d0f84f55061b3593f36dafc0364600814380ca890367c31a593ba6dcf",
    "repo_health/workflow.json": "f5a67360509e2b12c333d8f05bdea2339760ce53d6a72cd473dc48c90d9c282e",
    "site_check/workflow.json": "e0d560759713781d70a46ed987b614927bda4b6911fb09acf2b189b6ac84927a",
}
"""What 0.1.0 shipped."""
NAME = "mcp_repo_notes"


@pytest.fixture
def folder(settings: Settings) -> Path:
    """The folder of the example in the workspace."""
    return settings.tables / "workflows" / NAME


def state(cli: Cli, name: str = NAME) -> str:
    code, out, _ = cli("new", "--examples", "--json")
    assert code == 0
    found: dict[str, str] = {row["id"]: row["state"] for row in json.loads(out)}
    assert sorted(found) == example_ids()
    return found[name]


def is_as_shipped(folder: Path) -> bool:
    names = [Path(name).name for name in example_files() if name.startswith(f"workflows/{NAME}/")]
    return all((folder / name).read_bytes() == (EXAMPLES / "workflows" / NAME / name).read_bytes() for name in names)


def test_missing_example_is_restored_and_runs(cli: Cli, folder: Path) -> None:
    shutil.rmtree(folder)
    assert state(cli) == "absent"
    code, out, _ = cli("new", "--example", NAME)
    assert (code, out) == (0, f"{folder / 'workflow.json'} is the shipped example\n")
    assert state(cli) == "current"
    assert is_as_shipped(folder)
    assert cli("compile", NAME, "--stale")[0] == 0


def test_several_examples_and_missing_files_are_restored(cli: Cli, folder: Path) -> None:
    (folder / "mcp.lock.json").unlink()
    (folder / "workflow.py").unlink()
    assert state(cli) == "outdated"
    assert cli("new", "--example", "repo_health", NAME)[0] == 0
    assert is_as_shipped(folder)


def test_unedited_example_of_an_earlier_release_is_updated(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "workflow.json"
    earlier = file.read_text().replace('"name": "', '"name": "Old ', 1)
    monkeypatch.setattr(shipped, "_EARLIER", frozenset({etag_of(earlier.encode())}))
    file.write_text(earlier)
    (folder / "notes.txt").write_text("mine")
    assert state(cli) == "outdated"
    assert cli("new", "--example", NAME)[0] == 0
    assert is_as_shipped(folder)
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["workflow.json", "mcp.lock.json"])
def test_edited_example_is_replaced_only_on_request(cli: Cli, folder: Path, name: str) -> None:
    mine = (folder / name).read_text() + "\n"
    (folder / name).write_text(mine)
    assert state(cli) == "changed"
    code, _, err = cli("new", "--example", NAME)
    assert code == 1
    assert f"error[example.changed] {folder} has been changed; --replace puts the example in its place" in err
    assert (folder / name).read_text() == mine
    code, out, _ = cli("new", "--example", NAME, "--replace")
    trash = folder.parents[1] / ".trash" / f"{NAME}.1"
    assert (code, out) == (0, f"{folder / 'workflow.json'} is the shipped example; the changed one is in {trash}\n")
    assert is_as_shipped(folder)
    assert (trash / name).read_text() == mine


def test_an_unknown_one_is_not_found(cli: Cli) -> None:
    code, _, err = cli("new", "--example", "repo_helth")
    assert code == 4
    assert "error[example.not_found] there is no example repo_helth; did you mean repo_health?" in err
    assert "; known examples: backup_verify, csv_report" in cli("new", "--example", "qqqqqqq")[2]


def test_people_see_a_table(cli: Cli) -> None:
    lines = cli("new", "--examples")[1].splitlines()
    assert lines[0].split() == ["ID", "STATE", "DESCRIPTION"]
    assert [line.split()[:2] for line in lines[1:]] == [[name, "current"] for name in example_ids()]


@pytest.mark.parametrize(
    "arguments",
    ["", "a --examples", "a --example b", "--example b --examples", "a --replace", "--examples --replace", "a --json"],
)
def test_conflicting_options_are_refused(cli: Cli, arguments: str) -> None:
    code, _, err = cli("new", *arguments.split())
    assert code == 2
    assert "error[usage.new]" in err


def test_examples_changed_since_the_release_are_listed() -> None:
    now = {name.removeprefix("workflows/") for name in example_files() if name.endswith(".json")}
    changed = {
        name: digest
        for name, digest in RELEASED.items()
        if name in now and etag_of((EXAMPLES / "workflows" / name).read_bytes()) != digest
    }
    assert {name for name, digest in changed.items() if digest not in shipped._EARLIER} == set()
