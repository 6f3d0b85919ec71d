"""A small server of pets, as the conformance kit of Serverless Workflow calls one."""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PETS = [{"id": 1, "name": "Rex", "status": "available"}, {"id": 2, "name": "Mia", "status": "available"}]


class _Pets(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        found = {"/pets": PETS, **{f"/pet/{pet['id']}": pet for pet in PETS}}.get(path)
        if path == "/login":
            scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
            allowed = (scheme, b64decode(credentials)) == ("Basic", b"serverless:conformance")
            self._answer(200 if allowed else 401, {"allowed": allowed})
        else:
            self._answer(404 if found is None else 200, found)

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def pet_server() -> Iterator[str]:
    """Serve pets; yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pets) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
