"""Signs for the settings of a step that change when and how often it runs."""

from collections.abc import Mapping
from typing import NamedTuple

from wftui.model.base import Json
from wftui.model.schema.json_schema import as_object

_JOINS = {
    "all_done": ("done", "waits until all before it have ended, in any way"),
    "any_success": ("any", "waits for the first success before it"),
    "any_failed": ("fail", "runs when one before it has failed"),
    "none_failed": ("ok", "runs when none before it has failed"),
}
_LONGEST = 24


class StepMark(NamedTuple):
    """A sign, its form in ASCII, and its meaning in words."""

    sign: str
    ascii: str
    words: str


PINNED = StepMark("⚑", "P", "pinned for trials")


def step_marks(step: Mapping[str, Json]) -> tuple[StepMark, ...]:
    """Return the marks of a step as written, the most important first."""
    found: list[StepMark] = []
    if step.get("disabled") is True:
        found.append(StepMark("off", "off", "disabled"))
    each = step.get("forEach")
    if isinstance(each, Mapping):
        items = each.get("in")
        numbers = _numbers(items)
        sign = "".join(f"\N{MULTIPLICATION SIGN}{number}" for number in numbers)
        ascii_sign, words = "".join(f"x{number}" for number in numbers), f"for each of {_short(items)}"
        if "when" in each:
            sign, ascii_sign, words = f"{sign}?", f"{ascii_sign}?", f"{words}, when {_short(each['when'])}"
        if "stopWhen" in each:
            words += f", stops when {_short(each['stopWhen'])}"
        found.append(StepMark(sign, ascii_sign, words))
    if step.get("type") == "loop":
        limit = step.get("maxIterations")
        words = f"repeated up to {limit} times"
        words += "".join(f", {key} {_short(step[key])}" for key in ("while", "until") if key in step)
        lead = "while " if "while" in step else ""
        found.append(StepMark(f"{lead}≤{limit}", f"{lead}<={limit}", words))
    if step.get("type") == "race":
        found.append(StepMark("1st", "1st", "the first success wins"))
    if (when := step.get("when")) is not None:
        found.append(StepMark("?", "?", f"when {_short(when)}"))
    if isinstance(join := step.get("join"), str) and join != "all_success":
        sign, words = _JOINS.get(join, (join, f"join {join}"))
        found.append(StepMark(sign, sign, words))
    if isinstance(retry := step.get("retry"), Mapping):
        attempts = retry.get("maxAttempts", "")
        shown = str(attempts) if isinstance(attempts, int) else "n"
        found.append(StepMark(f"↻{shown}", f"r{shown}", f"up to {shown} attempts"))
    if (timeout := step.get("timeout")) is not None:
        shown = str(timeout) if len(str(timeout)) <= 5 and "{" not in str(timeout) else "t"
        found.append(StepMark(f"<{shown}", f"<{shown}", f"timeout {_short(timeout)}"))
    if (policy := step.get("onError")) not in (None, "fail"):
        word = policy if isinstance(policy, str) else "a fallback"
        found.append(StepMark("!", "!", f"on error: {word}"))
    if step.get("catch"):
        found.append(StepMark("!{", "!{", "catches errors"))
    if step.get("type") == "workflow" and as_object(step.get("input")).get("wait") is False:
        found.append(StepMark("&", "&", "not waited for"))
    if step.get("type") == "approval":
        on_reject = as_object(step.get("input")).get("onReject")
        found.append(
            StepMark("ask", "ask", "waits for an answer" + (", no continues" if on_reject == "continue" else ""))
        )
    return tuple(found)


def _numbers(items: Json) -> list[str]:
    """Return the lengths of the lists that are combined, `n` where they are not known."""
    matrix = items.get("matrix") if isinstance(items, Mapping) else None
    lists = [*matrix.values()] if isinstance(matrix, Mapping) and matrix else [items]
    return [str(len(each)) if isinstance(each, list) else "n" for each in lists]


def _short(value: Json) -> str:
    if isinstance(value, list):
        return f"{len(value)} items"
    if isinstance(value, Mapping):
        return "a matrix" if "matrix" in value else "an object"
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
