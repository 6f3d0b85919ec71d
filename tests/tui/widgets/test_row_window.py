"""A form of many fields: rows near the view are mounted, every field is reachable."""

from collections.abc import Awaitable, Callable

import pytest

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


@pytest.mark.slow
@pytest.mark.parametrize(("count", "at_once"), [(54, 18), (COUNT - 1, 1)], ids=["some", "all"])
async def test_every_field_is_reached_by_tab_though_few_rows_are_mounted(
    until: Until, count: int, at_once: int
) -> None:
    names = [*(f"f{number}" for number in range(COUNT - 1)), "last"]
    app = FormApp(many({"type": "string"}))
    async with app.run_test() as pilot:
        for number in range(at_once, count + 1, at_once):
            await pilot.press(*["tab"] * at_once)
            await until(pilot, lambda number=number: focused_field(app) == names[number])
            assert len(app.form.query(FieldRow)) <= MOST + 3 * AHEAD
        await pilot.press("x")
        await until(pilot, lambda: app.command.endswith(f"-i {names[count]}=x"))
        for number in range(count - at_once, count // 3, -at_once):
            await pilot.press(*["shift+tab"] * at_once)
            await until(pilot, lambda number=number: focused_field(app) == names[number])


async def test_error_of_a_row_far_away_is_shown_and_focused(until: Until) -> None:
    app = FormApp(many({"type": "string", "minLength": 3}), inputs={"last": "x"})
    async with app.run_test() as pilot:
        assert len(app.form.query(FieldRow)) < COUNT / 2
        await pilot.press("f5")
        await until(pilot, lambda: focused_field(app) == "last")
        await until(pilot, lambda: app.problems() == ["Needs at least 3 characters, has 1."])
        form = app.form.query_one(SchemaForm)
        await until(pilot, lambda: form.scroll_y == form.max_scroll_y)
        await pilot.press(*"xyz")
        await until(pilot, lambda: not app.problems())
        await pilot.press("shift+tab")
        await until(pilot, lambda: focused_field(app) == f"f{COUNT - 2}")
