"""The log panel: log lines, status line, search and filter input."""

from dataclasses import replace
from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from wftui.model.errors import UsageError
from wftui.tui.display.formatting import count
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.widgets.log.lines import LEVELS, STREAMS
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.tui.widgets.log.view import TIMES, LogView
from wftui.tui.widgets.prompt_input import PromptInput
from wftui.workbench.past_runs.search_service import check_search

Asking = Literal["search", "filter"]


class LogPanel(Vertical):
    """A log view below its status line, with an input for search and filter."""

    DEFAULT_CSS = """
    LogPanel {
        height: 1fr;
        & > #log-state { height: 1; padding: 0 1; background: $panel; color: $foreground-muted; }
        & > LogView { height: 1fr; }
    }
    """

    def __init__(self, lines: LogBuffer, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = LogView(lines, ascii_only=ascii_only, id="log-lines")
        self.ascii_only = ascii_only
        self._asking: Asking = "search"

    def compose(self) -> ComposeResult:
        """Compose status line, lines and input."""
        yield Static(id="log-state", markup=False)
        yield self.view
        yield PromptInput()

    def on_mount(self) -> None:
        """Show the initial status."""
        self._update_status()

    # --- actions of the screen

    def ask(self, asking: Asking) -> None:
        """Ask for a text to search for or to filter by."""
        self._asking = asking
        texts = self.view.log_filter.texts
        if asking == "search":
            placeholder, text = "search the lines shown; re: begins a regular expression", self.view.search
        else:
            placeholder = "show only lines with this text; re: begins a regular expression"
            text = texts[0] if texts else ""
        self.query_one(PromptInput).ask(placeholder, text, self.view)

    def next_level(self) -> None:
        """Raise the minimum level, or reset it after the last."""
        level = LEVELS[(LEVELS.index(self.view.log_filter.level) + 1) % len(LEVELS)]
        self.view.set_filter(replace(self.view.log_filter, level=level))

    def next_times(self) -> None:
        """Show the next form of times."""
        self.view.times = TIMES[(TIMES.index(self.view.times) + 1) % len(TIMES)]

    def next_stream(self) -> None:
        """Show only the next stream, or all after the last."""
        streams = (None, *STREAMS)
        stream = streams[(streams.index(self.view.log_filter.stream) + 1) % len(streams)]
        self.view.set_filter(replace(self.view.log_filter, stream=stream))

    def show_step(self, path: str | None) -> None:
        """Show only the lines of a step and its descendants, or all lines."""
        self.view.set_filter(replace(self.view.log_filter, path=path))

    @on(PromptInput.Answered)
    def _answered(self, event: PromptInput.Answered) -> None:
        """Apply the search or filter; an empty text resets it."""
        event.stop()
        try:
            check_search(event.text)
        except UsageError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if self._asking == "search":
            self.view.set_search(event.text)
        else:
            self.view.set_filter(replace(self.view.log_filter, texts=(event.text,) if event.text else ()))

    @property
    def is_asking(self) -> bool:
        """Return whether the input is open."""
        return self.query_one(PromptInput).is_asking

    # --- status line

    def on_log_view_changed(self, event: LogView.Changed) -> None:
        """Update the status line."""
        event.stop()
        self._update_status()

    def _update_status(self) -> None:
        if self.is_mounted:
            # One line of a fixed height: each batch of log lines would lay out the whole screen.
            self.query_one("#log-state", Static).update(self._state(), layout=False)

    def _state(self) -> Content:
        view, total = self.view, len(self.view.lines)
        parts = [Content.styled("Log", "bold $text-secondary")]
        shown = f"{total:,} lines" if view.log_filter.is_open else f"{view.shown:,} of {total:,} lines"
        parts.append(Content(shown if total != 1 else "1 line"))
        if view.log_filter.level != "debug":
            parts.append(Content.styled(f"{view.log_filter.level} and above", "$text-warning"))
        if view.log_filter.stream is not None:
            word = "of the engine and steps" if view.log_filter.stream == "log" else view.log_filter.stream
            parts.append(Content.styled(f"only {word}", "$text-warning"))
        if view.log_filter.path is not None:
            parts.append(Content.styled(f"in {view.log_filter.path}", "$text-accent"))
        parts += [Content.styled(f"containing “{text}”", "$text-accent") for text in view.log_filter.texts]
        if view.search:
            parts.append(Content.styled(f"/{view.search} {view.hit_at_cursor} of {view.hits}", "$text-warning"))
        if view.unseen:
            parts.append(Content.styled(f"{count(view.unseen, 'new line')}", "bold $text-accent"))
        parts.append(Content("following" if view.following else with_keys(self.app, "{monitor.follow} to follow")))
        return Content(" - " if self.ascii_only else " · ").join(parts)
