"""Error types in `retry.on`: unknown ones are a warning, with a fix if possible."""

from typing import Any

import pytest

from compiler.compiler_helpers import check, step, text_of, workflow
from wftui.compiler.diagnostics.fixes import apply_fix
from wftui.runtime.error_types import BUILTIN_FAMILIES, BUILTIN_TYPES, is_never_retried

FAIL = {"id": "f", "type": "fail", "input": {"type": "stock.empty", "message": "No."}}
RAISES = {"id": "p", "type": "python", "input": {"code": "def main():\n    wftui.fail('shop.shut', 'No.')\n"}}


def reported(on: list[str], *others: dict[str, Any]) -> list[tuple[str, list[str]]]:
    text = text_of(workflow(step("a", retry={"maxAttempts": 2, "on": on}), *others))
    found = [each for each in check(text).warnings if each.code == "retry.type"]
    assert check(text).errors == []
    for each in found:
        for fix in each.fixes:
            assert len([1 for left in check(apply_fix(text, fix)).warnings if left.code == "retry.type"]) < len(found)
    return [(each.message, [fix.title for fix in each.fixes]) for each in found]


def test_known_types_and_their_prefixes() -> None:
    families = {each for each in BUILTIN_FAMILIES if any(known.split(".")[0] == each for known in BUILTIN_TYPES)}
    known = [each for each in sorted(BUILTIN_TYPES | families) if not is_never_retried(each)]
    assert reported([*known, "http.", "http.429", "exit_code.75"]) == []
    assert reported(["stock.empty", "stock", "shop.shut"], FAIL, RAISES) == []


def test_types_that_are_never_retried() -> None:
    never = [each for each in sorted(BUILTIN_TYPES) if is_never_retried(each)]
    expected: list[tuple[str, list[str]]] = [(f"an error of type {each!r} is never retried", []) for each in never]
    assert reported(never) == expected


@pytest.mark.parametrize(
    ("prefix", "guess"),
    [("http.5x", "http.5xx"), ("exitcode", "exit_code"), ("timeouts", "timeout"), ("http.42", None), ("zzz.qqq", None)],
)
def test_unknown_types(prefix: str, guess: str | None) -> None:
    ((message, titles),) = reported([prefix])
    assert message.startswith(f"no step raises an error of type {prefix!r}")
    if guess is not None:
        assert message.endswith(f"; did you mean {guess}?")
        assert titles == [f"change it to {guess}"]


def test_error_types_of_code_may_be_unlisted() -> None:
    assert reported(["zzz.qqq"], RAISES) == []
    assert len(reported(["http.5x"], RAISES)) == 1
    ((message, _),) = reported(["shop.shutt"], RAISES)
    assert "did you mean shop.shut?" in message


def test_defaults_are_checked() -> None:
    result = check(workflow(step("a"), defaults={"retry": {"maxAttempts": 2, "on": ["htpp"]}}))
    assert [(each.code, each.pointer) for each in result.warnings] == [("retry.type", "/defaults/retry/on/0")]
