"""The workbench of a server: the services and their connection."""

from collections.abc import Callable
from typing import NoReturn

from wftui.client.access import Access
from wftui.client.connection import ServerConnection
from wftui.client.errors import local_only
from wftui.client.following import PATIENCE, RunFollower
from wftui.client.log_spool import LogSpool
from wftui.client.remote_records import RemoteRecords
from wftui.client.remote_reports import RemoteComparisons, RemoteSearch, RemoteStatistics
from wftui.client.remote_runs import RemoteRuns
from wftui.client.remote_workflows import RemoteWorkflows
from wftui.model.clock import Clock, Elapsed, elapsed_seconds, utc_now
from wftui.workbench.setup.settings_service import SettingsService
from wftui.workbench.workbench_settings import Settings


class RemoteWorkbench:
    """The services of a server, as far as its token allows.

    Attributes:
        server: URL of the server.
        place: the options that lead a command to it.
        settings, user_settings: those of the user of this machine, such as the theme.
        notice, unusable: None: the server looks after its files.
    """

    def __init__(
        self,
        access: Access,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        elapsed: Elapsed = elapsed_seconds,
        patience: float = PATIENCE,
    ) -> None:
        self.settings = settings
        self.user_settings = SettingsService(settings)
        self.server: str | None = access.url
        self.place = access.options
        self.read_only: str | None = None
        self.notice: str | None = None
        self.unusable: None = None
        self.clock = clock
        self.elapsed = elapsed
        self._connection = ServerConnection(access)
        self._report: Callable[[str], None] = lambda _: None
        self.workflows = RemoteWorkflows(self._connection, elapsed)
        follower = RunFollower(
            self._connection, self._rests, lambda sentence: self._report(sentence), elapsed, patience
        )
        self.runs = RemoteRuns(self._connection, self.workflows, follower)
        self.records = RemoteRecords(self._connection, self.runs, LogSpool(_log_bytes(settings), self.place))
        self.comparisons = RemoteComparisons(self._connection, self.runs)
        self.statistics = RemoteStatistics(self._connection)
        self.search = RemoteSearch(self._connection)

    @property
    def local(self) -> NoReturn:
        """Raise the error of work that needs the files of the server."""
        raise local_only(f"this needs the files of {self.server}")

    def report_opening_to(self, report: Callable[[str], None]) -> None:
        """Report lost connections."""
        self._report = report

    async def close(self, *, cancel: bool = False) -> None:
        """Close the connections; the runs of the server continue."""
        await self._connection.close()

    async def _rests(self, run_id: str, number: int) -> bool:
        head = await self.runs.head(run_id)
        return head.status == "interrupted" and head.last_seq <= number


def _log_bytes(settings: Settings) -> int | None:
    return None if settings.logs.history_mb is None else settings.logs.history_mb << 20
