"""Encryption of jobs, their messages and results (AES-GCM).

PostgreSQL and its backups see sealed bytes only. A text is sealed for one place (`about`), and opens nowhere else.
"""

import asyncio
import base64
import hashlib
import os
import zlib
from pathlib import Path

from wftui.connections.private_files import private_folder, read_private, write_private
from wftui.workers.workers_errors import WorkersError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_PLAIN, _PACKED = b"\0", b"\1"
_PACKED_FROM = 1_024
AT_ONCE = 64 * 1024
"""More bytes than these are sealed, opened, named and encoded in threads."""


class WrongKeyError(Exception):
    """Sealed bytes that this key does not open."""


class Seal:
    """Seals and opens messages with one key.

    Attributes:
        id: names the key without revealing it.
    """

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)
        self._naming = hashlib.sha256(b"wftui workers names\0" + key).digest()
        self.id = hashlib.sha256(b"wftui workers key\0" + key).hexdigest()[:8]

    def seal(self, data: bytes, about: str) -> bytes:
        """Seal bytes for a place."""
        packed = _PACKED + zlib.compress(data, 1) if len(data) >= _PACKED_FROM else _PLAIN + data
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, packed, about.encode())

    async def seal_soon(self, data: bytes, about: str) -> bytes:
        """Seal bytes; many in a thread."""
        return self.seal(data, about) if len(data) <= AT_ONCE else await asyncio.to_thread(self.seal, data, about)

    async def open_soon(self, sealed: bytes, about: str) -> bytes:
        """Open bytes; many in a thread. Raises what `open` raises."""
        return self.open(sealed, about) if len(sealed) <= AT_ONCE else await asyncio.to_thread(self.open, sealed, about)

    def name(self, data: bytes) -> str:
        """Return a name for a content, which nobody without the key can guess."""
        return hashlib.blake2b(data, digest_size=20, key=self._naming).hexdigest()

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return the bytes that were sealed for a place.

        Raises:
            WrongKeyError: they were sealed with another key, for another place, or changed since.
        """
        from cryptography.exceptions import InvalidTag

        try:
            packed = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError):  # the second for bytes that are too short
            raise WrongKeyError from None
        return zlib.decompress(packed[1:]) if packed[:1] == _PACKED else packed[1:]


def key_path() -> Path:
    """Return the path of the user's key."""
    return private_folder() / "workers.key"


def make_key() -> tuple[Path, bool]:
    """Create the user's key unless it exists; return its path and whether it is new.

    Raises:
        ConnectionsError: it cannot be read or written, or others may read it.
    """
    path = key_path()
    if read_private(path) is not None:
        return path, False
    write_private(path, base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
    return path, True


def load_seal() -> Seal:
    """Return the seal of the user's key.

    Raises:
        WorkersError: `workers.no_key` or `workers.key`.
        ConnectionsError: it cannot be read, or others may read it.
    """
    path = key_path()
    text = read_private(path)
    if text is None:
        raise WorkersError(
            f"there is no key for workers at {path}; run: wftui workers key, and copy the file to every worker",
            code="workers.no_key",
        )
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise WorkersError(f"{path} was not made by wftui workers key", code="workers.key")
    return Seal(key)
