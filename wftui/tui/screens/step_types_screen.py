"""Step types, problems of plugins, and trust in those of the workspace."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from wftui.model.errors import UserError
from wftui.model.listing import StepTypeInfo
from wftui.steps.registry.step_registry import PluginProblem
from wftui.tui.actions import Action
from wftui.tui.screens.base.local_screen import LocalScreen
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.source.code_area import CodeArea
from wftui.workspace.regular import read_regular


class _Types(LineView):
    """Unusable plugins first, then the step types."""

    DEFAULT_CSS = """
    _Types { height: 1fr; background: $background; margin: 0 1; }
    """

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.problems: list[PluginProblem] = []
        self.types: list[StepTypeInfo] = []

    def show(self, problems: list[PluginProblem], types: list[StepTypeInfo]) -> None:
        """Show these problems and types."""
        self.problems, self.types = problems, types
        self.set_rows(len(problems) + len(types))

    def empty(self) -> str:
        """Return the text shown while loading."""
        return "Loading step types…"

    def row(self, index: int, width: int) -> Content:
        """Return a line."""
        if index < len(self.problems):
            problem = self.problems[index]
            sign = "!" if self.ascii_only else "✗"
            name = problem.word or Path(problem.source).name
            words = Content.assemble((f"{sign} {name:16} ", "$text-error"), problem.message)
        else:
            kind = self.types[index - len(self.problems)]
            icon = kind.ascii_icon if self.ascii_only else kind.icon
            words = Content.assemble(f"{icon} {kind.type:16} ", (kind.description, "$foreground-muted"))
        return words.truncate(width, ellipsis=not self.ascii_only)


class StepTypesScreen(LocalScreen[None]):
    """A list, and the full description of the selected line."""

    DEFAULT_CSS = """
    StepTypesScreen {
        .about { height: auto; min-height: 3; max-height: 8; padding: 0 2; border-top: solid $border-blurred; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("step_types.trust", "Trust", "Review a file of step types, and trust it.", ("enter", "t"), "Steps"),
        Action("step_types.refresh", "Refresh", "Reload the step types.", ("ctrl+r",), "Steps"),
    )

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("Step types",)

    def compose_body(self) -> ComposeResult:
        """Yield the list and the description."""
        yield Static(f"  {'Type':17}What it does", classes="heading", markup=False)
        yield _Types(ascii_only=self.services.ascii)
        yield Static(classes="about", markup=False)

    def on_mount(self) -> None:
        """Load the step types."""
        self.query_one(_Types).focus()
        self.attempt(self._refresh(), group="read", exclusive=True)

    async def _read(self) -> None:
        problems = await self.workbench.steps.problems()
        self.query_one(_Types).show(problems, await self.workbench.steps.types())
        self._show_details()
        self.refresh_bindings()

    @property
    def _untrusted(self) -> Path | None:
        """The selected file that can be trusted."""
        listed = self.query_one(_Types)
        if listed.cursor >= len(listed.problems):
            return None
        source = listed.problems[listed.cursor].source
        return Path(source) if source.endswith(".py") else None

    def why_not(self, action_id: str) -> str | None:
        """Disable trust for anything but a file of the workspace."""
        if action_id == "step_types.trust" and self._untrusted is None:
            return "no untrusted file of the workspace is selected"
        return None

    @on(LineView.Moved)
    def _moved(self) -> None:
        self._show_details()
        self.refresh_bindings()

    @on(LineView.Chosen)
    async def _chosen(self) -> None:
        await self.action_act("step_types.trust")

    def _show_details(self) -> None:
        listed = self.query_one(_Types)
        at = listed.cursor - len(listed.problems)
        if listed.cursor < len(listed.problems):
            problem = listed.problems[listed.cursor]
            lines = [problem.source, problem.message]
        elif at < len(listed.types):
            kind = listed.types[at]
            needs = f" Requires a connection of kind {kind.connection_kind}." if kind.connection_kind else ""
            lines = [f"{kind.title} ({kind.type} {kind.version})", f"{kind.description}{needs}"]
        else:
            lines = []
        self.query_one(".about", Static).update(Content("\n".join(lines)))

    def action_refresh(self) -> None:
        """Reload the step types."""
        self.attempt(self._refresh(), group="read", exclusive=True)

    async def _refresh(self) -> None:
        await self.workbench.steps.refresh()
        await self._read()

    def action_trust(self) -> None:
        """Show the file, then ask for trust."""
        file = self._untrusted
        if file is not None:
            self.attempt(self._trust(file), group="trust", exclusive=True)

    async def _trust(self, file: Path) -> None:
        text = await asyncio.to_thread(_read_text, file)
        if not await self.services.push_screen_wait(TrustScreen(file, text)):
            return
        if await asyncio.to_thread(_read_text, file) != text:
            raise UserError(f"{file} changed while you reviewed it; review it again", code="steps.changed")
        words = await self.workbench.steps.trust(file)
        await self._read()
        provides = f"it provides {', '.join(words)}" if words else "it provides no step type"
        self.notify(f"Trusted this version of {file.name}; {provides}", markup=False)


class TrustScreen(ModalScreen[bool]):
    """Shows a file; returns whether it may run."""

    DEFAULT_CSS = """
    TrustScreen {
        .dialog { width: 100%; max-width: 110; height: 100%; padding: 0 1; }
        CodeArea { height: 1fr; }
        Static { height: auto; color: $text-warning; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "dismiss(True)", "Trust", priority=True),
        Binding("escape", "dismiss(False)", "Cancel", priority=True),
    ]

    def __init__(self, file: Path, text: str) -> None:
        super().__init__()
        self._file = file
        self._text = text

    def compose(self) -> ComposeResult:
        """Yield the source below a warning."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(str(self._file))
            box.border_subtitle = "t trust - esc cancel"
            yield Static(
                "A trusted file runs with your permissions when step types load. Changed files must be trusted again.",
                markup=False,
            )
            yield CodeArea("python", read_only=True)

    def on_mount(self) -> None:
        """Focus the source."""
        area = self.query_one(CodeArea)
        area.show(self._text)
        area.focus()


def _read_text(file: Path) -> str:
    try:
        return read_regular(file).decode("utf-8", "replace")
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}", code="steps.unreadable") from error
