"""Secrets that cannot be found, stored or read: a sentence for each reason."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wftui.connections import secret_references
from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.private_files import only_one, read_private, write_private
from wftui.connections.secret_references import is_reference, resolve_reference
from wftui.connections.secret_store import SecretStore
from wftui.model.errors import NotFoundError, UsageError


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path / "store")


def refusal(store: SecretStore, text: str, **environment: str) -> str:
    with pytest.raises(ConnectionsError) as refused:
        resolve_reference(text, store, {**os.environ, **environment})
    assert refused.value.code == "connection.reference"
    return str(refused.value)


def test_other_text_than_a_reference_is_refused(store: SecretStore) -> None:
    sentence = "not a secret reference; write env:NAME, file:PATH, cmd:PROGRAM or store:NAME"
    for text in ("plain", "http://x", ""):
        assert not is_reference(text)
        assert refusal(store, text) == sentence


def test_a_variable_that_is_not_set_or_empty(store: SecretStore) -> None:
    assert resolve_reference("env:SOME_TOKEN", store, {"SOME_TOKEN": "x"}) == "x"
    assert refusal(store, "env:SOME_TOKEN") == "the environment variable SOME_TOKEN is not set"
    assert refusal(store, "env:SOME_TOKEN", SOME_TOKEN="") == "env:SOME_TOKEN is empty"


@pytest.mark.parametrize(
    ("data", "secret"), [(b"x", "x"), (b"x\n", "x"), (b"x\r\n", "x"), (b"x\n\n", "x\n"), (b"a\rb\r\nc", "a\nb\nc")]
)
def test_a_file_is_read_without_its_last_line_end(tmp_path: Path, store: SecretStore, data: bytes, secret: str) -> None:
    (tmp_path / "token").write_bytes(data)
    assert resolve_reference(f"file:{tmp_path}/token", store) == secret


def test_a_file_that_cannot_be_read(tmp_path: Path, store: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    assert refusal(store, f"file:{path}") == f"cannot read {path}: no such file or directory"
    assert refusal(store, f"file:{tmp_path}") == f"cannot read {tmp_path}: is a directory"
    path.write_bytes(b"\xff")
    assert refusal(store, f"file:{path}") == f"{path} is not UTF-8 text"
    path.write_bytes(b"\n")
    assert refusal(store, f"file:{path}") == f"file:{path} is empty"
    monkeypatch.setattr(secret_references, "MOST_BYTES", 1000)
    path.write_bytes(b"x" * 1000)
    assert resolve_reference(f"file:{path}", store) == "x" * 1000
    path.write_bytes(b"x" * 1001)
    assert refusal(store, f"file:{path}") == f"{path} is larger than 1,000 bytes"


def test_a_pipe_into_which_nobody_writes(tmp_path: Path, store: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_references, "COMMAND_SECONDS", 0.05)
    os.mkfifo(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        sentence = f"nothing was written into {tmp_path}/pipe within 0.05 s"
        assert refusal(store, f"file:{tmp_path}/pipe") == sentence
    finally:
        os.close(writer)


def test_a_program_that_gives_no_secret(tmp_path: Path, store: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(store, "cmd: ") == "the command of a secret is empty"
    assert refusal(store, "cmd:echo 'x") == "the command of a secret cannot be parsed: no closing quotation"
    assert refusal(store, f"cmd:{tmp_path}/none x") == f"the program {tmp_path}/none was not found"
    (tmp_path / "text").write_text("x")
    assert (
        refusal(store, f"cmd:{tmp_path}/text") == f"the program {tmp_path}/text could not be started: permission denied"
    )
    assert refusal(store, "cmd:sh -c 'echo x; exit 3'") == "the program sh ended with exit code 3"
    assert refusal(store, "cmd:true") == "cmd:true is empty"
    assert resolve_reference("cmd:sh -c 'echo \"$GIVEN\"'", store, {**os.environ, "GIVEN": "x y"}) == "x y"
    monkeypatch.setattr(secret_references, "MOST_BYTES", 10)
    assert refusal(store, "cmd:echo 0123456789") == "the program echo printed more than 10 bytes"


def test_names_of_stored_secrets_fit_into_expressions(store: SecretStore) -> None:
    for name in ("", "1a", "a-b", "a b", "ä.b"):
        with pytest.raises(UsageError) as refused:
            store.keep(name, "x")
        assert refused.value.code == "secret.name"
        assert str(refused.value) == (
            f"{name!r} is not a valid secret name: use letters, digits and _, not starting with a digit"
        )
    with pytest.raises(UsageError, match=r"^the secret token is empty$") as empty:
        store.keep("token", "")
    assert empty.value.code == "secret.empty"
    assert store.names() == []


def test_stored_secrets_are_replaced_and_forgotten(store: SecretStore) -> None:
    store.remove({"a"})
    store.keep("a", "1")
    store.keep("b", "2")
    store.keep("a", "3")
    assert [store.get(name) for name in ("a", "b", "c")] == ["3", "2", None]
    assert refusal(store, "store:c") == "the secret store has no secret c"
    store.forget("a")
    assert store.names() == ["b"]
    with pytest.raises(NotFoundError, match=r"^the secret store has no secret a$") as missing:
        store.forget("a")
    assert missing.value.code == "secret.not_found"


def test_a_store_whose_key_does_not_fit(tmp_path: Path, store: SecretStore) -> None:
    store.keep("a", "1")
    folder = tmp_path / "store"
    secrets, identity = folder / "secrets.age", folder / "identity.txt"
    key = identity.read_bytes()
    other = SecretStore(tmp_path / "other")
    other.keep("a", "1")
    identity.write_bytes((tmp_path / "other" / identity.name).read_bytes())
    with pytest.raises(ConnectionsError) as refused:
        store.get("a")
    assert str(refused.value) == f"{secrets} cannot be decrypted with the key in {identity}"
    for text in (b"", b"# public key: x\n", b"nonsense\n"):
        identity.write_bytes(text)
        with pytest.raises(ConnectionsError) as refused:
            store.get("a")
        assert str(refused.value) == f"{identity} contains no age key"
    identity.unlink()
    with pytest.raises(ConnectionsError) as refused:
        store.get("a")
    assert refused.value.code == "connection.store"
    assert str(refused.value) == (
        f"the key of the secret store is missing: {identity}; restore it, or start over by removing {secrets}"
    )
    write_private(identity, key)
    assert store.get("a") == "1"


def test_a_store_without_its_package(store: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(
        ConnectionsError, match=r"^storing secrets needs the package pyrage: .*wftui\[store\]"
    ) as refused:
        store.keep("a", "1")
    assert refused.value.code == "connection.store"
    assert str(refused.value).endswith("; or refer to the secret by env:NAME, file:PATH or cmd:PROGRAM")


def test_private_files_are_read_only_while_they_are(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    assert read_private(path) is None
    write_private(path, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_private(path) == b"x"
    for mode in (0o640, 0o604, 0o610, 0o620, 0o601):
        path.chmod(mode)
        with pytest.raises(ConnectionsError) as refused:
            read_private(path)
        assert refused.value.code == "connection.permissions"
        assert str(refused.value) == f"others may read {path}, which must be private; run: chmod 600 {path}"


def lock(folder: Path) -> None:
    with only_one(folder):
        pass


def test_private_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    folder = tmp_path / "file" / "folder"
    acts: dict[str, Callable[[], object]] = {
        f"cannot write {folder}/x: ": lambda: write_private(folder / "x", b""),
        f"cannot use {folder}: ": lambda: lock(folder),
        f"cannot read {folder}: not a directory": lambda: read_private(folder),
    }
    for sentence, act in acts.items():
        with pytest.raises(ConnectionsError) as refused:
            act()
        assert refused.value.code == "connection.io"
        assert str(refused.value).startswith(sentence)
