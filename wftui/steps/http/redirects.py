"""Redirects to another server, without the secrets of the request."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext

if TYPE_CHECKING:
    import httpx2

_CHUNK = 65_536
_SEARCHED = 1024 * 1024


class FileContent:
    """File as a request body that can be sent again after a redirect."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def texts(self) -> Iterator[str]:
        """Yield the content in overlapping pieces for a search."""
        with self._path.open("rb") as file:
            before = b""
            while piece := file.read(_SEARCHED):
                yield (before + piece).decode("utf-8", "replace")
                before = piece[-_CHUNK:]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a body for a search, of files in overlapping pieces; blocks."""
    content = body.get("content")
    if isinstance(content, bytes):
        yield content.decode("utf-8", "replace")
    elif isinstance(content, FileContent):
        yield from content.texts()
    for name, value in body.get("data", {}).items():
        yield name
        yield from value if isinstance(value, list) else [value]
    for name, data in body.get("files", {}).values():
        yield name
        yield data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class SecretGuard:
    """Secrets that a request must not take to another server.

    Attributes:
        private_headers: names of headers that are left out, whatever they hold.
        holds_secret: finds a secret in a text.
        report: gets a sentence for each header that is left out.
    """

    private_headers: frozenset[str] = frozenset()
    holds_secret: Callable[[str], bool] = lambda _: False
    report: Callable[[str], None] = lambda _: None

    async def withhold(self, sent: "httpx2.Request", first_method: str, body: Mapping[str, Any]) -> None:
        """Remove private headers from a request to another server.

        Raises:
            WorkflowError: `http.redirect_secret` when its body holds a secret.
        """
        names = {name.lower() for name in self.private_headers}
        for name, value in list(sent.headers.multi_items()):
            if name.lower() in names or self.holds_secret(value):
                sent.headers.pop(name, None)
                self.report(f"The header {name} is not sent to {sent.url.host}: it may contain a secret.")
        goes_along = body and not (sent.method == "GET" and first_method != "GET")
        if goes_along and await asyncio.to_thread(lambda: any(map(self.holds_secret, _texts(body)))):
            raise WorkflowError(
                "http.redirect_secret",
                f"The server redirects to {sent.url.scheme}://{sent.url.host}, another server, and the body holds a"
                " secret; it is not sent there.",
            )


def guard_secrets(context: StepContext, private_headers: frozenset[str] = frozenset()) -> SecretGuard:
    """Return the guard of a step, with the secrets of its run."""
    return SecretGuard(
        private_headers,
        holds_secret=lambda text: context.redact(text) != text,
        report=lambda sentence: context.log(sentence, "warn"),
    )
