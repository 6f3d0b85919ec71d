"""Lock the tools that a workflow calls from its editor."""

from typing import TYPE_CHECKING

from wftui.tui.display.formatting import count

if TYPE_CHECKING:
    from wftui.tui.screens.base.local_screen import LocalScreen

_SHOWN = 8


async def lock_tools(screen: "LocalScreen[None]", workflow_id: str) -> None:
    """Lock the tools of a saved workflow; show changes and unreachable servers.

    Raises:
        UserError: the workflow or its lock file cannot be read or written, or the package mcp is missing.
    """
    screen.notify("Requesting the tools…")
    report = await screen.workbench.steps.lock_tools(workflow_id, {})
    if report.changes:
        screen.notify(_listed(report.changes), title="Tools locked", timeout=10, markup=False)
    elif not report.failures:
        servers = report.lock.servers
        tools = sum(len(server.tools) for server in servers)
        unchanged = f"{count(tools, 'tool')} of {count(len(servers), 'server')}, unchanged"
        screen.notify(f"Lock tools: {unchanged if servers else 'no step uses an MCP server or Composio'}.")
    if report.failures:
        screen.notify(_listed(report.failures), title="Lock failed", severity="error", timeout=15, markup=False)


def _listed(sentences: list[str]) -> str:
    more = len(sentences) - _SHOWN
    return "\n".join([*sentences[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
