"""The list of steps in a running app."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from wftui.tui.canvas.graph import CanvasNode
from wftui.tui.canvas.step_list import StepList
from wftui.tui.display.theme import DARK

NODES = [
    CanvasNode("log", "Read the log", "shell"),
    CanvasNode("each", "Per author", "group", ("log",), counted=True),
    CanvasNode("each.stat", "Statistics", "python", parent="each"),
    CanvasNode("each.deep", "Deeper", "group", parent="each"),
    CanvasNode("each.deep.one", "One", "set", parent="each.deep"),
    CanvasNode("each.last", "Sum up with a name that is much too long for its column", "set", parent="each"),
    CanvasNode("end", "Write the report", "file", ("each",)),
]
STATUSES = {"log": "completed", "each": "running", "each.stat": "running", "each.deep": "skipped", "end": "pending"}
DETAILS = {"log": "1.2s", "each": "3/12", "end": "a detail that is too long"}


class ListApp(App[None]):
    """An app with a list of steps, and the messages it posted."""

    def __init__(self, nodes: Sequence[CanvasNode]) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.steps = StepList(nodes)
        self.selected: list[str] = []
        self.highlighted: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.steps

    def on_mount(self) -> None:
        self.steps.focus()

    def on_step_list_selected(self, event: StepList.Selected) -> None:
        self.selected.append(event.step_path)

    def on_step_list_highlighted(self, event: StepList.Highlighted) -> None:
        self.highlighted.append(event.step_path)


async def test_contents_of_containers_are_indented(text_of: Callable[[App[Any]], str]) -> None:
    app = ListApp(NODES)
    async with app.run_test(size=(30, 10)) as pilot:
        await pilot.pause()
        assert [line.rstrip() for line in text_of(app).splitlines()[1:8]] == [
            "▌$ Read the log",
            "╰□ Per author",
            " ├ λ Statistics",
            " ├ □ Deeper",
            " │ └ = One",
            " └ = Sum up wi…for its column",
            " ≡ Write the report",
        ]


async def test_an_empty_list_shows_another_message_at_once(text_of: Callable[[App[Any]], str]) -> None:
    app = ListApp([])
    async with app.run_test(size=(30, 10)) as pilot:
        await pilot.pause()
        assert "No steps yet" in text_of(app)
        app.steps.message = "Drawn later"
        await pilot.pause()
        assert "Drawn later" in text_of(app)


async def test_a_pool_is_part_of_the_type_or_of_a_name_without_one(text_of: Callable[[App[Any]], str]) -> None:
    nodes = [CanvasNode("train", "Train", "python", pool="gpu"), CanvasNode("end", "Report", "set")]
    for width, row in ((80, "python @gpu"), (44, "python @gpu"), (30, "Train @gpu")):
        app = ListApp(nodes)
        async with app.run_test(size=(width, 4)) as pilot:
            await pilot.pause()
            _, first, second, *_ = text_of(app).splitlines()
            assert row in first
            assert "@" not in second


async def test_arrows_walk_the_rows_and_the_tree() -> None:
    app = ListApp(NODES)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "right", "down", "right")
        assert app.steps.cursor == "each.deep.one"
        await pilot.press("left", "left")
        assert app.steps.cursor == "each"
        await pilot.press("left", "up", "up")
        assert app.steps.cursor == "log"
        await pilot.press("enter")
        assert (app.selected, app.highlighted[-1]) == (["log"], "log")


async def test_a_click_selects_a_row() -> None:
    app = ListApp(NODES)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(app.steps, offset=(40, 4))
        assert (app.steps.cursor, app.selected) == ("each.deep", ["each.deep"])


async def test_space_folds_a_container_in_the_list(text_of: Callable[[App[Any]], str]) -> None:
    app = ListApp(NODES)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "space")
        assert "Per author [4]" in text_of(app)
        assert "Statistics" not in text_of(app)
        await pilot.press("down")
        assert app.steps.cursor == "end"


async def test_ten_thousand_steps_draw_only_visible_lines(text_of: Callable[[App[Any]], str]) -> None:
    app = ListApp([CanvasNode(f"s{n}", f"step {n}", "set") for n in range(10_000)])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.steps.focus_step("s9999")
        await pilot.pause()
        assert "step 9999" in text_of(app)
        app.steps.set_statuses({"s9999": "failed"}, {"s9999": "12ms"})
        await pilot.pause()
        last = text_of(app).splitlines()[-1]
        assert "✗ step 9999" in last
        assert last.rstrip(" ▂▃▄▅▆▇█").endswith("12ms")


async def test_step_list_with_statuses(size: tuple[int, int], matches: Callable[[Pilot[Any]], Awaitable[bool]]) -> None:
    app = ListApp(NODES)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.steps.set_statuses(STATUSES, DETAILS)
        await pilot.press("f")
        await pilot.pause()
        assert await matches(pilot)


DIAMOND = [
    CanvasNode("a", "First", "set"),
    CanvasNode("b", "Left", "set", ("a",)),
    CanvasNode("x", "Beside", "set"),
    CanvasNode("c", "Right", "set", ("a",)),
    CanvasNode("d", "Last", "set", ("b", "c")),
]


def rows(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()[1:] if line.strip()]


async def test_gutter_links_the_focused_step_with_those_before_and_after(
    text_of: Callable[[App[Any]], str],
) -> None:
    app = ListApp(DIAMOND)
    async with app.run_test(size=(20, 6)) as pilot:
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert [row[0] for row in rows(text_of(app))] == ["╭", "│", "│", "▌", "╰"]
        await pilot.press("up")
        await pilot.pause()
        assert [row[0] for row in rows(text_of(app))] == [" ", " ", "▌", " ", " "]


async def test_find_walks_the_matches_and_unfolds(text_of: Callable[[App[Any]], str]) -> None:
    app = ListApp(NODES)
    async with app.run_test(size=(60, 10)) as pilot:
        app.steps.focus_step("each")
        await pilot.press("space")
        await pilot.pause()
        assert "Statistics" not in text_of(app)
        assert app.steps.find("python")
        await pilot.pause()
        assert app.steps.cursor == "each.stat"
        assert "Statistics" in text_of(app)
        assert app.steps.find("set")
        assert app.steps.cursor == "each.deep.one"
        assert app.steps.find("set")
        assert app.steps.cursor == "each.last"
        assert not app.steps.find("nothing of this name")
        assert app.steps.cursor == "each.last"


async def test_only_what_leads_to_a_step_and_follows_it(text_of: Callable[[App[Any]], str]) -> None:
    app = ListApp(DIAMOND)
    async with app.run_test(size=(20, 6)) as pilot:
        await pilot.press("down", "V")
        await pilot.pause()
        shown = text_of(app)
        assert "First" in shown and "Left" in shown and "Last" in shown
        assert "Beside" not in shown and "Right" not in shown
        app.steps.focus_step("x")
        await pilot.pause()
        assert "Beside" in text_of(app), "a step that is gone to is shown"
        await pilot.press("V", "V")
        await pilot.pause()
        assert len(rows(text_of(app))) == 5
