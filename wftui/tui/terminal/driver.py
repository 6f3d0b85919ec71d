"""Terminal driver for lost and unread terminals, and for plain ASCII."""

import codecs
import contextlib
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from wftui.model.text.glyphs import ascii_only
from wftui.output.output_thread import OutputThread
from wftui.tui.terminal.key_parser import BACKGROUND_QUESTION, KeyParser

if TYPE_CHECKING:
    from textual.app import App

_TWINS = str.maketrans(
    {
        **dict.fromkeys("─━╌╍┄┅┈┉╴╶╸╺╼╾▔▁⎯", "-"),
        "═": "=",
        **dict.fromkeys("│┃╎╏┆┇┊┋║╵╷╹╻▏▎▍▌▐▕", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╞╡╪╫┝┥", "+"),
        **dict.fromkeys("█▇▆▅▄▃▂▊▋▉▓▀▖▗▘▝▙▛▜▟", "#"),
        **dict.fromkeys("▒░⣿", ":"),
        **dict.fromkeys("▲▴△↑⇧⌃", "^"),
        **dict.fromkeys("▼▾▽↓", "v"),
        **dict.fromkeys("◀◂◁←", "<"),
        **dict.fromkeys("▶▸▹▷→⏵", ">"),
        **dict.fromkeys("•·●◉⬤∙", "*"),
        **dict.fromkeys("○◌◯◔", "o"),
        **dict.fromkeys("✓✔", "+"),
        **dict.fromkeys("✗✘✕", "x"),
        **dict.fromkeys("⊘\u2013\u2014", "-"),
        **dict.fromkeys("■◆▪◼", "#"),
        **dict.fromkeys("↯⚑", "!"),
        "…": ".",
        "⏎": "<",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
    }
)


_FRAME_BYTES = 16 * 1024
"""Unwritten bytes that the terminal is behind by when a frame is skipped."""
_MOST_BYTES = 1024 * 1024
"""Unwritten bytes from which on everything is dropped."""
_PATIENCE = 3.0
"""Seconds to wait for a terminal that reads nothing before it is released."""


def _decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    """Return a decoder that replaces invalid bytes: an error would end the program."""
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")


linux_driver.getincrementaldecoder = _decoder  # type: ignore[assignment, attr-defined]  # the driver finds it by this name only
linux_driver.XTermParser = KeyParser  # type: ignore[attr-defined]  # the driver finds its parser by this name only


@runtime_checkable
class TerminalOwner(Protocol):
    """An app that owns a terminal.

    Attributes:
        output: writes to the terminal; the app uses it after the driver has ended, too.
    """

    output: OutputThread

    def terminal_lost(self) -> None:
        """Handle the loss of the terminal."""

    def redraw(self) -> None:
        """Draw the whole screen again."""


class TerminalDriver(LinuxDriver):
    """Textual's POSIX driver, which ends the app with its terminal.

    It never waits for a terminal that does not read.
    """

    def __init__(self, app: "App[Any]", **options: Any) -> None:
        super().__init__(app, **options)
        assert sys.__stderr__ is not None
        self._descriptor = sys.__stderr__.fileno()
        self._encoding = sys.__stderr__.encoding or "ascii"
        self._ascii = ascii_only(os.environ, sys.__stderr__.encoding)
        self._output = app.output if isinstance(app, TerminalOwner) else OutputThread()
        self._output.on_lost = lambda _descriptor, _error: self._lost()
        self._has_asked = False
        self._output.on_drained = lambda: self._in_loop(app.refresh)

    def write(self, data: str) -> None:
        """Queue text for the terminal, unless another program owns it."""
        if self._writer_thread is None or not self._writer_thread.is_alive() or self._output.is_behind(_MOST_BYTES):
            return
        if self._ascii:
            data = data.translate(_TWINS).encode(self._encoding, "replace").decode(self._encoding)
        self._output.write(self._descriptor, data.encode(self._encoding, "replace"))

    def takes_frame(self) -> bool:
        """Return whether the terminal has read enough for another frame.

        If not, the app is refreshed once it has.
        """
        return not self._output.is_behind(_FRAME_BYTES)

    def close(self) -> None:
        """Release the terminal, once it has read everything or if it reads nothing."""
        super().close()
        self._output.drain(_PATIENCE)

    def start_application_mode(self) -> None:
        """Take over the terminal, and save its title."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual left its types out
        if self._writer_thread is not None:
            self.write("\x1b[22;2t\x1b]2;wftui\x07")
            if not self._has_asked and os.environ.get("TERM") != "linux":
                self._has_asked = True
                self.write(BACKGROUND_QUESTION)

    def resume_application_mode(self) -> None:
        """Take over the terminal again after a stop, which a hangup may end as well."""
        if self.is_gone:
            return
        if self._key_thread is not None and self._key_thread.is_alive():
            self.suspend_application_mode()  # stopped without notice; two readers would share the keys
        super().resume_application_mode()
        if isinstance(self._app, TerminalOwner):
            self._in_loop(self._app.redraw)

    def stop_application_mode(self) -> None:
        """Release the terminal, and restore its title."""
        self.write("\x1b[23;2t")
        super().stop_application_mode()

    def set_title(self, title: str) -> None:
        """Set the terminal's title."""
        self.write(f"\x1b]2;{''.join(character for character in title if character.isprintable())}\x07")

    @property
    def is_gone(self) -> bool:
        """True if the terminal is gone; only its owner gets a signal for that."""
        return self.input_tty and not os.isatty(self.fileno)

    def run_input_thread(self) -> None:
        """Read keys until the end of the app or of the terminal."""
        try:
            super().run_input_thread()
        except OSError:
            self._lost()

    def toggle_mouse(self) -> bool:
        """Release or capture the mouse; return whether it is captured."""
        if self._mouse:
            self._disable_mouse_support()
            self._mouse = False
        else:
            self._mouse = True
            self._enable_mouse_support()
        return self._mouse

    def _lost(self) -> None:
        """Report the loss, from the thread that reads or the one that writes."""
        if isinstance(self._app, TerminalOwner):
            self._in_loop(self._app.terminal_lost)

    def _in_loop(self, call: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has already ended
            self._loop.call_soon_threadsafe(call)
