"""Containers and the keys that repeat or guard a step, for lists and pages."""

from typing import Any, Literal

from wftui.model.data_class import dataclass

CONTAINER_TYPES = frozenset({"group", "switch", "loop", "race"})
Join = Literal["all_success", "none_failed", "any_success", "all_done", "any_failed"]


@dataclass(frozen=True, slots=True)
class Container:
    """A step type that contains steps, or a key that repeats or guards any step.

    Attributes:
        word: the type, or the key.
        search_words: other words by which it is found.
        example: a step as written in workflow.json.
    """

    word: str
    title: str
    description: str
    search_words: tuple[str, ...]
    example: dict[str, Any]


def _set(step_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": step_id, "type": "set", "input": fields}


CONTAINERS = (
    Container(
        "group",
        "Group",
        "Contains steps that count as one from outside.",
        ("block", "scope", "sequence"),
        {"id": "group", "type": "group", "timeout": "1m", "steps": [_set("first", n=1), _set("second", n=2)]},
    ),
    Container(
        "switch",
        "Switch",
        "Runs the first case whose condition is true.",
        ("if", "else", "case", "condition", "when", "branch", "router"),
        {
            "id": "switch",
            "type": "switch",
            "cases": [{"when": "run.attempt == 1", "steps": [_set("fresh", word="new")]}],
            "default": {"steps": [_set("again", word="resumed")]},
        },
    ),
    Container(
        "loop",
        "Loop",
        "Repeats its steps until a condition is true, up to a limit.",
        ("while", "repeat", "until", "retry", "poll"),
        {
            "id": "loop",
            "type": "loop",
            "until": "steps.add.output.sum >= 10",
            "maxIterations": 20,
            "steps": [_set("add", sum="{{ (previous.sum if previous else 0) + index }}")],
        },
    ),
    Container(
        "race",
        "Race",
        "Runs branches side by side; the first success wins and cancels the others.",
        ("parallel", "first", "timeout", "fastest"),
        {
            "id": "race",
            "type": "race",
            "branches": [
                {"name": "work", "steps": [_set("now", done=True)]},
                {"name": "limit", "steps": [{"id": "wait", "type": "delay", "input": {"for": "5m"}}]},
            ],
        },
    ),
    Container(
        "forEach",
        "For each",
        "On any step: runs it once for each item of a list or a matrix.",
        ("loop", "iterate", "items", "map", "parallel", "batch", "matrix"),
        {
            "id": "each",
            "type": "set",
            "forEach": {"in": "['web1', 'web2']", "as": "host", "maxParallel": 2},
            "input": {"url": "https://{{ host }}/"},
        },
    ),
    Container(
        "catch",
        "Catch",
        "On any step: handles its failure with steps of its own, by error type.",
        ("try", "except", "error", "handler", "fallback"),
        {
            "id": "load",
            "type": "fail",
            "input": {"type": "stock.empty", "message": "Nothing is left."},
            "catch": [{"on": ["stock"], "steps": [_set("note", text="{{ error.message }}")]}],
        },
    ),
)
"""In the order of the documentation."""
