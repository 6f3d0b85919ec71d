"""Base class of screens that need the files of this machine."""

from typing import TYPE_CHECKING

from wftui.tui.screens.base.action_screen import ActionScreen, ResultT

if TYPE_CHECKING:
    from wftui.workbench import Workbench


class LocalScreen(ActionScreen[ResultT]):
    """A full screen over the files of this machine, never opened on a server."""

    @property
    def workbench(self) -> "Workbench":
        """The workbench of the app.

        Raises:
            UserError: it is on a server.
        """
        return self.services.workbench.local
