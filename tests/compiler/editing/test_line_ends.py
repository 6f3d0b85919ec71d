"""Changes of a file with CRLF or CR: new text has the same line ends."""

import itertools
import json
from collections.abc import Callable

import pytest

from wftui.compiler.diagnostics.fixes import mend_syntax
from wftui.compiler.editing import restructuring, snippets
from wftui.compiler.editing.restructuring import Operation
from wftui.compiler.editing.step_edits import apply_operation
from wftui.compiler.source.patching import apply_patch
from wftui.model.errors import UserError
from wftui.model.workflow.compilation import PatchOperation

STEPS = [
    {"id": "a", "type": "set", "input": {"text": "Hello", "n": 1}},
    {"id": "b", "type": "set", "needs": ["a"], "input": {"t": "{{ steps.a.output.text }}"}},
    {"id": "g", "type": "group", "needs": ["b"], "steps": [{"id": "c", "type": "set", "input": {}}]},
    {"id": "d", "type": "set", "needs": ["g", "b"], "input": {"v": "{{ steps.b.output.t }}"}},
]
TEXT = json.dumps({"format": 1, "id": "flow", "steps": STEPS}, indent=2) + "\n"
OPERATIONS: dict[str, Callable[[str, list[str]], Operation]] = {
    "delete": lambda _, chosen: restructuring.delete(chosen),
    "wrap": lambda _, chosen: restructuring.wrap(chosen, "group"),
    "wrap in a switch": lambda _, chosen: restructuring.wrap(chosen, "switch"),
    "unwrap": lambda _, chosen: restructuring.unwrap(chosen),
    "move": lambda _, chosen: restructuring.move(chosen, 1),
    "move in": lambda _, chosen: restructuring.move_in(chosen),
    "move out": lambda _, chosen: restructuring.move_out(chosen),
    "disable": lambda _, chosen: restructuring.toggle(chosen),
    "duplicate": snippets.duplicate,
    "paste": lambda text, chosen: snippets.paste(snippets.copied(text, chosen), chosen[-1]),
}


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_on_marked_steps_keep_them(name: str, end: str) -> None:
    pointers = ["/steps/0", "/steps/1", "/steps/2", "/steps/2/steps/0", "/steps/3"]
    for chosen in [list(some) for count in (1, 2, 3) for some in itertools.combinations(pointers, count)]:
        try:
            plain = apply_operation(TEXT, OPERATIONS[name](TEXT, chosen))
        except UserError:
            continue
        text = TEXT.replace("\n", end)
        made = apply_operation(text, OPERATIONS[name](text, chosen))
        assert made.text == plain.text.replace("\n", end)
        assert made.selected == plain.selected


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_fixes_keep_them(end: str) -> None:
    text = TEXT.replace("\n", end)
    patch = [PatchOperation(op="add", path="/settings", value={"a": {"b": 1}})]
    assert apply_patch(text, patch) == apply_patch(TEXT, patch).replace("\n", end)
    broken = TEXT.rstrip("\n}")
    assert mend_syntax(broken.replace("\n", end))[0] == mend_syntax(broken)[0].replace("\n", end)


def test_a_file_of_several_kinds_keeps_each_line() -> None:
    text = TEXT.replace("\n", "\r\n", 9)
    made = apply_operation(text, restructuring.toggle(["/steps/3"])).text
    assert made.replace('      "disabled": true,\n', "") == text
