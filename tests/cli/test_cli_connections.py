"""Connections and step types on the command line."""

import io
import json
import stat
from pathlib import Path

import pytest

from wftui.cli.main import main
from wftui.connections.connections import Connections
from wftui.connections.private_files import private_folder
from wftui.workbench import Settings


@pytest.fixture
def places(settings: Settings) -> list[str]:
    return ["--tables", str(settings.tables), "--db", str(settings.database)]


def test_a_connection_from_add_to_remove(
    places: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_0123456789abcdef")
    add = ["connections", *places, "add", "github", "--kind", "http"]
    assert main([*add, "-s", "auth=bearer", "-s", "token=env:GITHUB_TOKEN"]) == 0
    assert main([*add]) == 1
    assert main(["connections", *places, "edit", "github", "-s", "apiKeyName=X-Key"]) == 0
    assert main(["connections", *places, "test", "github"]) == 0
    capsys.readouterr()
    assert main(["connections", *places, "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["values"] == {"auth": "bearer", "token": "env:GITHUB_TOKEN", "apiKeyName": "X-Key"}
    assert main(["connections", *places, "remove", "github"]) == 0
    assert main(["connections", *places, "remove", "github"]) == 4


def test_a_secret_in_clear_is_kept_encrypted(
    places: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "very-secret-token-1234"
    assert main(["connections", *places, "add", "svc", "--kind", "http", "-s", f"token={secret}"]) == 0
    assert secret not in capsys.readouterr().out
    files = [path for path in private_folder().rglob("*") if path.is_file()]
    assert files
    assert all(secret.encode() not in path.read_bytes() for path in files)
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in files)


def test_values_are_typed_and_secrets_accepted_from_a_pipe(
    places: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = ["connections", *places]
    monkeypatch.setattr("sys.stdin", io.StringIO("one\ntwo\n"))
    add = ["add", "svc", "--kind", "http", "-s", "username=123456", "-s", "password=?", "-s", "token=?"]
    assert main([*begin, *add, "-s", "headers.X-Team=7"]) == 0
    key = "-----BEGIN KEY-----\nMIIB\n-----END KEY-----"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
    assert main([*begin, "add", "other", "--kind", "generic", "-s", "secrets.key=?", "-s", "values.n=7"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
    assert main([*begin, "secret", "set", "whole"]) == 0
    capsys.readouterr()
    assert main([*begin, "list", "--json"]) == 0
    other, svc = (each["values"] for each in json.loads(capsys.readouterr().out))
    assert other == {"secrets": {"key": "store:other/secrets/key"}, "values": {"n": 7}}
    assert (svc["username"], svc["headers"]) == ("123456", {"X-Team": "7"})
    assert main([*begin, "secret", "list", "--json"]) == 0
    names = json.loads(capsys.readouterr().out)
    store = Connections().store
    assert {name: store.get(name) for name in names} == {
        "other/secrets/key": key,
        "svc/password": "one",
        "svc/token": "two",
        "whole": key,
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["add", "x", "--kind", "nothing"], 2),
        (["add", "x", "--kind", "http", "-s", "nothing=1"], 2),
        (["add", "Not A Name", "--kind", "http"], 2),
        (["add", "x", "--kind", "http", "-s", "token"], 2),
        (["test", "nothing"], 4),
        (["edit", "nothing", "-s", "a=b"], 4),
    ],
)
def test_invalid_changes_are_refused(
    places: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    assert main(["connections", *places, *arguments]) == code
    captured = capsys.readouterr()
    assert captured.err.startswith("wftui: error[")
    assert "Traceback" not in captured.err


def test_kinds_list_their_fields(places: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connections", *places, "kinds"]) == 0
    assert "apiKey*" in capsys.readouterr().out


def test_a_new_package_of_steps(places: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steps", *places, "new", "acme.fetch", "--folder", str(tmp_path)]) == 0
    assert "pyproject.toml" in capsys.readouterr().out
    assert main(["steps", *places, "new", "acme.fetch", "--folder", str(tmp_path)]) == 1
    assert main(["steps", *places, "new", "fetch", "--folder", str(tmp_path)]) == 2


def test_workspace_step_file_is_loaded_only_when_trusted(
    places: list[str], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = settings.tables / "steps"
    folder.mkdir()
    marker = settings.tables / "imported"
    file = folder / "mine.py"
    file.write_text(
        f"from pathlib import Path\nfrom wftui.steps.plugin import step\nPath({str(marker)!r}).touch()\n\n\n"
        '@step("mine.double")\ndef double(n: int) -> int:\n    """Doubles."""\n    return n * 2\n'
    )
    assert main(["steps", *places]) == 0
    captured = capsys.readouterr()
    assert "mine.double" not in captured.out
    assert "mine.py" in captured.err
    assert not marker.exists(), "what is not trusted is not imported"
    assert main(["steps", *places, "trust", str(file)]) == 0
    assert "mine.double" in capsys.readouterr().out
    workflow = {
        "format": 1,
        "id": "mine",
        "steps": [{"id": "d", "type": "mine.double", "input": {"n": 21}}],
        "outputs": {"n": "{{ steps.d.output }}"},
    }
    path = settings.tables / "workflows" / "mine" / "workflow.json"
    path.parent.mkdir()
    path.write_text(json.dumps(workflow))
    assert main(["run", "mine", "--quiet", *places]) == 0
    assert "n: 42" in capsys.readouterr().out
    file.write_text(file.read_text() + "# changed\n")
    assert main(["run", "mine", "--quiet", *places]) == 3


def test_trust_of_no_file_is_a_sentence(places: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steps", *places, "trust", "/nowhere.py"]) == 4
    assert "cannot read /nowhere.py" in capsys.readouterr().err
