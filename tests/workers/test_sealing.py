"""Sealing: what one key closes for one place, nothing else opens."""

import os
import stat

import pytest

pytest.importorskip("cryptography", reason="the package cryptography is not installed")

from wftui.workers.sealing import Seal, WrongKeyError, key_path, load_seal, make_key
from wftui.workers.workers_errors import WorkersError


@pytest.mark.parametrize("size", [0, 1, 1_023, 1_024, 300_000])
def test_what_is_sealed_opens_again_and_shows_nothing(size: int) -> None:
    seal, text = Seal(os.urandom(32)), b"hunter2-" * (size // 8) + b"x" * (size % 8)
    sealed = seal.seal(text, "job a")
    assert seal.open(sealed, "job a") == text
    assert b"hunter2" not in sealed
    assert seal.seal(text, "job a") != sealed


def test_another_key_another_place_and_changed_bytes_are_refused() -> None:
    key = os.urandom(32)
    sealed = Seal(key).seal(b"text", "job a")
    for seal, data, about in [
        (Seal(os.urandom(32)), sealed, "job a"),
        (Seal(key), sealed, "job b"),
        (Seal(key), sealed[:-1] + bytes([sealed[-1] ^ 1]), "job a"),
        (Seal(key), sealed[:5], "job a"),
        (Seal(key), b"", "job a"),
    ]:
        with pytest.raises(WrongKeyError):
            seal.open(data, about)


def test_the_key_is_made_once_and_only_its_owner_reads_it() -> None:
    with pytest.raises(WorkersError, match="wftui workers key"):
        load_seal()
    path, made = make_key()
    assert (path, made) == (key_path(), True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert make_key() == (path, False)
    assert load_seal().id == load_seal().id


@pytest.mark.parametrize("text", [b"", b"short", b"!" * 44])
def test_a_damaged_key_is_an_error(text: bytes) -> None:
    path, _ = make_key()
    path.write_bytes(text)
    with pytest.raises(WorkersError, match="was not made by wftui workers key"):
        load_seal()
