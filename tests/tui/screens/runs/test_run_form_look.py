"""Snapshots of the run form at all sizes."""

from collections.abc import Awaitable, Callable
from typing import Any

from textual.widgets import TextArea

from tui.conftest import settle
from tui.run_form_app import FormApp, write
from wftui.model.base import Json
from wftui.tui.widgets.schema_form.form import SchemaForm

Until = Callable[..., Awaitable[None]]
Matches = Callable[[Any], Awaitable[bool]]

DEPLOY: Json = {
    "properties": {
        "environment": {
            "title": "Environment",
            "description": "Where to deploy.",
            "oneOf": [
                {"const": "prod", "title": "Production", "description": "What customers see."},
                {"const": "stage", "title": "Staging"},
                {"const": "dev", "title": "Development"},
            ],
            "default": "prod",
        },
        "region": {"title": "Region", "enum": [f"eu-central-{number}" for number in range(12)]},
        "version": {"title": "Version", "type": "string", "pattern": "^v[0-9]+", "examples": ["v12"]},
        "replicas": {"title": "Replicas", "type": "integer", "minimum": 1, "maximum": 20, "default": 3},
        "dry": {"title": "Dry run", "type": ["boolean", "null"], "default": None},
        "token": {"title": "Deploy token", "type": "string", "format": "password", "minLength": 8},
        "hosts": {"title": "Hosts", "type": "array", "items": {"type": "string", "format": "hostname"}, "minItems": 1},
        "checks": {"title": "Checks", "type": "array", "uniqueItems": True, "items": {"enum": ["health", "latency"]}},
        "database": {
            "title": "Database that moves with the shop",
            "type": "object",
            "properties": {"host": {"type": "string"}, "port": {"type": "integer", "default": 5432}},
            "required": ["host"],
        },
        "steps": {
            "title": "Extra steps",
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "wait": {"type": "integer"}}},
        },
        "notes": {"title": "Release notes", "type": "string", "format": "markdown"},
        "extra": {"title": "Extra values", "type": "object"},
    },
    "required": ["environment", "version", "hosts"],
}
INPUTS: Json = {
    "version": "v12",
    "hosts": ["a.example.org", "b.example.org"],
    "database": {"host": "db.example.org"},
    "steps": [{"name": "warm up", "wait": 5}],
}


async def test_form(size: tuple[int, int], matches: Matches) -> None:
    app = FormApp(DEPLOY, description="Builds, checks and rolls out one version of the shop.", inputs=INPUTS)
    async with app.run_test(size=size) as pilot:
        await settle(app)  # as keys of the program wait for the first frame of a form
        await pilot.press("tab", "tab", "tab")
        await pilot.pause()
        assert await matches(pilot)


async def test_problems(size: tuple[int, int], matches: Matches, until: Until) -> None:
    app = FormApp(DEPLOY, inputs={**INPUTS, "version": "twelve", "replicas": 40, "hosts": ["not a host"]})
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: len(app.problems()) == 3)
        assert await matches(pilot)


async def test_lower_half_with_groups_and_lists(size: tuple[int, int], matches: Matches, until: Until) -> None:
    app = FormApp(DEPLOY, inputs=INPUTS)
    async with app.run_test(size=size) as pilot:
        form = app.form.query_one(SchemaForm)
        await form.focus_on("/steps/0/name")
        await until(pilot, lambda: not form.max_scroll_y or form.scroll_y)
        assert await matches(pilot)


async def test_json(size: tuple[int, int], matches: Matches, until: Until) -> None:
    app = FormApp(DEPLOY, inputs=INPUTS)
    async with app.run_test(size=size) as pilot:
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(app.form.focused, TextArea))
        await pilot.press("down", "end", "backspace")
        await until(pilot, app.whole)
        assert await matches(pilot)


async def test_list_to_pick_from(size: tuple[int, int], matches: Matches) -> None:
    app = FormApp(DEPLOY)
    async with app.run_test(size=size) as pilot:
        await settle(app)
        await pilot.press("tab", "space")
        await write(pilot, "eu 1")
        await pilot.pause()
        assert await matches(pilot)


async def test_form_in_ascii(text_of: Callable[[Any], str]) -> None:
    app = FormApp(DEPLOY, inputs=INPUTS)
    app.ascii = True  # type: ignore[attr-defined]
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press("tab")
        inside = "\n".join(line[1:-1] for line in text_of(app).splitlines()[2:-2] if "│" in line and "──" not in line)
        assert inside.replace("…", "").isascii(), inside  # Textual itself cuts lines with "…"
