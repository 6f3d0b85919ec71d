"""An app on a terminal: driver, frames, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._styles_cache import StylesCache
from textual.await_complete import AwaitComplete
from textual.driver import Driver
from textual.message_pump import MessagePump
from textual.screen import Screen

from wftui.tui.terminal.capabilities import erases_with_background, is_hosted
from wftui.tui.terminal.idle_collection import IdleCollection
from wftui.tui.terminal.pasted_text import PasteApp
from wftui.tui.terminal.shown_cells import ShownCells
from wftui.tui.terminal.type_ahead import TypeAhead

if TYPE_CHECKING:
    from rich.console import RenderableType

    from wftui.tui.terminal.driver import TerminalDriver

ReturnT = TypeVar("ReturnT")


class TerminalApp(PasteApp[ReturnT], inherit_bindings=False):
    """Base of the app: what depends on the terminal it is drawn on.

    Args:
        opening: groups of the workers that open a screen; keys wait for them.
        asking: those of them that Escape ends while keys wait for them.
        loading: groups of the workers that fill a screen.
        ansi_color: draw with the palette of the terminal.
    """

    def __init__(
        self, opening: frozenset[str], asking: frozenset[str], loading: frozenset[str], *, ansi_color: bool | None
    ) -> None:
        super().__init__(ansi_color=ansi_color)
        self._type_ahead = TypeAhead(self, super().on_event, opening=opening, asking=asking, loading=loading)
        self._shown = ShownCells(erases=erases_with_background())
        self._idle_collection = IdleCollection()

    @property
    def keys_wait(self) -> bool:
        """Return whether keys have arrived that have not taken effect."""
        return self._type_ahead.is_busy

    async def give_way(self) -> None:
        """Handle a waiting key before the next part of long work."""
        await self._type_ahead.give_way()

    async def on_event(self, event: events.Event) -> None:
        """Handle keys and pasted texts one at a time, and other events as Textual does."""
        if isinstance(event, events.Resize):
            self._shown.forget()  # terminals move lines when their size changes
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._idle_collection.key_came()
            await self._type_ahead.take(event)
        else:
            await super().on_event(event)

    def get_driver_class(self) -> type[Driver]:
        """Return the driver that survives the loss of its terminal or its server."""
        if is_hosted():
            from wftui.tui.terminal.web_driver import HostedDriver

            return HostedDriver
        from wftui.tui.terminal.driver import TerminalDriver

        return TerminalDriver

    def refresh_css(self, animate: bool = True) -> None:
        """Style all screens again; before the first one, nothing has been parsed."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    @property
    def _terminal(self) -> TerminalDriver | None:
        """The driver, unless the app is headless or in a browser."""
        if is_hosted() or not isinstance(self._driver, self.get_driver_class()):
            return None
        return cast("TerminalDriver", self._driver)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Display a frame, or skip it while the terminal does not read."""
        if self._terminal is not None and not self._terminal.takes_frame():
            self._shown.forget()  # all of the screen is redrawn once it does
            return
        if isinstance(renderable, (ChopsUpdate, LayoutUpdate)):
            renderable = cast("RenderableType", self._shown.changed(renderable))
        elif renderable is not None:
            self._shown.forget()
        super()._display(screen, renderable)

    def free_closed(self) -> None:
        """Free closed widgets that Textual keeps, as watchers and in a cache.

        Cycles are freed in idle moments.
        """
        watching: dict[str, list[tuple[MessagePump, object]]] = getattr(self, "__watchers", {})
        for watchers in watching.values():
            watchers[:] = [each for each in watchers if not each[0]._closing]
        StylesCache.get_inner_outer.cache_clear()  # its keys are the caches of widgets
        if self._terminal is not None:
            self._idle_collection.collect_if_idle()

    def pop_screen(self) -> AwaitComplete:
        """Close the screen; its garbage is collected once no key comes."""
        closing = super().pop_screen()
        if self._terminal is not None:
            self.call_after_refresh(self._collect_closed)
        return closing

    def _collect_closed(self) -> None:
        if wait := self._idle_collection.screen_closed():
            self.set_timer(wait, self._collect_closed)

    def redraw(self) -> None:
        """Draw the whole screen again, as another program has written to the terminal."""
        self._shown.forget()
        self.refresh(layout=True)

    def action_redraw(self) -> None:
        """Draw the whole screen again, for the user."""
        self.redraw()
