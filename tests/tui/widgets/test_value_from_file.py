"""Values from files, and completion of paths."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from tui.run_form_app import UNDECIDED, FormApp, write
from wftui.model.forms.building import form_of
from wftui.model.forms.text import TextError
from wftui.tui.widgets.path_prompt import PathPrompt, completed
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.file_value import value_of_file

Until = Callable[..., Awaitable[None]]


async def test_value_is_read_from_a_file(tmp_path: Path, until: Until) -> None:
    file = tmp_path / "places.json"
    file.write_text('["Ulm", "Bonn"]')
    app = FormApp({"properties": {"places": {"type": "array", "items": {"type": "string"}}}})
    async with app.run_test() as pilot:
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await write(pilot, "file")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PathPrompt))
        app.screen.query_one(Input).value = f"{tmp_path}/non"
        await pilot.press("end", "e", "enter")
        assert isinstance(app.screen, PathPrompt), "a missing file is said there"
        await pilot.press(*["backspace"] * 4)
        await write(pilot, "places.json")
        await pilot.press("enter")
        await until(pilot, lambda: "Bonn" in app.command)
        await pilot.press("f5")
        await until(pilot, lambda: app.result is not UNDECIDED)
    assert app.result == {"places": ["Ulm", "Bonn"]}


def test_content_is_taken_by_the_kind_of_the_field(tmp_path: Path) -> None:
    fields = form_of(
        {
            "properties": {
                "text": {"type": "string"},
                "secret": {"type": "string", "writeOnly": True},
                "any": {},
                "list": {"type": "array"},
            }
        }
    ).fields
    file = tmp_path / "f"
    file.write_text("a b\n")
    assert [value_of_file(field, str(file)) for field in fields[:3]] == ["a b\n", "a b", "a b\n"]
    with pytest.raises(TextError, match="Not JSON"):
        value_of_file(fields[3], str(file))
    file.write_bytes(b"\xff")
    with pytest.raises(TextError, match="not text in UTF-8"):
        value_of_file(fields[0], str(file))
    with pytest.raises(TextError, match="cannot be read"):
        value_of_file(fields[0], str(tmp_path / "gone"))


def test_path_is_completed_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "in.csv").touch()
    (tmp_path / ".hidden").touch()
    monkeypatch.chdir(tmp_path)
    assert completed("da") == "data/"
    assert completed("data/i") == "data/in.csv"
    assert completed(f"{tmp_path}/") == f"{tmp_path}/data/"
    assert completed(".h") == ".hidden"
    assert [completed(text) for text in ("x", "", "none/", "data/in.csv/x", "a\0")] == [None] * 5


def test_home_folder_of_an_unknown_user_has_no_files() -> None:
    assert completed("~nobody-there/x") is None
    with pytest.raises(TextError):
        value_of_file(form_of({"properties": {"a": {}}}).fields[0], "~nobody-there/x")
