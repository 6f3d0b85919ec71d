"""nginx with a configuration that a page shows."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers import free_port, wait_until

from docs.page_runner import blocks


@contextmanager
def proxied(page: Path, folder: Path, changes: Mapping[str, str]) -> Iterator[int]:
    """Run nginx as the page shows it, at a free port in place of 8443; yield the port.

    Args:
        changes: texts of the configuration that are others on this machine.
    """
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("the program nginx is not installed")
    [site] = [block.text for block in blocks(page) if block.language == "nginx"]
    port = free_port()
    for shown, here in {"127.0.0.1:8443": f"127.0.0.1:{port}", **changes}.items():
        assert shown in site, shown
        site = site.replace(shown, here)
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}{site}}}\n"
    )
    proxy = subprocess.Popen([nginx, "-p", str(folder), "-c", str(configuration), "-e", f"{folder}/error.log"])
    try:
        wait_until(lambda: proxy.poll() is not None or _listens(port))
        assert proxy.poll() is None, (folder / "error.log").read_text()
        yield port
    finally:
        proxy.terminate()
        proxy.wait()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
