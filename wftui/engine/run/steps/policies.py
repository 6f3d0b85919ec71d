"""Timeout and retry of a step whose values are expressions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wftui.engine.primitives.conditions import evaluate, origin
from wftui.model.base import Json
from wftui.model.workflow.durations import parse_duration
from wftui.runtime.language.json_kinds import kind_and_value
from wftui.runtime.plan import Bind, StepPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import BindingError


async def with_policy(step: StepPlan, policy: Bind, scope: Scope) -> StepPlan:
    """Return the step with the timeout and the retry that its expressions give.

    Raises:
        BindingError: a value is not what the key takes.
    """
    given = await evaluate(policy, scope)
    timeout = _read(_duration, given["timeout"], "timeout", policy) if "timeout" in given else step.timeout
    read = {key: _read(_RETRY[key][1], value, f"retry.{key}", policy) for key, value in given.get("retry", {}).items()}
    retry = replace(step.retry, **{_RETRY[key][0]: value for key, value in read.items()})
    return replace(step, timeout=timeout, retry=retry)


def count(value: Json, name: str, bind: Bind | None) -> int:
    """Return the value of a key that takes a number of things.

    Args:
        bind: what gave the value; None for a literal.

    Raises:
        BindingError: it is not one.
    """
    return int(_read(_whole, value, name, bind))


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"a whole number of at least 1; it gave {kind_and_value(value)}")
    return value


def _duration(value: Json) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"a duration: {error}") from None


def _number(least: float, most: float, words: str) -> Callable[[Json], float]:
    def read(value: Json) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(f"a number {words}; it gave {kind_and_value(value)}")
        return float(value)

    return read


_RETRY: dict[str, tuple[str, Callable[[Json], float]]] = {
    "maxAttempts": ("max_attempts", _whole),
    "delay": ("delay", _duration),
    "backoff": ("backoff", _number(1, float("inf"), "of at least 1")),
    "maxDelay": ("max_delay", _duration),
    "jitter": ("jitter", _number(0, 1, "between 0 and 1")),
    "totalTimeout": ("total_timeout", _duration),
}
"""Field of the plan and reader of its value, by key of `retry`."""


def _read(read: Callable[[Json], float], value: Json, name: str, bind: Bind | None) -> Any:
    try:
        return read(value)
    except ValueError as error:
        place = origin(bind, "/" + name.replace(".", "/")) if bind is not None else None
        raise BindingError("binding.type", f"`{name}` must give {error}", origin=place) from None
