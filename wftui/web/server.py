"""The server of the page."""

from collections.abc import Callable

from wftui.api.call import ServerState
from wftui.api.server import ServeOptions, serve_application
from wftui.web.app import make_web_app
from wftui.workbench import Workbench


async def serve_web(workbench: Workbench, options: ServeOptions, listening: Callable[[str], None]) -> None:
    """Serve the screen to browsers; see `serve_application`."""
    state = ServerState()
    application = make_web_app(workbench, state, [options.host, *options.hosts])
    await serve_application(workbench, application, state, options, listening, web_sockets=True)
