"""Searches of values: exact, whether a text is inline or behind references."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.store_helpers import RUN, START, completed, created, started, step_completed
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent, StepFailed
from wftui.model.run.search import TextMatch
from wftui.model.run.steps import ExecutionError
from wftui.model.run.summary import ExecutionFilters
from wftui.store.execution_store import ExecutionStore

FILLER = ["x" * 97 + str(number) for number in range(200)]
"""More than events hold: a value behind a reference."""
NEEDLES = ("needle", 'say "hi"', "two\nlines", "grün", "back\\slash", "tab\there", "😀", "a/b", "17.25", "</script>")


def failed_step(details: Json) -> StepFailed:
    error = ExecutionError(type="x", message="it broke", details=details)
    return StepFailed(run_id=RUN, timestamp=START, step_id="b", path="b", error=error, duration=1)


def events_with(place: str, value: Json) -> list[ExecutionEvent]:
    if place == "inputs":
        return [created(inputs={"v": value}), started(), completed()]
    if place == "error":
        return [created(), started(), failed_step({"v": value}), completed()]
    if place == "output":
        return [created(), started(), step_completed(value=value), completed()]
    return [created(), started(), completed(value={"v": value})]


def hidden(text: Json, shape: str, before: int, big: bool) -> Json:
    """Return a value with a text in it, behind some of the filler."""
    inner: Any = {"key": text} if shape == "value" else {str(text): 1} if shape == "key" else [[text]]
    return [*FILLER[:before], inner, *FILLER[before:]] if big else inner


async def found_in(folder: Path, events: list[ExecutionEvent], texts: list[str]) -> list[list[TextMatch]]:
    store = await ExecutionStore.open(folder / "history.db")
    await store.append(events, wait=True)
    found = [[match async for page in store.search(RUN, text) for match in page] for text in texts]
    for text, matches in zip(texts, found, strict=True):
        assert await store.count(ExecutionFilters(contains=text)) == bool(matches)
    await store.close()
    return found


@given(
    needle=st.sampled_from(NEEDLES) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=3, max_size=12),
    place=st.sampled_from(["inputs", "output", "outputs", "error"]),
    shape=st.sampled_from(["value", "key", "item"]),
    before=st.integers(0, len(FILLER)),
    big=st.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_a_text_is_found_wherever_it_is(needle: str, place: str, shape: str, before: int, big: bool) -> None:
    events = events_with(place, hidden(f"<{needle}>", shape, before, big))
    with tempfile.TemporaryDirectory() as folder:
        there, absent, reference = asyncio.run(
            found_in(Path(folder), events, [f"<{needle}>", f"<{needle}> no", "$value"])
        )
    assert [match.where for match in there] == [place]
    line = next(line for line in f"<{needle}>".split("\n") if line)
    assert line in there[0].text
    assert absent == reference == []


def test_a_text_across_the_parts_of_a_big_value_is_found_whole(tmp_path: Path) -> None:
    """One text of a megabyte, full of quotes and escapes, with a number at each place."""
    text = "".join(f'{number} "q\\" ' for number in range(30_000)) + "the end"
    value = {"long": text, "numbers": [1000 + number for number in range(30_000)]}
    assert len(json.dumps(value)) > 500_000
    texts = ['29999 "q\\" the end', '21234 "q\\" 21235', "re:^17777$", "re:the end$", "re:^30999$", "re:^31000$"]
    found = asyncio.run(found_in(tmp_path, events_with("output", value), texts))
    assert [len(matches) for matches in found] == [1, 1, 1, 1, 1, 0]
    assert found[2][0].text == "17777"
