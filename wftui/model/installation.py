"""Detection of how wftui is installed, for the command that adds a package."""

import importlib.util
import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_EXTRA = re.compile(r"wftui\[([a-z]+)\]")


def installed(module: str) -> bool:
    """Return whether a module can be imported; does not import it."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def install_command(*requirements: str) -> str:
    """Return the shell command that adds packages to the environment wftui runs in.

    Args:
        requirements: extras of wftui (`wftui[mcp]`), or packages (`psycopg[binary]`).
    """
    prefix = Path(sys.prefix)
    if (prefix / "pipx_metadata.json").is_file():
        packages = [package for each in requirements for package in _packages(each)]
        return shlex.join(["pipx", "inject", prefix.name, *packages])
    if (prefix / "uv-receipt.toml").is_file():
        import tomllib  # late, as every run imports this module and hardly any asks for a command

        receipt = tomllib.loads((prefix / "uv-receipt.toml").read_text(encoding="utf-8"))["tool"]
        return shlex.join(["uv", "tool", "install", *_uv_tool_arguments(receipt, requirements)])
    if importlib.util.find_spec("pip") is None:
        return shlex.join(["uv", "pip", "install", "--python", sys.executable, *requirements])
    pip = shutil.which("pip")
    own = pip is not None and Path(pip).parent == Path(sys.executable).parent
    return shlex.join([*(["pip"] if own else [sys.executable, "-m", "pip"]), "install", *requirements])


def _packages(requirement: str) -> list[str]:
    """Return the packages of an extra: pipx adds packages, not extras."""
    extra = _EXTRA.fullmatch(requirement)
    if extra is None:
        return [requirement]
    from importlib import metadata

    declared = [each.partition(";") for each in metadata.requires("wftui") or []]
    marker = re.compile(rf"extra == ['\"]{extra[1]}['\"]")
    return [package.strip() for package, _, condition in declared if marker.search(condition)]


def _uv_tool_arguments(receipt: dict[str, Any], requirements: Iterable[str]) -> list[str]:
    """Return the arguments of a reinstallation with more packages.

    `uv tool install` removes what it is not given again.
    """
    extras, more = set[str](), list[str]()
    for each in requirements:
        extra = _EXTRA.fullmatch(each)
        if extra is not None:
            extras.add(extra[1])
        else:
            more.append(each)
    own, *others = receipt["requirements"]
    own = {**own, "extras": sorted({*own.get("extras", []), *extras})}
    arguments = ["--python", receipt["python"]] if "python" in receipt else []
    arguments += ["--editable"] if "editable" in own else []
    arguments.append(_specification(own))
    for each in [*map(_specification, others), *more]:
        arguments += ["--with", each]
    return arguments


def _specification(requirement: dict[str, Any]) -> str:
    """Return the requirement that an entry of a uv receipt came from."""
    extras = f"[{','.join(requirement['extras'])}]" if requirement.get("extras") else ""
    if "editable" in requirement:
        return f"{requirement['editable']}{extras}"
    name = f"{requirement['name']}{extras}"
    for key in ("directory", "path"):
        if key in requirement:
            return f"{name} @ {Path(requirement[key]).as_uri()}"
    if "git" in requirement:
        return f"{name} @ git+{requirement['git']}"
    if "url" in requirement:
        return f"{name} @ {requirement['url']}"
    return f"{name}{requirement.get('specifier', '')}"
