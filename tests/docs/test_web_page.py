"""docs/web.md: its proxy passes page and socket on, with TLS."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from helpers import write_workflow
from web.browser import browser
from web.web_server import serving_web

from docs.nginx_proxy import proxied
from docs.page_runner import DOCS

HOST = "screens.example.com"


def write_certificate(folder: Path) -> None:
    """Write a certificate that only a test believes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "site.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "site.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@pytest.mark.slow
def test_its_proxy_shows_the_screen_with_tls(tmp_path: Path) -> None:
    write_certificate(tmp_path)
    write_workflow(tmp_path / "tables", "greet", {"id": "a", "type": "set", "input": {"x": 1}})
    flags = [f"--host-resolver-rules=MAP {HOST} 127.0.0.1", "--ignore-certificate-errors"]
    with serving_web(tmp_path, "--allow-host", HOST) as server:
        changes = {
            "/etc/ssl/screens.example.com.pem": f"{tmp_path}/site.pem",
            "/etc/ssl/screens.example.com.key": f"{tmp_path}/site.key",
            "127.0.0.1:8788": server.address.removeprefix("http://").rstrip("/"),
        }
        with proxied(DOCS / "web.md", tmp_path, changes) as port, browser(tmp_path, *flags) as tab:
            tab.open(f"https://{HOST}:{port}/?{server.page.partition('?')[2]}")
            tab.shows("greet", "never run")
            assert tab.evaluate("location.href") == f"https://{HOST}:{port}/"
            assert [cookie["secure"] for cookie in tab.cookies()] == [True]
            assert [url for url in tab.requests if url.startswith("wss:")] != []
