"""Access tokens: make, list, remove and recognize them.

They are kept as hashes in a private file beside the database. A token is 32 random bytes, so that a plain SHA-256 is
enough: nobody can guess its text from the hash.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.clock import Clock
from wftui.model.errors import ConflictError, NotFoundError, UsageError, UserError
from wftui.workspace.atomic import atomic_write
from wftui.workspace.path_lock import locked
from wftui.workspace.private import PRIVATE_FILE, make_private_folder
from wftui.workspace.regular import read_regular

if TYPE_CHECKING:
    from wftui.model.user.access import AccessToken, NewToken, Scope, StoredToken, TokenFile

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_PREFIX = "wft_"


class TokenService:
    """`workbench.tokens`: the access tokens of one database.

    Methods raise `UserError` (`token.file`) if their file cannot be used.
    """

    def __init__(self, database: Path, clock: Clock) -> None:
        self.path = database.with_name(f"{database.name}.tokens")
        self._clock = clock
        self._known: tuple[tuple[int, int, int], TokenFile] | None = None

    async def add(self, name: str, scope: Scope, workflows: Sequence[str] | None = None) -> NewToken:
        """Make a token and return it with its text, which is not stored.

        Raises:
            UsageError: the name is not a word of letters, digits, `.`, `_`, `@` and `-`.
            ConflictError: there is a token of that name.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is not a name for a token: use up to 64 letters, digits and . _ @ -", code="token.name"
            )
        return await asyncio.to_thread(self._add, name, scope, list(workflows) if workflows else None)

    async def add_first(self, name: str) -> NewToken | None:
        """Make a token for everything unless there has been one; None in that case."""
        if await asyncio.to_thread(self.path.exists):
            return None
        return await asyncio.to_thread(self._add, _NAME_PARTS.sub("-", name).strip("-._@") or "admin", "admin", None)

    async def all(self) -> list[AccessToken]:
        """Return all tokens, sorted by name."""
        from wftui.model.user.access import AccessToken

        stored = await asyncio.to_thread(lambda: self._read().tokens)
        shown = [AccessToken.model_validate(token.model_dump(exclude={"hash"})) for token in stored]
        return sorted(shown, key=lambda token: token.name)

    async def remove(self, name: str) -> None:
        """Remove a token; a running server refuses it at once.

        Raises:
            NotFoundError: there is no such token.
        """
        await asyncio.to_thread(self._change, lambda tokens: self._without(tokens, name))

    def recognize(self, text: str) -> AccessToken | None:
        """Return the token of a text, or None; takes as long for any text."""
        digest, found = _hash(text), None
        for token in self._current().tokens:
            if hmac.compare_digest(token.hash, digest):
                found = token
        return found

    def _add(self, name: str, scope: Scope, workflows: list[str] | None) -> NewToken:
        from wftui.model.user.access import NewToken, StoredToken

        text = _PREFIX + secrets.token_urlsafe(32)
        about = {"name": name, "scope": scope, "workflows": workflows, "created_at": self._clock()}

        def added(tokens: list[StoredToken]) -> list[StoredToken]:
            if any(token.name == name for token in tokens):
                raise ConflictError(f"there is a token {name} already; remove it first", code="token.exists")
            return [*tokens, StoredToken.model_validate({**about, "hash": _hash(text)})]

        self._change(added)
        return NewToken.model_validate({**about, "token": text})

    @staticmethod
    def _without(tokens: list[StoredToken], name: str) -> list[StoredToken]:
        left = [token for token in tokens if token.name != name]
        if len(left) == len(tokens):
            raise NotFoundError(f"there is no token {name}", code="token.not_found")
        return left

    def _change(self, change: Callable[[list[StoredToken]], list[StoredToken]]) -> None:
        from wftui.model.user.access import TokenFile

        with self._locked():
            changed = TokenFile(tokens=change(self._read().tokens))
            try:
                atomic_write(self.path, (changed.to_json(indent=2) + "\n").encode(), new_mode=PRIVATE_FILE)
            except OSError as error:
                raise _problem("write", self.path, error) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            make_private_folder(self.path.parent)
        except OSError as error:
            raise _problem("use", self.path.parent, error) from error
        with locked(self.path.parent, lambda error: _problem("use", self.path.parent, error)):
            yield

    def _current(self) -> TokenFile:
        """Return the tokens, read again only after a change of the file."""
        try:
            status = self.path.stat()
        except OSError:
            self._known = None
            return self._read()
        mark = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._known is None or self._known[0] != mark:
            self._known = mark, self._read()
        return self._known[1]

    def _read(self) -> TokenFile:
        from wftui.model.user.access import TokenFile

        try:
            if self.path.stat().st_mode & 0o077:
                raise UserError(
                    f"others may read {self.path}, which holds access tokens; run: chmod 600 {self.path}",
                    code="token.file",
                )
            return TokenFile.model_validate_json(read_regular(self.path))
        except FileNotFoundError:
            return TokenFile()
        except OSError as error:
            raise _problem("read", self.path, error) from error
        except ValueError:
            raise UserError(
                f"{self.path} does not hold access tokens; remove it and add them again", code="token.file"
            ) from None


_NAME_PARTS = re.compile(r"[^A-Za-z0-9._@-]+")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _problem(doing: str, path: Path, error: OSError) -> UserError:
    return UserError(f"cannot {doing} {path}: {(error.strerror or str(error)).lower()}", code="token.file")
