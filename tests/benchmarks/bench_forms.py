"""The run form of 370 fields: CPU time to open it and of each of its first keys.

A page of fields is some hundred widgets; beside it is what Textual alone takes to mount and lay out as many.
Garbage is collected as in the program, where all that was there in an idle moment is not visited again.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from measure import Row
from textual.app import App, ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Static

from wftui.model.base import Json
from wftui.model.forms.building import form_of
from wftui.model.json.big_values import collect_all
from wftui.model.listing import WorkflowOutline
from wftui.tui.display.theme import DARK, HOUSE_RULES, rule_variables
from wftui.tui.screens.runs.run_form import RunInputModal

FIELDS = 370
_AIM = 0.05
_GARBAGE = (20_000, 20, 10)
"""Thresholds of the program after an idle moment."""
_CALM = 8
"""Looks at an idle loop after which all frames are drawn."""
_KEYS = [
    *("a", "b", "tab", "7", "tab", "down", "tab", "tab", "x", "backspace"),
    *("pagedown", "tab", "y", "end", "shift+tab"),
]
"""Keys of each kind: texts, numbers, choices, ways between fields and over pages."""
_KINDS: list[Json] = [
    {"type": "string", "description": "A text."},
    {"type": "integer", "minimum": 0},
    {"type": "boolean", "default": True},
    {"enum": ["small", "medium", "large"]},
    {"type": "array", "items": {"type": "string"}},
]


def rows() -> Iterable[Row]:
    """Opening and keys, flat and in ten groups; mounting a page by Textual alone."""
    gc.set_threshold(*_GARBAGE)
    page = asyncio.run(_bare_page())
    for name, schema in (("flat", _flat(FIELDS)), ("in ten groups", _grouped())):
        begin = time.thread_time()
        form = form_of(schema)
        built = time.thread_time() - begin
        outline = WorkflowOutline(id="big", name="Big", version="1.0.0", input_schema=schema)
        collect_all()
        opening, longest, keys = asyncio.run(_measure(partial(RunInputModal, outline, form=form)))
        yield Row(f"form of {FIELDS} fields, {name}: built in a thread", f"{built * 1000:.0f} ms of CPU")
        yield Row(f"form of {FIELDS} fields, {name}: opened, on the event loop", f"{opening * 1000:.0f} ms of CPU")
        yield Row("the longest that a key waits while it opens", _ms(longest), "50 ms", longest / _AIM, 1)
        typed = max(key.taken for key in keys if len(key.name) == 1)
        yield Row("its slowest key that types", _ms(typed), "50 ms", typed / _AIM, 1)
        held = max(key.held for key in keys)
        against = f"50 ms; Textual alone, mounting a page of 20 fields {_ms(page)}"
        yield Row("the longest that a key waits while rows are mounted", _ms(held), against, held / _AIM, 1)
        slowest = max(keys, key=lambda key: key.taken)
        yield Row(f"all frames of its slowest key, {slowest.name}", _ms(slowest.taken))


def _flat(count: int, first: int = 0) -> Json:
    return {"type": "object", "properties": {f"field{first + n}": _KINDS[n % len(_KINDS)] for n in range(count)}}


def _grouped() -> Json:
    each = FIELDS // 10
    return {"type": "object", "properties": {f"group{n}": _flat(each, n * each) for n in range(10)}}


class _Screens(App[None]):
    DEFAULT_CSS = HOUSE_RULES

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return rule_variables({})


@dataclass(frozen=True)
class _Key:
    """CPU seconds of a key: until the loop is idle, and of its longest turn."""

    name: str
    taken: float
    held: float


class _LongestTurn:
    """CPU seconds of the longest callback of the event loop since `begin`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            begin = time.thread_time()
            run(handle)
            self.seconds = max(self.seconds, time.thread_time() - begin)

        asyncio.Handle._run = timed  # type: ignore[method-assign, assignment]  # the loop tells no durations


_turn = _LongestTurn()


async def _measure(make: Callable[[], Screen[Any]]) -> tuple[float, float, list[_Key]]:
    """Return CPU seconds of the loop: opening a screen, its longest turn, keys."""
    app = _Screens()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        _turn.seconds = 0.0
        begin = time.thread_time()
        await app.push_screen(make())
        await _idle()
        opening, longest = time.thread_time() - begin, _turn.seconds
        taken = []
        for key in [*_KEYS, *_KEYS]:
            _turn.seconds = 0.0
            begin = time.thread_time()
            await app._press_keys([key])
            await _idle()
            taken.append(_Key(key, time.thread_time() - begin, _turn.seconds))
    return opening, longest, taken


async def _idle() -> None:
    """Wait until the loop is idle; messages of a pilot would cost more than the key."""
    calm = 0
    while calm < _CALM:
        await asyncio.sleep(0.02)
        ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # not public
        calm = calm + 1 if not ready else 0


class _Page(Vertical):
    """Twenty fields as the form has them: name, input, and a note below."""

    def compose(self) -> ComposeResult:
        for number in range(20):
            with Vertical(classes="row"):
                yield Static(f"field{number}")
                yield Input()
                yield Static("")


async def _bare_page() -> float:
    """Return the CPU seconds that Textual takes for a page of fields."""
    app = _Screens()
    async with app.run_test(size=(120, 40)) as pilot:
        scroll = VerticalScroll()
        await app.screen.mount(scroll)
        await _settled(pilot)
        begin = time.thread_time()
        await scroll.mount(_Page())
        await _settled(pilot)
        return time.thread_time() - begin


async def _settled(pilot: Pilot[None]) -> None:
    """Wait until all messages are handled and a frame is drawn."""
    await pilot.pause()
    await pilot.pause()


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms of CPU"
