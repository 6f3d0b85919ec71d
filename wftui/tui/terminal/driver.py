"""The terminal driver: survives a lost terminal, and falls back to ASCII."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TextIO, runtime_checkable

from textual.drivers.linux_driver import LinuxDriver

from wftui.tui.terminal.capabilities import ascii_only

if TYPE_CHECKING:
    from textual.app import App

_TWINS = str.maketrans(
    {
        **dict.fromkeys("─━╌╍┄┅┈┉═╴╶╸╺╼╾▔▁⎯", "-"),
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


@runtime_checkable
class TerminalOwner(Protocol):
    """An app that is notified of a lost terminal."""

    def terminal_lost(self) -> None:
        """Handle the loss of the terminal."""


class _Output:
    """Output to the terminal that reports its loss once instead of raising."""

    def __init__(self, file: TextIO, *, ascii_only: bool, on_lost: Callable[[], None]) -> None:
        self._file = file
        self._ascii = ascii_only
        self._on_lost: Callable[[], None] | None = on_lost

    def write(self, text: str) -> int:
        if self._ascii:
            encoding = self._file.encoding or "ascii"
            text = text.translate(_TWINS).encode(encoding, "replace").decode(encoding)
        self._try(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def _try(self, operation: Callable[[], object]) -> None:
        if self._on_lost is None:
            return
        try:
            operation()
        except OSError:
            lost, self._on_lost = self._on_lost, None
            lost()


class TerminalDriver(LinuxDriver):
    """Textual's POSIX driver, made to end the app when the terminal is lost."""

    def __init__(self, app: "App[Any]", **options: Any) -> None:
        super().__init__(app, **options)
        assert sys.__stderr__ is not None
        self._file: Any = _Output(
            sys.__stderr__,
            ascii_only=ascii_only(os.environ, sys.__stderr__.encoding),
            on_lost=self._lost,
        )

    def write(self, data: str) -> None:
        """Write to the terminal, unless another program owns it."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def start_application_mode(self) -> None:
        """Take over the terminal, and save its title."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual left its types out
        if self._writer_thread is not None:
            self.write("\x1b[22;2t\x1b]2;wftui\x07")

    def resume_application_mode(self) -> None:
        """Take over the terminal again after a stop, which a hangup may end as well."""
        if self.is_gone:
            return
        if self._key_thread is not None and self._key_thread.is_alive():
            self.suspend_application_mode()  # stopped without notice; two readers would share the keys
        super().resume_application_mode()

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
            with contextlib.suppress(RuntimeError):  # the loop has already ended
                self._loop.call_soon_threadsafe(self._app.terminal_lost)
