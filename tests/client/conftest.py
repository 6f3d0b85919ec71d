"""A workbench, and a server over it in the same event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from api.api_server import write_workflows

from wftui.api.app import make_app
from wftui.api.call import ServerState
from wftui.api.server import ServeOptions, serving
from wftui.client.access import Access
from wftui.client.remote_workbench import RemoteWorkbench
from wftui.workbench import Settings, Workbench


@pytest.fixture
async def owner(tmp_path: Path) -> AsyncIterator[Workbench]:
    """The workbench whose process runs the runs; its user is the name of the token."""
    write_workflows(tmp_path / "tables")
    bench = Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ada"))
    yield bench
    await bench.close(cancel=True)


@asynccontextmanager
async def over_http(
    owner: Workbench, *, token: str | None = None, port: int = 0, patience: float = 60
) -> AsyncIterator[RemoteWorkbench]:
    """The workbench of a real server on the loopback device."""
    if token is None:
        token = (await owner.tokens.add("ada", "admin")).token
    state = ServerState()
    async with serving(make_app(owner, state), ServeOptions(port=port), state) as (url, _task):
        bench = RemoteWorkbench(Access(url, token), owner.settings, patience=patience)
        try:
            yield bench
        finally:
            await bench.close()
