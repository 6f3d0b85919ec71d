"""Operations on steps: unchanged text, updated needs, and reads that break."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from compiler.compiler_helpers import check, step, text_of, workflow
from compiler.test_random_workflows import Maker
from wftui.compiler.editing.names import misses
from wftui.compiler.editing.placed_steps import EditError, ids_in, in_key_order, steps_in
from wftui.compiler.editing.restructuring import (
    WRAPPERS,
    Operation,
    delete,
    insert,
    move,
    move_in,
    move_out,
    toggle,
    unwrap,
    wrap,
)
from wftui.compiler.editing.snippets import NoStepsError, copied, duplicate, paste, pasted_steps
from wftui.compiler.editing.step_edits import apply_operation, listed_steps
from wftui.compiler.source.parsing import parse
from wftui.compiler.source.patching import PatchError
from wftui.compiler.source.rewriting import source_text, source_tree

SOURCE = """{
  "format": 1,
  "id": "flow",   "name": "odd   spaces",

  "steps": [
    { "id": "a", "type": "set" },

    {
      "id": "b",
      "type": "set",
      "needs": ["a"],
      "input": {"x": "\\u00e9 {{ steps.a.output.x }} \\u00e9 {{ steps['a'].status }}, steps.a"}
    },
    {"id": "g", "type": "group",
     "steps": [
       {"id": "c", "type": "set"},
       {"id": "d", "type": "set", "needs": ["c"], "input": {"x": "{{ steps.b.output.x }}"}}
     ]},
    {
      "id": "e", "type": "set", "needs": ["b",  "g"]
    }
  ]
}
"""


def edited(operation: Operation, text: str = SOURCE) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(apply_operation(text, operation).text)
    return made


def needs(value: dict[str, Any]) -> dict[str, Any]:
    return {each.id: each.step.get("needs") for each in steps_in(value)}


# --- bytes


def test_deleting_a_step_removes_its_lines_and_comma() -> None:
    assert apply_operation(SOURCE, delete(["/steps/1"])).text == SOURCE.replace(
        SOURCE[SOURCE.index("\n    {\n") : SOURCE.index('    {"id": "g"')], ""
    ).replace('["b",  "g"]', '["a",  "g"]').replace('"set" },\n\n', '"set" },\n')


def test_a_moved_step_keeps_its_text() -> None:
    moved = apply_operation(SOURCE, move(["/steps/3"], -1))
    body = '{\n      "id": "e", "type": "set", "needs": ["b",  "g"]\n    }'
    assert body in moved.text
    assert moved.selected == ("/steps/2",)
    assert apply_operation(moved.text, move(["/steps/2"], 1)).text == SOURCE


def test_step_moved_into_a_container_is_reindented() -> None:
    text = apply_operation(SOURCE, move_in(["/steps/1"])).text
    assert '\n       {\n         "id": "b",\n         "type": "set",\n' in text
    assert needs(json.loads(text)) == {"a": None, "g": ["a"], "b": [], "c": None, "d": ["c"], "e": ["g"]}


def test_copied_steps_refer_to_copies_and_keep_their_text() -> None:
    made = apply_operation(SOURCE, duplicate(SOURCE, ["/steps/0", "/steps/1"]))
    assert made.selected == ("/steps/2", "/steps/3")
    assert "\"\\u00e9 {{ steps.a_2.output.x }} \\u00e9 {{ steps['a_2'].status }}, steps.a\"" in made.text
    assert '"needs": ["a_2"]' in made.text
    again = apply_operation(made.text, duplicate(made.text, ["/steps/2"]))
    assert "a_3" in ids_in(json.loads(again.text)["steps"])


def test_disabling_adds_one_line_in_format_order() -> None:
    made = apply_operation(SOURCE, toggle(["/steps/1"])).text
    assert made == SOURCE.replace('"type": "set",\n', '"type": "set",\n      "disabled": true,\n', 1)
    assert apply_operation(made, toggle(["/steps/1"])).text == SOURCE


def test_step_added_to_an_empty_list_gets_its_own_lines() -> None:
    text = text_of(workflow())
    made = apply_operation(text, insert([step("a")], None)).text
    assert made == text.replace("[]", '[\n    {\n      "id": "a",\n      "type": "set"\n    }\n  ]')


# --- meaning


def test_dependants_of_a_deleted_step_need_what_it_needed() -> None:
    assert needs(edited(delete(["/steps/1"])))["e"] == ["a", "g"]
    assert needs(edited(delete(["/steps/0"])))["b"] == []
    assert needs(edited(delete(["/steps/0", "/steps/1"])))["e"] == ["g"]


def test_broken_reads_are_listed_and_replaceable() -> None:
    made = apply_operation(SOURCE, delete(["/steps/0"]))
    assert [str(miss) for miss in made.missed] == ["b.input.x"]
    assert made.forgotten is not None
    assert json.loads(made.forgotten)["steps"][0]["input"]["x"] == "é {{ '' }} é {{ '' }}, steps.a"
    assert not check(made.forgotten).errors


@pytest.mark.parametrize(
    ("operation", "lost"),
    [
        (unwrap(["/steps/0"]), [("a.input.x", "index"), ("a.input.x", "item"), ("b.when", "previous")]),
        (move_out(["/steps/0/steps/1"]), [("b.when", "previous")]),
        (move_out(["/steps/1/catch/0/steps/0"]), [("c.input.m", "error")]),
        (unwrap(["/steps/2"]), [("d.input.n", "index")]),
        (delete(["/steps/0"]), []),
        (wrap(["/steps/0"], "group"), []),
    ],
)
def test_variables_out_of_scope_are_reported(operation: Operation, lost: list[tuple[str, str]]) -> None:
    each = {"id": "g", "type": "group", "forEach": {"in": "[1, 2]"}}
    handler = {"steps": [step("c", input={"m": "{{ error.message }}"})], "output": "{{ error.type }}"}
    loop = {"id": "l", "type": "loop", "until": "index > 1", "maxIterations": 3}
    text = text_of(
        workflow(
            {**each, "steps": [step("a", input={"x": "{{ item }}{{ index }}"}), step("b", when="previous == none")]},
            step("h", input={}, catch=[handler]),
            {**loop, "steps": [step("d", input={"n": "{{ index }}"})]},
        )
    )
    edit = apply_operation(text, operation)
    assert [(str(miss), miss.wanted) for miss in edit.missed] == lost
    assert (edit.forgotten is not None) == bool(lost)


def test_condition_without_its_step_becomes_false() -> None:
    text = text_of(workflow(step("a"), step("b", when="steps.a.output.ok", forEach={"in": "steps.a.output.list"})))
    made = apply_operation(text, delete(["/steps/0"]))
    assert made.forgotten is not None
    left = json.loads(made.forgotten)["steps"][0]
    assert (left["when"], left["forEach"]["in"]) == ("false", "[]")


def test_longer_read_of_the_step_is_left_to_the_user() -> None:
    text = text_of(workflow(step("a"), step("b", input={"x": "{{ steps.a.output[inputs.n] }}"})))
    made = apply_operation(text, delete(["/steps/0"]))
    assert made.missed
    assert made.forgotten is None


@pytest.mark.parametrize("kind", WRAPPERS)
def test_wrapping_moves_needs_to_the_container_and_unwrapping_back(kind: Any) -> None:
    flow = workflow(step("a"), step("b", needs=["a"]), step("c", needs=["b", "a"]), step("d", needs=["c"]))
    made = apply_operation(text_of(flow), wrap(["/steps/1", "/steps/2"], kind))
    name = "each" if kind == "forEach" else kind
    value = json.loads(made.text)
    assert value["steps"][1]["type"] == {"forEach": "group"}.get(kind, kind)
    assert needs(value) == {"a": None, name: ["a"], "b": None, "c": ["b"], "d": [name]}
    assert not check(value).errors
    back = json.loads(apply_operation(made.text, unwrap(["/steps/1"])).text)
    assert needs(back) == {"a": None, "b": ["a"], "c": ["b"], "d": ["c"]}


def test_for_each_wraps_and_unwraps_a_single_step() -> None:
    text = text_of(workflow(step("a", input={})))
    made = apply_operation(text, wrap(["/steps/0"], "forEach")).text
    assert json.loads(made)["steps"][0] == {"id": "a", "type": "set", "forEach": {"in": "[]"}, "input": {}}
    assert apply_operation(made, unwrap(["/steps/0"])).text == text


def test_a_step_moved_out_needs_the_container() -> None:
    made = apply_operation(SOURCE, move_out(["/steps/2/steps/1"]))
    assert made.selected == ("/steps/3",)
    assert needs(json.loads(made.text))["d"] == ["g"]


def test_pasted_steps_fit_the_place() -> None:
    snippet = copied(SOURCE, ["/steps/1", "/steps/3"])
    target = text_of(workflow(step("b"), step("z", needs=["b"])))
    made = apply_operation(target, paste(snippet, "/steps/0"))
    value = json.loads(made.text)
    assert [each["id"] for each in value["steps"]] == ["b", "b_2", "e", "z"]
    assert needs(value) == {"b": None, "b_2": None, "e": ["b_2"], "z": ["b"]}
    assert [str(miss) for miss in made.missed] == ["b_2.input.x"]


def test_a_whole_workflow_can_be_pasted() -> None:
    assert [each["id"] for each in pasted_steps(SOURCE)] == ["a", "b", "g", "e"]


@pytest.mark.parametrize("snippet", ["", "x", "[]", "{}", '"a"', '[{"id": "a", "type": "set"}, 1]', '{"id": 1}', "[{"])
def test_only_steps_are_pasted(snippet: str) -> None:
    with pytest.raises(NoStepsError, match="clipboard holds no steps"):
        pasted_steps(snippet)


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (move(["/steps/0"], -1), "a is the first of its list"),
        (move(["/steps/3"], 1), "e is the last of its list"),
        (move_out(["/steps/0"]), "a is in no container"),
        (move_in(["/steps/0"]), "there is no container next to a"),
        (unwrap(["/steps/0"]), "a contains no steps"),
        (wrap(["/steps/0", "/steps/2/steps/0"], "group"), "several lists"),
        (delete(["/steps/9"]), "no longer in the file"),
        (insert([], "/steps/9"), "no longer in the file"),
    ],
)
def test_impossible_operation_is_explained(operation: Operation, reason: str) -> None:
    with pytest.raises((EditError, PatchError), match=reason):
        apply_operation(SOURCE, operation)


def test_invalid_json_is_unchanged() -> None:
    assert listed_steps('{"steps": [') is None
    with pytest.raises(PatchError, match="not valid JSON"):
        apply_operation('{"steps": [', delete(["/steps/0"]))


def test_a_switch_of_several_branches_is_not_unwrapped() -> None:
    cases = [{"when": "true", "steps": [step("a")]}, {"when": "false", "steps": [step("b")]}]
    text = text_of(workflow({"id": "s", "type": "switch", "cases": cases}))
    with pytest.raises(EditError, match="s has 2 branches"):
        apply_operation(text, unwrap(["/steps/0"]))


def test_a_new_step_is_written_in_the_order_of_the_format() -> None:
    assert [*in_key_order({"input": {}, "id": "a", "needs": [], "type": "set"})] == ["id", "type", "needs", "input"]


def test_steps_are_listed_in_file_order_with_inner_steps() -> None:
    loop = {"id": "l", "type": "loop", "until": "true", "maxIterations": 2, "steps": [step("b")]}
    listed = listed_steps(text_of(workflow(loop, step("b"), {"type": "set"})))
    assert listed is not None
    assert [(each.path, each.parent, each.line) for each in listed] == [
        ("l", None, 5),
        ("l.b", "l", 11),
        ("b", None, 17),
        ("/steps/2", None, 21),
    ]


# --- any workflow


def layout(value: Any, rng: random.Random) -> str:
    """Write a value in a layout of its own, with odd spaces and escapes."""
    text = json.dumps(
        value,
        indent=rng.choice([None, 1, 2, 4, "\t"]),
        ensure_ascii=rng.random() < 0.5,
        separators=rng.choice([(",", ":"), (", ", ": "), (" , ", "  :")]),
    )
    return rng.choice(["", "\n", "  "]) + text + rng.choice(["", "\n", " \n\n"])


def random_operation(value: Any, text: str, rng: random.Random) -> Callable[[], Operation]:
    """Return what makes one operation, the same each time: an operation serves once."""
    known = steps_in(value)
    one = rng.choice(known)
    beside = [each.pointer for each in known if each.siblings is one.siblings]
    few = rng.sample(beside, rng.randint(1, len(beside)))
    some = rng.sample([each.pointer for each in known], rng.randint(1, min(3, len(known))))
    snippet, near, by, kind = copied(text, some), rng.choice(some), rng.choice([-1, 1]), rng.choice(WRAPPERS)
    fresh = {"id": f"fresh{rng.random()}".replace(".", "_"), "type": "set", "input": {"a": [1, {}]}}
    return rng.choice(
        [
            lambda: delete(some),
            lambda: toggle(some),
            lambda: move(few, by),
            lambda: move_in(few),
            lambda: move_out(few),
            lambda: wrap(few, kind),
            lambda: unwrap([one.pointer]),
            lambda: paste(snippet, near),
            lambda: duplicate(text, some),
            lambda: insert([fresh], one.pointer, "before"),
        ]
    )


@pytest.mark.first_cases(15)
@pytest.mark.parametrize("seed", range(60))
def test_text_edit_equals_value_edit(seed: int) -> None:
    rng = random.Random(seed)
    value = Maker(seed).workflow()
    text = layout(value, rng)
    assert source_text(source_tree(text)) == text
    for _ in range(12):
        if not steps_in(value):
            return
        make = random_operation(value, text, rng)
        plain = json.loads(text)
        try:
            make()(plain)
        except EditError:
            with pytest.raises(EditError):
                apply_operation(text, make())
            continue
        changed = apply_operation(text, make())
        assert json.loads(changed.text) == plain
        assert source_text(source_tree(changed.text)) == changed.text
        known = {pointer.pointer for pointer in steps_in(plain)}
        assert set(changed.selected) <= known
        ids = ids_in(plain["steps"]) + ids_in(plain["finally"])
        assert len(ids) == len(set(ids))
        if changed.forgotten is not None:
            before = {miss for miss, _ in misses(json.loads(text))}
            assert {miss for miss, _ in misses(json.loads(changed.forgotten))} <= before
        text, value = changed.text, plain


def written_steps(text: str) -> dict[str, tuple[Any, list[str]]]:
    """Return each step by its id: its value, and its lines without indentation."""
    document = parse(text)
    spans = {each.id: (each.step, document.span(each.pointer)) for each in steps_in(document.value)}
    return {
        name: (value, [line.strip() for line in text[start:end].split("\n")])
        for name, (value, (start, end)) in spans.items()
    }


@pytest.mark.first_cases(4)
@pytest.mark.parametrize("seed", range(100, 160))
def test_untouched_steps_keep_their_bytes_and_no_read_breaks_in_silence(seed: int) -> None:
    rng = random.Random(seed)
    text = layout(Maker(seed).workflow(), rng)
    assert check(text).errors == []
    for _ in range(6):
        value = json.loads(text)
        if not steps_in(value):
            return
        make = random_operation(value, text, rng)
        try:
            changed = apply_operation(text, make())
        except EditError:
            continue
        before, after = written_steps(text), written_steps(changed.text)
        for name in before.keys() & after.keys():
            assert before[name][0] != after[name][0] or before[name][1] == after[name][1]
        if changed.missed:
            return
        assert [error.message for error in check(changed.text).errors] == []
        text = changed.text
