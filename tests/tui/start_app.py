"""An app whose first screen is the tested one."""

from textual.screen import Screen

from wftui.tui.app import WftuiApp


class StartApp(WftuiApp):
    """An app with nothing below the screen that `start` opens."""

    def get_default_screen(self) -> Screen[None]:
        return Screen()
