"""Connections: kept by reference, resolved on demand, never readable by others."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.base import Json
from wftui.model.errors import NotFoundError

GITHUB: dict[str, Json] = {"baseUrl": "https://api.github.com", "auth": "bearer", "token": "env:WFTUI_TEST_TOKEN"}


@pytest.fixture
def connections(tmp_path: Path) -> Connections:
    return Connections(tmp_path / "private")


def stored(name: str, kind: str, values: Mapping[str, Json]) -> StoredConnection:
    return StoredConnection(name=name, kind=kind, values=dict(values))


def test_a_connection_is_kept_and_resolved(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    connections.save(stored("github", "http", GITHUB))
    assert [each.name for each in connections.all()] == ["github"]
    assert connections.get("github").values == GITHUB
    monkeypatch.setenv("WFTUI_TEST_TOKEN", "ghp_verysecret")
    resolved = connections.resolve("github", "http")
    assert resolved.values["token"] == "ghp_verysecret"
    assert resolved.values["apiKeyName"] == "X-API-Key", "defaults are filled in"
    assert resolved.secrets == ["ghp_verysecret"]
    assert "ghp_verysecret" not in repr(resolved)


def test_concurrent_saves_keep_all_connections(connections: Connections) -> None:
    code = """if True:
        import sys
        from pathlib import Path
        from wftui.connections.connections import Connections, StoredConnection
        for number in range(10):
            values = {"baseUrl": "https://example.org"}
            saved = StoredConnection(name=f"c{sys.argv[2]}{number}", kind="http", values=values)
            Connections(Path(sys.argv[1])).save(saved)
    """
    folder = connections.path.parent
    writers = [subprocess.Popen([sys.executable, "-c", code, str(folder), name]) for name in "abcd"]
    assert [writer.wait() for writer in writers] == [0] * 4
    assert len(connections.all()) == 40


def test_the_files_are_private(connections: Connections) -> None:
    connections.save(stored("github", "http", GITHUB))
    assert connections.path.stat().st_mode & 0o777 == 0o600
    assert connections.path.parent.stat().st_mode & 0o077 == 0
    connections.path.chmod(0o644)
    with pytest.raises(ConnectionsError, match="chmod 600") as caught:
        connections.all()
    assert caught.value.code == "connection.permissions"


@pytest.mark.parametrize(
    ("reference", "secret"),
    [
        ("env:WFTUI_TEST_TOKEN", "from-env"),
        ("file:{folder}/token", "from-file"),
        (f"cmd:{sys.executable} -c 'print(\"from cmd\")'", "from cmd"),
    ],
)
def test_references_are_followed(
    connections: Connections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, secret: str
) -> None:
    monkeypatch.setenv("WFTUI_TEST_TOKEN", "from-env")
    (tmp_path / "token").write_text("from-file\n")
    connections.save(stored("x", "openai", {"apiKey": reference.format(folder=tmp_path)}))
    assert connections.resolve("x").values["apiKey"] == secret


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("env:WFTUI_TEST_NOT_SET", "WFTUI_TEST_NOT_SET is not set"),
        ("file:/no/such/file", "cannot read /no/such/file: no such file"),
        ("cmd:no-such-program-here x", "no-such-program-here was not found"),
        ("cmd:sh -c 'echo half-a-secret; exit 3'", "ended with exit code 3"),
        ("cmd:sh -c 'unclosed", "cannot be parsed"),
        ("cmd:true", "is empty"),
    ],
)
def test_missing_secret_names_the_searched_places(connections: Connections, reference: str, sentence: str) -> None:
    connections.save(stored("x", "openai", {"apiKey": reference}))
    with pytest.raises(ConnectionsError, match=sentence) as caught:
        connections.resolve("x")
    assert caught.value.code == "connection.reference"
    assert "apiKey of the connection 'x'" in str(caught.value)
    assert "half-a-secret" not in str(caught.value)


def test_plain_secret_moves_into_the_encrypted_store(connections: Connections, tmp_path: Path) -> None:
    values = {"command": ["server"], "env": {"TOKEN": "clear-secret", "OTHER": "env:HOME"}}
    kept = connections.save(stored("tools", "mcp", values))
    assert kept.values["env"] == {"TOKEN": "store:tools/env/TOKEN", "OTHER": "env:HOME"}
    for path in (tmp_path / "private").iterdir():
        assert b"clear-secret" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    resolved = connections.resolve("tools")
    assert resolved.values["env"]["TOKEN"] == "clear-secret"
    assert "clear-secret" in resolved.secrets
    connections.save(stored("tools", "mcp", {"command": ["server"]}))
    assert connections.store.names() == [], "what is no longer referred to is forgotten"


def test_removing_a_connection_removes_its_secrets(connections: Connections) -> None:
    connections.save(stored("a", "anthropic", {"apiKey": "clear-secret"}))
    connections.store.put("shared", "kept")
    connections.remove("a")
    assert connections.all() == []
    assert connections.store.names() == ["shared"]
    with pytest.raises(NotFoundError, match="wftui connections add a"):
        connections.remove("a")


def test_wrong_key_is_reported(connections: Connections, tmp_path: Path) -> None:
    connections.store.put("a", "secret")
    other = Connections(tmp_path / "other").store
    other.put("b", "secret")
    (tmp_path / "private" / "identity.txt").write_bytes((tmp_path / "other" / "identity.txt").read_bytes())
    with pytest.raises(ConnectionsError, match="cannot be decrypted"):
        connections.store.get("a")
    (tmp_path / "private" / "identity.txt").write_text("nonsense")
    with pytest.raises(ConnectionsError, match="contains no age key"):
        connections.store.get("a")
    (tmp_path / "private" / "identity.txt").unlink()
    with pytest.raises(ConnectionsError, match="key of the secret store is missing") as refused:
        connections.store.get("a")
    assert refused.value.code == "connection.store"


@pytest.mark.parametrize(
    ("name", "kind", "values", "sentence"),
    [
        ("Bad Name", "http", {}, "not a valid connection name"),
        ("x", "gopher", {}, "unknown connection kind 'gopher'"),
        ("x", "http", {"bseUrl": "x"}, "bseUrl"),
        ("x", "smtp", {"host": "h", "port": "25"}, "port"),
        ("x", "anthropic", {}, "apiKey"),
    ],
)
def test_invalid_connections_are_refused(
    connections: Connections, name: str, kind: str, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConnectionsError, match=sentence):
        connections.save(stored(name, kind, values))
    assert not connections.path.exists()


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        ("{", "file", "cannot be read"),
        ('{"format": 2}', "newer", "newer wftui"),
        ('{"format": 1, "connections": [{"name": 1, "kind": "http"}]}', "file", "connections/0/name"),
    ],
)
def test_broken_file_is_reported(connections: Connections, content: str, code: str, sentence: str) -> None:
    connections.path.parent.mkdir()
    connections.path.touch(mode=0o600)
    connections.path.write_text(content)
    with pytest.raises(ConnectionsError, match=sentence) as refused:
        connections.all()
    assert refused.value.code == f"connection.{code}"


def test_the_compiler_can_ask_whether_one_fits(connections: Connections) -> None:
    connections.save(stored("github", "http", GITHUB))
    assert connections.problem("github", "http") is None
    assert "of kind http, not smtp" in (connections.problem("github", "smtp") or "")
    assert "no connection 'gitlab'" in (connections.problem("gitlab", "http") or "")
    with pytest.raises(ConnectionsError, match="of kind http, not smtp"):
        connections.resolve("github", "smtp")


def test_the_file_is_plain_json(connections: Connections) -> None:
    connections.save(stored("b", "generic", {"values": {"n": [1]}}))
    connections.save(stored("a", "smtp", {"host": "mail"}))
    assert json.loads(connections.path.read_text()) == {
        "format": 1,
        "connections": [
            {"name": "a", "kind": "smtp", "values": {"host": "mail"}},
            {"name": "b", "kind": "generic", "values": {"values": {"n": [1]}}},
        ],
    }
    assert connections.path.read_text().startswith('{\n  "format": 1,\n'), "people read it, too"
    assert connections.path.read_text().endswith("\n}\n")
