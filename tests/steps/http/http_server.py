"""A real HTTP server on the loopback, and a real certificate it made itself."""

import contextlib
import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

EXPIRES = datetime(2049, 6, 1, 12, tzinfo=UTC)


class Handler(BaseHTTPRequestHandler):
    """Answers by path; `/echo` tells what was sent."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

    def answer_json(self, value: object, **headers: str) -> None:
        self.answer(200, json.dumps(value).encode(), "application/json", **headers)

    def handle_request(self) -> None:
        address = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        first, _, rest = address.path.lstrip("/").partition("/")
        match first:
            case "echo":
                self.answer_json(
                    {
                        "method": self.command,
                        "query": parse_qsl(address.query, keep_blank_values=True),
                        "headers": {name.lower(): value for name, value in self.headers.items()},
                        "body": sent.decode("latin-1"),
                    }
                )
            case "status":
                self.answer(int(rest), b"answer " + rest.encode(), Retry_After="7")
            case "text":
                self.answer(200, "grüße".encode("latin-1"), "text/plain; charset=latin-1")
            case "latin-json":
                self.answer(200, '{"a": "é"}'.encode("latin-1"), "application/json; charset=latin-1")
            case "deep":
                self.answer(200, b"[" * 200_000, "application/json")
            case "encoded":
                self.answer(200, b"xxxx", Content_Encoding="br")
            case "nothing":
                self.send_response(204)
                self.end_headers()
            case "to":
                self.send_response(302)
                self.send_header("Location", address.query)
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "binary":
                self.answer(200, b"\x89PNG\xff\x00", "image/png")
            case "broken":
                self.answer(200, b'{"a": ', "application/json")
            case "hop":
                left = int(rest)
                self.send_response(302)
                self.send_header("Location", f"/hop/{left - 1}" if left > 1 else "/text")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "bomb":
                self.answer(200, gzip.compress(bytes(20_000_000)), "application/json", Content_Encoding="gzip")
            case "big":
                self.answer(200, b"x" * 3_000_000, "application/octet-stream")
            case "drip":
                self.send_response(200)
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                assert isinstance(self.server, Server)
                with contextlib.suppress(OSError):
                    while not self.server.stopping.wait(0.02):
                        self.wfile.write(b".")
            case "hang-up":
                self.close_connection = True
            case _:
                self.answer(404, b"nothing here")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_request  # noqa: N815


class Server(ThreadingHTTPServer):
    """A server that is silent about clients that go away."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.stopping = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler] = Handler, tls: tuple[Path, Path] | None = None) -> Iterator[str]:
    """Serve on a free port; gives the base URL."""
    server = Server(handler)
    if tls:
        settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        settings.load_cert_chain(*tls)
        server.socket = settings.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "localhost"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tést")]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(EXPIRES)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
