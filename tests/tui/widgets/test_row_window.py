"""A form of many fields: only the rows near the view are mounted, and every field is reached."""

from collections.abc import Awaitable, Callable

from tui.run_form_app import FormApp
from wftui.model.base import Json
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.tui.widgets.schema_form.field_row import FieldRow
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.layout.row_window import AHEAD, MOST

Until = Callable[..., Awaitable[None]]
COUNT = 110


def many(last: Json) -> Json:
    properties = {f"f{number}": {"type": "string", "description": "About it."} for number in range(COUNT - 1)}
    return {"properties": {**properties, "last": last}}


def focused_field(app: FormApp) -> str:
    return app.field().leaf.field.name if isinstance(app.field(), TextEditor) else ""  # type: ignore[attr-defined]


async def test_every_field_is_reached_by_tab_though_few_rows_are_mounted(until: Until) -> None:
    app = FormApp(many({"type": "string"}))
    async with app.run_test() as pilot:
        for number in range(COUNT - 1):
            await until(pilot, lambda number=number: focused_field(app) == f"f{number}")
            assert len(app.form.query(FieldRow)) <= MOST + 3 * AHEAD
            await pilot.press("tab")
        await until(pilot, lambda: focused_field(app) == "last")
        await pilot.press("x")
        assert app.command.endswith("-i last=x")
        for number in reversed(range(COUNT - 60, COUNT - 1)):
            await pilot.press("shift+tab")
            await until(pilot, lambda number=number: focused_field(app) == f"f{number}")


async def test_error_of_a_row_far_away_is_shown_and_focused(until: Until) -> None:
    app = FormApp(many({"type": "string", "minLength": 3}), inputs={"last": "x"})
    async with app.run_test() as pilot:
        assert len(app.form.query(FieldRow)) < COUNT / 2
        await pilot.press("f5")
        await until(pilot, lambda: focused_field(app) == "last")
        assert app.problems() == ["Needs at least 3 characters, has 1."]
        form = app.form.query_one(SchemaForm)
        await until(pilot, lambda: form.scroll_y == form.max_scroll_y)
        await pilot.press("y", "z")
        await until(pilot, lambda: not app.problems())
        await pilot.press("shift+tab")
        await until(pilot, lambda: focused_field(app) == f"f{COUNT - 2}")
