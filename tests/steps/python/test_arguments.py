"""Arguments that `main` does not take are found before a run."""

from typing import Any

import pytest

from wftui.steps.python.step import PythonStep

STEP = PythonStep()


@pytest.mark.parametrize(
    ("code", "args", "sentence"),
    [
        (
            "def main(data): pass",
            {"value": 3},
            "missing a required argument: 'data'; it is main(data), args has value.",
        ),
        ("def main(data): pass", None, "missing a required argument: 'data'; it is main(data), args has nothing."),
        ("async def main(): pass", {"value": "{{ x }}"}, "unexpected keyword argument 'value'; it is main(), args has"),
        ("def main(a, b=1, *, c): pass", {"a": 1}, "missing a required argument: 'c'"),
        ("def main(a): pass", [1, 2], "too many positional arguments; it is main(a), args has 2 values."),
        ("def main(a, /): pass", {"a": 1}, "positional"),
    ],
)
def test_arguments_that_main_does_not_take_are_found_before_a_run(code: str, args: Any, sentence: str) -> None:
    [(field, found)] = STEP.check({"code": code} if args is None else {"code": code, "args": args})
    assert field == "args"
    assert sentence in found


@pytest.mark.parametrize(
    ("code", "args"),
    [
        ("def main(a, b=1, *rest, c=2, **more): pass", {"a": 1, "z": 2}),
        ("def main(a, *rest): pass", [1, 2, 3]),
        ("def main(a): pass", "{{ inputs.all }}"),
        ("@given\ndef main(a): pass", {}),
        ("def main(a): pass\nmain = partial(main, 1)", {}),
        ("if True:\n    def main(a): pass\nelse:\n    def main(): pass", {}),
        ("def main(a): pass\ndef main(): pass", {}),
        ("class main:\n    def __init__(self, a): pass", {}),
    ],
)
def test_arguments_that_main_may_take_are_left_to_the_run(code: str, args: Any) -> None:
    assert STEP.check({"code": code, "args": args}) == []
