"""URL and token of a server."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wftui.client.errors import RemoteError
from wftui.connections.own_secrets import TOKEN_VARIABLE
from wftui.model.errors import ExitCode, UsageError
from wftui.model.user.home_paths import expanded
from wftui.workspace.regular import read_regular

_TOKEN = re.compile(r"[!-~]{1,500}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Access:
    """URL of a server, and the token for it, which no output shows."""

    url: str
    token: str
    token_file: Path | None = None

    def __repr__(self) -> str:
        return f"Access({self.url!r})"

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a command that lead to the server."""
        file = () if self.token_file is None else ("--token-file", str(self.token_file))
        return ("--remote", self.url, *file)

    @property
    def is_loopback(self) -> bool:
        """True if the server is on this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK

    @property
    def is_readable(self) -> bool:
        """True if the token crosses a network in clear text."""
        return not self.is_loopback and urlsplit(self.url).scheme == "http"


def access(url: str, token_file: Path | None) -> Access:
    """Return the access to a server, with the token of a file or of `WFTUI_TOKEN`.

    Raises:
        UsageError: the URL is invalid, there is no token, or the file cannot be used.
        RemoteError: others may read the file.
    """
    return Access(_checked(url), _token(token_file), token_file)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise UsageError("--remote takes the URL of a server, such as http://127.0.0.1:8787", code="remote.url")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            "the URL of --remote has no user, password, query or fragment; the token is in WFTUI_TOKEN or a file",
            code="remote.url",
        )
    return url.rstrip("/")


def _token(token_file: Path | None) -> str:
    if token_file is None:
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        if not token:
            raise UsageError(
                "--remote needs a token: set WFTUI_TOKEN, or name its file with --token-file;"
                " `wftui serve token add` makes one",
                code="remote.token",
            )
    else:
        token = _read(expanded(token_file))
    if not _TOKEN.fullmatch(token):
        raise UsageError("the token was not made by `wftui serve token add`", code="remote.token")
    return token


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise RemoteError(
                f"others may read {path}, which holds a token; run: chmod 600 {path}",
                code="remote.token",
                exit_code=ExitCode.USAGE,
            )
        return read_regular(path).decode("ascii").strip()
    except UnicodeDecodeError:
        raise UsageError(f"{path} holds no token", code="remote.token") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read the token in {path}: {reason}", code="remote.token") from None
