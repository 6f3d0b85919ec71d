"""The canvas and its drawings in a running app: keys, mouse, statuses, folds."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, get_args

import pytest
from helpers import patience
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from wftui.model.run.steps import StepInfo
from wftui.tui.canvas.drawing.graph_drawing import GraphDrawing
from wftui.tui.canvas.drawing.scene import Direction
from wftui.tui.canvas.graph import CanvasNode, nodes_from_steps
from wftui.tui.canvas.workflow_canvas import LEVELS, Level, WorkflowCanvas
from wftui.tui.display.theme import DARK


def step(path: str, *needs: str, kind: str = "shell", name: str = "") -> StepInfo:
    """Return a declared step; its container is the path before the last dot."""
    parent, _, own = path.rpartition(".")
    return StepInfo(
        path=path, step_id=own, step_name=name, step_type=kind, parent=parent or None, needs=list(needs), line=1
    )


REPORT = nodes_from_steps(
    [
        step("log", name="Read the log"),
        step("files", name="Biggest files"),
        step("branches", name="Stale branches"),
        step("authors", "log", kind="python", name="Authors"),
        step("each", "authors", kind="group", name="Per author"),
        step("each.stat", kind="python", name="Statistics"),
        step("each.blame", name="Blame lines"),
        step("each.total", "each.stat", "each.blame", kind="set", name="Sum up"),
        step("collect", "each", "files", "branches", kind="set", name="Collect"),
        step("ask", "collect", kind="approval", name="Publish?"),
        step("publish", "ask", kind="http", name="Publish"),
    ],
    counted={"each"},
)
STATUSES = {
    "log": "completed",
    "files": "completed",
    "branches": "failed",
    "authors": "completed",
    "each": "running",
    "each.stat": "completed",
    "each.blame": "running",
    "each.total": "pending",
    "collect": "pending",
    "ask": "waiting",
    "publish": "skipped",
}
DETAILS = {"log": "1.2s", "each": "3/12", "branches": "2.1s"}
FAN = [
    CanvasNode("split", "split", "shell"),
    *(CanvasNode(f"align{n}", f"align_{n:03}", "shell", ("split",)) for n in range(100)),
    CanvasNode("merge", "merge", "shell", tuple(f"align{n}" for n in range(100))),
]


class CanvasApp(App[None]):
    """An app with a canvas, and the messages it posted."""

    def __init__(self, nodes: Sequence[CanvasNode], level: Level | None = "pill", *, ascii_only: bool = False) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.canvas = WorkflowCanvas(nodes, level=level, ascii_only=ascii_only)
        self.selected: list[str] = []
        self.highlighted: list[str] = []
        self.levels: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.canvas

    def on_mount(self) -> None:
        self.canvas.focus()

    def on_workflow_canvas_selected(self, event: WorkflowCanvas.Selected) -> None:
        self.selected.append(event.step_path)

    def on_workflow_canvas_highlighted(self, event: WorkflowCanvas.Highlighted) -> None:
        self.highlighted.append(event.step_path)

    def on_workflow_canvas_level_changed(self, event: WorkflowCanvas.LevelChanged) -> None:
        self.levels.append(event.level)


async def laid_out(app: CanvasApp, pilot: Pilot[Any]) -> None:
    """Wait for a layout that runs in a thread."""
    for _ in range(2):  # a change of size may begin another
        await pilot.pause()
        async with patience():
            while not all(worker.is_finished for worker in app.workers):
                await pilot.pause(0.01)
    await pilot.pause()


def shown(app: CanvasApp) -> Level:
    """Return the level of detail shown."""
    return app.canvas.level


async def test_a_step_is_highlighted_as_its_status_changes(text_of: Callable[[App[Any]], str]) -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        app.canvas.set_statuses({"authors": "running"})
        await pilot.pause()
        assert "● Authors" in text_of(app)
        app.canvas.set_statuses({"authors": "completed"})
        await pilot.pause()
        assert "✓ Authors" in text_of(app)


async def test_a_status_repaints_only_the_cells_of_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        painted: list[Region] = []
        refresh = app.canvas.refresh

        def watched(*regions: Region, **options: Any) -> WorkflowCanvas:
            painted.extend(regions or [app.canvas.region])
            return refresh(*regions, **options)

        monkeypatch.setattr(app.canvas, "refresh", watched)
        app.canvas.set_statuses({"files": "running"})
        assert [(region.height, region.width) for region in painted] == [(1, len("Biggest files") + 4)]
        painted.clear()
        app.canvas.set_statuses({"files": "running"})
        app.canvas.set_statuses({"files": "running", "files[3].fetch": "running"})
        assert painted == []
        app.canvas.set_statuses({"files": "completed"})
        assert len(painted) == 1


async def test_detail_is_shown_beside_the_label_if_it_fits(text_of: Callable[[App[Any]], str]) -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        app.canvas.set_statuses({"each": "running", "log": "completed"}, {"each": "3/12", "log": "1.2s"})
        await pilot.pause()
        assert "● Per author  3/12" in text_of(app)
        assert "✓ Read the log" in text_of(app)


async def test_arrows_follow_the_edges(text_of: Callable[[App[Any]], str]) -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        await pilot.press("down", "down", "down")
        assert app.canvas.cursor == "each.stat"
        await pilot.press("right", "down", "down")
        assert app.canvas.cursor == "collect"
        await pilot.press("up", "up")
        assert app.canvas.cursor == "authors"
        await pilot.pause()
        assert app.highlighted[-1] == "authors"


@pytest.mark.parametrize("level", ["list", "pill", "box"])
async def test_every_step_is_reached_by_arrows_alone(level: Level) -> None:
    app = CanvasApp(REPORT, level)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        reached = {"log"}
        ways = [["log"]]
        while ways:
            way = ways.pop()
            for direction in get_args(Direction):
                app.canvas.focus_step(way[-1])
                app.canvas.action_step(direction)
                if app.canvas.cursor and app.canvas.cursor not in reached:
                    reached.add(app.canvas.cursor)
                    ways.append([*way, app.canvas.cursor])
        assert reached == {node.path for node in REPORT}


async def test_enter_and_mouse_select() -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        await pilot.press("down", "enter")
        assert app.selected == ["authors"]
        picture = app.canvas.render_line(0).text
        await pilot.click(app.canvas, offset=(picture.index("Read"), 0))
        await pilot.pause()
        assert (app.canvas.cursor, app.selected[-1]) == ("log", "log")
        await pilot.click(app.canvas, offset=(0, 30))
        assert len(app.selected) == 2


async def test_home_selects_the_innermost_running_step() -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        app.canvas.set_statuses(STATUSES, DETAILS)
        await pilot.press("home")
        assert app.canvas.cursor == "each.blame"
        app.canvas.set_statuses({**STATUSES, "each": "completed", "each.blame": "completed"})
        await pilot.press("f")
        assert app.canvas.cursor == "ask"


async def test_cursor_starts_on_the_current_step(text_of: Callable[[App[Any]], str]) -> None:
    chain = [CanvasNode(f"s{n}", f"step {n}", "set", (f"s{n - 1}",) if n else ()) for n in range(50)]
    app = CanvasApp(chain)
    app.canvas.set_statuses({"s40": "running"})
    async with app.run_test(size=(80, 24)) as pilot:
        await laid_out(app, pilot)
        assert "● step 40" in text_of(app)


async def test_levels_of_detail_by_keys(text_of: Callable[[App[Any]], str]) -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 50)) as pilot:
        await laid_out(app, pilot)
        await pilot.press("plus")
        await laid_out(app, pilot)
        assert shown(app) == "box"
        assert re.search(r"│ \$ Read the log +│", text_of(app))
        await pilot.press("minus", "minus", "minus")
        assert shown(app) == "list"
        await pilot.press("z")
        assert shown(app) == "box"
        assert app.levels == ["box", "pill", "list", "box"]


@pytest.mark.parametrize(
    ("size", "level"), [((40, 20), "list"), ((80, 24), "pill"), ((90, 60), "list"), ((120, 50), "box")]
)
async def test_most_detailed_fitting_level_is_used(size: tuple[int, int], level: Level) -> None:
    nodes = REPORT if size != (90, 60) else [CanvasNode(str(n), f"a long name {n}", "set") for n in range(10)]
    app = CanvasApp(nodes, None)
    async with app.run_test(size=size) as pilot:
        await laid_out(app, pilot)
        assert app.canvas.level == level


async def test_graph_wider_than_the_view_takes_more_rows_instead() -> None:
    nodes = [step("start"), *(step(str(n), "start", name=f"a long name {n}") for n in range(9))]
    app = CanvasApp(nodes_from_steps(nodes), "pill")
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        assert app.canvas.max_scroll_x == 0
        tall = app.canvas.virtual_size.height
        await pilot.resize_terminal(300, 40)
        await laid_out(app, pilot)
        assert app.canvas.virtual_size.height < tall


async def test_space_folds_a_container(text_of: Callable[[App[Any]], str]) -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        app.canvas.focus_step("each")
        await pilot.press("space")
        await laid_out(app, pilot)
        assert "Per author [3]" in text_of(app)
        assert "Statistics" not in text_of(app)
        app.canvas.set_statuses({"each.blame": "running"})
        app.canvas.focus_step("each.blame")
        assert app.canvas.cursor == "each"
        await pilot.press("space")
        await laid_out(app, pilot)
        assert "● Blame lines" in text_of(app)


async def test_large_fan_out_is_one_counting_node(text_of: Callable[[App[Any]], str]) -> None:
    app = CanvasApp(FAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await laid_out(app, pilot)
        assert "align [100]" in text_of(app)
        statuses = {"split": "completed", "align7": "completed", "align8": "running"}
        app.canvas.set_statuses(statuses)
        await pilot.pause()
        assert re.search(r"● align \[100\] +1/100▌", text_of(app))
        app.canvas.set_statuses({**statuses, "align9": "failed"})
        await pilot.pause()
        assert re.search(r"✗ align \[100\] +2/100▌", text_of(app))
        await pilot.press("down", "enter")
        await laid_out(app, pilot)
        assert app.selected == []
        assert (app.canvas.cursor, "align_000" in text_of(app)) == ("align0", True)
        await pilot.press("space")
        await laid_out(app, pilot)
        assert "align [100]" in text_of(app)


async def test_new_graph_keeps_focus_and_statuses(
    text_of: Callable[[App[Any]], str],
) -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=(120, 40)) as pilot:
        await laid_out(app, pilot)
        app.canvas.set_statuses(STATUSES)
        app.canvas.focus_step("collect")
        app.canvas.set_graph([node for node in REPORT if node.path != "publish"])
        await laid_out(app, pilot)
        assert app.canvas.cursor == "collect"
        assert "✗ Stale branches" in text_of(app)
        app.canvas.set_graph([CanvasNode("new", "New", "set")])
        await laid_out(app, pilot)
        assert app.canvas.cursor == "new"
        app.canvas.set_graph([])
        await laid_out(app, pilot)
        assert "No steps yet" in text_of(app)
        await pilot.press("down", "enter", "home", "space", "plus")


async def test_ascii_only_draws_ascii_only(text_of: Callable[[App[Any]], str]) -> None:
    for level in ("list", "pill", "box"):
        app = CanvasApp(REPORT, level, ascii_only=True)
        async with app.run_test(size=(120, 60)) as pilot:
            await laid_out(app, pilot)
            app.canvas.set_statuses(STATUSES, DETAILS)
            await pilot.pause()
            assert text_of(app).isascii()


async def test_arbitrary_names_keep_the_layout(text_of: Callable[[App[Any]], str]) -> None:
    names = ["宏大的步骤名称", "🎉 party", "a\nb\tc\x1b[31m", "[red]not markup[/]", "", "x" * 300]
    nodes = [
        CanvasNode(str(n), name, "set", (str(n - 1),) if n else (), counted=n == 0) for n, name in enumerate(names)
    ]
    for level in ("list", "pill", "box"):
        app = CanvasApp(nodes, level)
        async with app.run_test(size=(60, 30)) as pilot:
            await laid_out(app, pilot)
            assert "\x1b" not in text_of(app)
            assert "[red]not markup[/]" in text_of(app)
            assert {app.canvas.render_line(y).cell_length for y in range(29)} == {60}


async def test_canvas_with_statuses(size: tuple[int, int], matches: Callable[[Pilot[Any]], Awaitable[bool]]) -> None:
    app = CanvasApp(REPORT)
    async with app.run_test(size=size) as pilot:
        await laid_out(app, pilot)
        app.canvas.set_statuses(STATUSES, DETAILS)
        await pilot.press("f")
        await pilot.pause()
        assert await matches(pilot)


async def test_canvas_of_boxes(size: tuple[int, int], matches: Callable[[Pilot[Any]], Awaitable[bool]]) -> None:
    app = CanvasApp(REPORT, "box")
    async with app.run_test(size=size) as pilot:
        await laid_out(app, pilot)
        app.canvas.set_statuses(STATUSES, DETAILS)
        app.canvas.focus_step("collect")
        await pilot.pause()
        assert await matches(pilot)


async def test_canvas_before_a_run(size: tuple[int, int], matches: Callable[[Pilot[Any]], Awaitable[bool]]) -> None:
    app = CanvasApp(REPORT, None)
    async with app.run_test(size=size) as pilot:
        await laid_out(app, pilot)
        assert await matches(pilot)


def test_all_levels_draw_the_same_edges() -> None:
    nodes = [
        CanvasNode("a", "a", "set"),
        CanvasNode("b", "b", "set", ("a",)),
        CanvasNode("c", "c", "set", ("a", "b")),
    ]
    for level in LEVELS:
        if level != "list":
            assert set(GraphDrawing(nodes, level).layout.paths) == {("a", "b"), ("a", "c"), ("b", "c")}
