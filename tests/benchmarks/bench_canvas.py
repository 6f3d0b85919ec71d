"""The canvas: layout of growing graphs, and status changes against full repaints."""

import asyncio
import itertools
import random
from collections.abc import Iterable

from measure import Row, measure_pair, timed
from textual.app import App, ComposeResult

from wftui.tui.canvas.drawing.graph_drawing import GraphDrawing
from wftui.tui.canvas.graph import CanvasNode
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.display.theme import DARK


def graph(count: int) -> list[CanvasNode]:
    """A graph with unique names; each step waits for one or two of the previous forty."""
    chance = random.Random(count)
    nodes: list[CanvasNode] = []
    for number in range(count):
        before = range(max(0, number - 40), number)
        needs = chance.sample(before, min(len(before), chance.choice((1, 1, 2))))
        nodes.append(CanvasNode(f"s{number}", f"step {number} of it", "set", tuple(f"s{need}" for need in needs)))
    return nodes


def rows() -> Iterable[Row]:
    """Layout and painting."""
    large, small = graph(1_000), graph(250)
    pair = measure_pair(
        lambda: timed(lambda: GraphDrawing(large, "pill")), lambda: timed(lambda: GraphDrawing(small, "pill")), rounds=5
    )
    yield Row("layout of 1,000 steps", _ms(pair.median_a), f"250 steps {_ms(pair.median_b)}", pair.ratio, 8)
    yield asyncio.run(_status())


async def _status() -> Row:
    app = _CanvasApp(graph(60))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        canvas = app.canvas
        words = itertools.cycle(("running", "completed"))

        def one_status() -> None:
            canvas.set_statuses({"s3": next(words)})
            _paint(canvas)

        def whole_view() -> None:
            canvas.notify_style_update()
            _paint(canvas)

        pair = measure_pair(lambda: timed(one_status), lambda: timed(whole_view), rounds=51)
    return Row("paint one change of status", _ms(pair.median_a), f"whole view {_ms(pair.median_b)}", pair.ratio, 0.2)


def _paint(canvas: WorkflowCanvas) -> None:
    for y in range(canvas.size.height):
        canvas.render_line(y)


class _CanvasApp(App[None]):
    def __init__(self, nodes: list[CanvasNode]) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.canvas = WorkflowCanvas(nodes, level="pill")

    def compose(self) -> ComposeResult:
        yield self.canvas


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
