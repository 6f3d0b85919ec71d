"""Named secrets in one file, encrypted with age (https://age-encryption.org)."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.private_files import only_one, read_private, write_private
from wftui.model.errors import NotFoundError, UsageError
from wftui.model.installation import install_command

_SECRETS = "secrets.age"
_IDENTITY = "identity.txt"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SecretStore:
    """The secrets of one user: `secrets.age`, encrypted to the key in `identity.txt`.

    The `age` program reads both files too; the key file may be a link to a safer place.

    Raises (all methods):
        ConnectionsError: `connection.store` when the encryption library is absent or the files cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names of all secrets, sorted."""
        return sorted(self._load())

    def get(self, name: str) -> str | None:
        """Return a secret; None if there is none of that name."""
        return self._load().get(name)

    def put(self, name: str, secret: str) -> None:
        """Store a secret, replacing any of the same name."""
        with only_one(self._folder):
            self._save({**self._load(), name: secret})

    def keep(self, name: str, secret: str) -> None:
        """Store a secret that a user has given a name.

        Raises:
            UsageError: the name cannot be used in an expression (`secrets.NAME`), or the secret is empty.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is not a valid secret name: use letters, digits and _, not starting with a digit",
                code="secret.name",
            )
        if not secret:
            raise UsageError(f"the secret {name} is empty", code="secret.empty")
        self.put(name, secret)

    def forget(self, name: str) -> None:
        """Delete one secret.

        Raises:
            NotFoundError: there is no secret of that name.
        """
        if self.get(name) is None:
            raise NotFoundError(f"the secret store has no secret {name}", code="secret.not_found")
        self.remove({name})

    def remove(self, names: set[str]) -> None:
        """Delete secrets; unknown names are ignored."""
        if not (self._folder / _SECRETS).exists():
            return
        with only_one(self._folder):
            self._save({name: secret for name, secret in self._load().items() if name not in names})

    def _load(self) -> dict[str, str]:
        data = read_private(self._folder / _SECRETS)
        if data is None:
            return {}
        pyrage = _pyrage()
        try:
            text = pyrage.decrypt(data, [self._identity(create=False)])
        except pyrage.DecryptError:
            raise ConnectionsError(
                f"{self._folder / _SECRETS} cannot be decrypted with the key in {self._folder / _IDENTITY}",
                code="connection.store",
            ) from None
        secrets: dict[str, str] = json.loads(text)
        return secrets

    def _save(self, secrets: dict[str, str]) -> None:
        public = self._identity(create=True).to_public()
        data: bytes = _pyrage().encrypt(json.dumps(secrets).encode(), [public])
        write_private(self._folder / _SECRETS, data)

    def _identity(self, *, create: bool) -> Any:
        pyrage = _pyrage()
        path = self._folder / _IDENTITY
        data = read_private(path)
        if data is None:
            if not create:
                raise ConnectionsError(
                    f"the key of the secret store is missing: {path}; restore it, or start over by removing "
                    f"{self._folder / _SECRETS}",
                    code="connection.store",
                )
            identity = pyrage.x25519.Identity.generate()
            write_private(path, f"# public key: {identity.to_public()}\n{identity}\n".encode())
            return identity
        lines = [line for line in data.decode("utf-8", "replace").splitlines() if line and not line.startswith("#")]
        try:
            return pyrage.x25519.Identity.from_str(lines[0].strip())
        except (IndexError, pyrage.IdentityError):
            raise ConnectionsError(f"{path} contains no age key", code="connection.store") from None


def _pyrage() -> Any:
    try:
        return importlib.import_module("pyrage")
    except ImportError:
        raise ConnectionsError(
            f"storing secrets needs the package pyrage: {install_command('wftui[store]')}; or refer to the secret by "
            "env:NAME, file:PATH or cmd:PROGRAM",
            code="connection.store",
        ) from None
