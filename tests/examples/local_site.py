"""A real local HTTP server for the examples: each test says what it answers."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from wftui.model.base import Json


@dataclass
class Asked:
    """A request: its path with the query, and its body as JSON."""

    path: str
    body: Json = None


@dataclass
class Answer:
    """A response of the site."""

    body: Json = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    events: list[Json] | None = None
    """Sent as a stream of events instead of the body."""

    def data(self) -> bytes:
        """The bytes of the response."""
        if self.events is None:
            return json.dumps(self.body).encode()
        return "".join(f"data: {json.dumps(event)}\n\n" for event in self.events).encode() + b"data: [DONE]\n\n"

    @property
    def content_type(self) -> str:
        """Of `data`."""
        return "application/json" if self.events is None else "text/event-stream"


@contextlib.contextmanager
def serving(answer: Callable[[Asked], Answer]) -> Iterator[str]:
    """Serve on a free port of this machine; gives the base address."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            given = answer(Asked(self.path, body))
            data = given.data()
            self.send_response(given.status)
            for name, value in {"Content-Type": given.content_type, **given.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
