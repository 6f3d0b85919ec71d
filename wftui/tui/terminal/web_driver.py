"""Driver for textual-serve and textual-web, which name it in TEXTUAL_DRIVER.

`wftui web` does not use it: its tabs are pseudo-terminals.
"""

import asyncio
import signal

from textual.drivers.web_driver import WebDriver

from wftui.tui.terminal.driver import TerminalOwner


class HostedDriver(WebDriver):
    """Driver that ends the app when its server or its tab is gone; runs continue."""

    def start_application_mode(self) -> None:
        """Begin drawing; signals stay those of the app."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        super().start_application_mode()
        loop = asyncio.get_running_loop()
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        self._owner_loop = loop

    def run_input_thread(self) -> None:
        """Read keys until the end of the app or of the server."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._lost()

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Handle a message of the server."""
        if packet_type == "quit":
            self._lost()
        else:
            super().on_meta(packet_type, payload)

    def _lost(self) -> None:
        if isinstance(self._app, TerminalOwner):
            self._owner_loop.call_soon_threadsafe(self._app.terminal_lost)
