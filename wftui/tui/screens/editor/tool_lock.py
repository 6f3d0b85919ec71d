"""Asking the MCP servers of a workflow for their tools from its editor."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wftui.tui.screens.base.action_screen import ActionScreen

_SHOWN = 8


async def lock_tools(screen: "ActionScreen[None]", workflow_id: str) -> None:
    """Lock the tools of the saved workflow beside it, and say what has changed and which servers could not be asked.

    Raises:
        UserError: the workflow or its lock file cannot be read or written, or the package mcp is missing.
    """
    screen.notify("Asking the MCP servers for their tools…")
    report = await screen.workbench.steps.lock_tools(workflow_id, {})
    if report.changes:
        screen.notify(_listed(report.changes), title="Tools locked", timeout=10, markup=False)
    elif not report.failures:
        servers = report.lock.servers
        tools = sum(len(server.tools) for server in servers)
        said = (
            f"nothing has changed: {tools} tools of {len(servers)} servers" if servers else "no step has an MCP server"
        )
        screen.notify(f"Lock tools: {said}.")
    if report.failures:
        screen.notify(_listed(report.failures), title="Not locked", severity="error", timeout=15, markup=False)


def _listed(sentences: list[str]) -> str:
    more = len(sentences) - _SHOWN
    return "\n".join([*sentences[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
