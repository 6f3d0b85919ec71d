"""The lists of steps inside a step as written, wherever it keeps them."""

from collections.abc import Iterator, Mapping

from wftui.model.base import Json

BRANCH_KEYS = ("cases", "branches", "catch")
"""Keys of a step that hold objects, each with a list of steps."""


def step_lists(step: Mapping[str, Json]) -> Iterator[tuple[str, list[Json]]]:
    """Yield the lists inside a step, each with its JSON Pointer from the step."""
    for key, value in step.items():
        if key == "steps" and isinstance(value, list):
            yield "/steps", value
        elif key in BRANCH_KEYS and isinstance(value, list):
            for index, branch in enumerate(value):
                if isinstance(branch, dict) and isinstance(branch.get("steps"), list):
                    yield f"/{key}/{index}/steps", branch["steps"]
        elif key == "default" and isinstance(value, dict) and isinstance(value.get("steps"), list):
            yield "/default/steps", value["steps"]


def every_step(workflow: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yield all steps of a workflow as written, each before those inside it."""
    todo = [step for key in ("finally", "steps") for step in reversed(_list(workflow.get(key)))]
    while todo:
        step = todo.pop()
        if isinstance(step, dict):
            yield step
            inner = [each for _pointer, steps in step_lists(step) for each in steps]
            todo += reversed(inner)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
