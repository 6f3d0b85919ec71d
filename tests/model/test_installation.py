"""The command that adds a package, as each way to install wftui wants it."""

import importlib.util
import shlex
import sys
from importlib import metadata
from pathlib import Path

import pytest

from wftui.model.installation import install_command

DECLARED = [
    "pydantic>=2.11",
    "mcp<3,>=2.3; extra == 'mcp'",
    "sqlalchemy>=2.0 ; python_version > '3' and extra == \"sql\"",
]


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment `wftui` with a Python and pip of its own, which is not activated."""
    folder = tmp_path / "wftui"
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "pip"):
        (folder / "bin" / name).touch(mode=0o755)
    monkeypatch.setattr(sys, "prefix", str(folder))
    monkeypatch.setattr(sys, "executable", str(folder / "bin" / "python"))
    monkeypatch.setattr(metadata, "requires", lambda name: DECLARED)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    return folder


def test_in_an_active_environment_it_is_pip(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(prefix / "bin"))
    assert install_command("wftui[mcp]") == "pip install 'wftui[mcp]'"


def test_elsewhere_it_names_the_python(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    assert install_command("wftui[mcp]", "pymysql") == f"{prefix}/bin/python -m pip install 'wftui[mcp]' pymysql"


def test_without_pip_it_is_uv(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert install_command("wftui[sql]") == f"uv pip install --python {prefix}/bin/python 'wftui[sql]'"


def test_pipx_is_given_the_packages_of_the_extra(prefix: Path) -> None:
    (prefix / "pipx_metadata.json").write_text("{}")
    assert install_command("wftui[sql]", "psycopg[binary]") == "pipx inject wftui 'sqlalchemy>=2.0' 'psycopg[binary]'"


@pytest.mark.parametrize(
    ("receipt", "command"),
    [
        ('{ name = "wftui" }', "uv tool install 'wftui[mcp]' --with pymysql"),
        ('{ name = "wftui", specifier = ">=0.1" }', "uv tool install 'wftui[mcp]>=0.1' --with pymysql"),
        (
            '{ name = "wftui", extras = ["sql"], directory = "/src/wf tui" }, { name = "duckdb", specifier = ">=1" }',
            "uv tool install 'wftui[mcp,sql] @ file:///src/wf%20tui' --with 'duckdb>=1' --with pymysql",
        ),
        (
            '{ name = "wftui", path = "/src/w.whl" }',
            "uv tool install 'wftui[mcp] @ file:///src/w.whl' --with pymysql",
        ),
        ('{ name = "wftui", editable = "/src" }', "uv tool install --editable '/src[mcp]' --with pymysql"),
        (
            '{ name = "wftui", git = "https://x.test/w?rev=1" }',
            "uv tool install 'wftui[mcp] @ git+https://x.test/w?rev=1' --with pymysql",
        ),
        (
            '{ name = "wftui", url = "https://x.test/w.whl" }',
            "uv tool install 'wftui[mcp] @ https://x.test/w.whl' --with pymysql",
        ),
    ],
)
def test_uv_tool_keeps_installed_extras(prefix: Path, receipt: str, command: str) -> None:
    (prefix / "uv-receipt.toml").write_text(f"[tool]\nrequirements = [{receipt}]\n")
    assert install_command("wftui[mcp]", "pymysql") == command


def test_a_uv_tool_keeps_its_python(prefix: Path) -> None:
    (prefix / "uv-receipt.toml").write_text('[tool]\nrequirements = [{ name = "wftui" }]\npython = "3.12"\n')
    assert shlex.split(install_command("wftui[store]")) == ["uv", "tool", "install", "--python", "3.12", "wftui[store]"]
