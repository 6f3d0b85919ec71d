"""Checks of a model's tools before a run."""

from collections.abc import Iterator, Mapping
from typing import Any

from wftui.model.base import Json
from wftui.steps.api.findings import Notice
from wftui.steps.api.step_type import ConnectionUse, SiteFacts, StepSite, StepType
from wftui.steps.llm.tools.step_tool import free_fields, tool_name
from wftui.steps.mcp.lock import LockError, read_lock, server_name

_WRITES_CODE = {"shell": ("script", "argv"), "python": ("code", "function")}
"""Types that run what they are given, with the fields that say what."""


def tool_facts(tools: Json, site: StepSite) -> SiteFacts:
    """Return problems and connections of the tools of a step."""
    notices: list[Notice] = []
    uses: list[ConnectionUse] = []
    runs: list[StepType[Any]] = []
    names: set[str] = set()
    for tool in tools if isinstance(tools, list) else []:
        word = tool.get("type") if isinstance(tool, dict) else None
        if not isinstance(word, str) or "{{" in word or site.step_types is None:
            continue
        step_type = site.step_types.get(word) if word != "llm" else None
        if step_type is None:
            notices.append(Notice("tools", f"the step type {word!r} cannot be a tool", "error"))
            continue
        if isinstance(tool.get("connection"), str):
            uses.append(ConnectionUse(tool["connection"], "tools", step_type))
        elif step_type.connection_required:
            notices.append(Notice("tools", f"the tool {word} needs a connection of the workflow", "error"))
        else:
            runs.append(step_type)
        notices += _of_tool(tool, step_type, site)
        name = _name(tool)
        if name in names:
            notices.append(Notice("tools", f'two tools have the name {name}; give one of them a "name"', "error"))
        names.update([name] if name is not None else [])
    return SiteFacts(notices=notices, connections=uses, runs=runs)


def tool_programs(tools: Json, site: StepSite) -> list[str]:
    """Return the programs that tools start, as far as their fixed input says."""
    found: list[str] = []
    for tool in tools if isinstance(tools, list) and site.step_types is not None else []:
        word, fixed = (tool.get("type"), tool.get("input", {})) if isinstance(tool, dict) else (None, None)
        step_type = site.step_types.get(word) if isinstance(word, str) and word != "llm" and site.step_types else None
        if step_type is not None and isinstance(fixed, dict):
            found += step_type.programs(fixed, site)
    return found


def _of_tool(tool: Mapping[str, Json], step_type: StepType[Any], site: StepSite) -> Iterator[Notice]:
    fixed = tool.get("input", {})
    if not isinstance(fixed, dict):
        return
    word = step_type.word
    if word == "mcp":
        yield from _of_server(tool, fixed, site)
        return
    if step_type.input_model is not None:
        free = free_fields(step_type, {}, site)["properties"]
        for name in sorted(fixed.keys() - free.keys()):
            yield Notice("tools", f"the tool {word} has no field {name!r}", "error")
    code = _WRITES_CODE.get(word, ())
    if code and not any(name in fixed for name in code) and not tool.get("approval"):
        advice = f'fix "{code[0]}" in its input, or require approval with "approval": true'
        yield Notice("tools", f"the model may run any {word} code it writes; {advice}", "hint")


def _of_server(tool: Mapping[str, Json], fixed: Mapping[str, Json], site: StepSite) -> Iterator[Notice]:
    connection = tool.get("connection")
    name = server_name(fixed, connection if isinstance(connection, str) else None)
    if site.folder is None or name is None:
        return
    try:
        lock = read_lock(site.folder)
    except LockError as error:
        yield Notice("tools", f"{error}; the tools are not checked")
        return
    server = lock.named(name) if lock is not None else None
    if server is None:
        advice = f"run `wftui mcp lock {site.folder.name}`"
        yield Notice("tools", f"the tools of this server are unknown: {advice}", "hint")
        return
    wanted = [fixed["tool"]] if "tool" in fixed else tool.get("only") or []
    for each in wanted if isinstance(wanted, list) else []:
        if isinstance(each, str) and "{{" not in each and each not in server.tools:
            there = ", ".join(sorted(server.tools)) or "none"
            yield Notice("tools", f"the MCP server has no tool {each!r}; available: {there}", "error")


def _name(tool: Mapping[str, Json]) -> str | None:
    """Return the model's name for a tool; None if it is unknown or several."""
    name = tool.get("name")
    if tool["type"] == "mcp":
        fixed = tool.get("input")
        wanted = fixed.get("tool") if isinstance(fixed, dict) else None
        name = (name or wanted) if wanted is not None else None
    elif name is None:
        name = tool["type"]
    return tool_name(name) if isinstance(name, str) and "{{" not in name else None
