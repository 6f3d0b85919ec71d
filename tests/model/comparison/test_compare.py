"""Two runs side by side: values, pairs of steps, and the first difference."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.model.comparison.alignment import align, definitions
from wftui.model.comparison.compare import ComparisonSide, compare
from wftui.model.comparison.comparison import RunComparison, UsualTime
from wftui.model.comparison.value_changes import value_changes
from wftui.model.reports import comparison_lines
from wftui.model.run.paths import parent_path, without_indices
from wftui.model.run.record import ExecutionRecord, ExecutionStatus
from wftui.model.run.steps import Attempt, ExecutionError, StepResult, StepStatus

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b/c", "~"]), inner, max_size=3),
    max_leaves=8,
)


def step(path: str, status: StepStatus = "completed", **fields: Json) -> StepResult:
    step_id = path.rpartition(".")[2].partition("[")[0]
    at = START + timedelta(seconds=fields.pop("second", 0))
    attempts = [Attempt(attempt=number, started_at=at) for number in range(1, fields.pop("tries", 1) + 1)]
    found = StepResult(
        path=path,
        step_id=step_id,
        step_name=step_id,
        step_type="shell",
        parent=parent_path(path),
        status=status,
        completed_at=at,
        duration=10.0,
    )
    return found.model_copy(update={"attempts": attempts, **fields})


def run(*steps: StepResult, status: ExecutionStatus = "completed", **fields: Json) -> ExecutionRecord:
    return ExecutionRecord(status=status, step_results=list(steps), **{"id": "r", "workflow_id": "w", **fields})


def compared(before: ExecutionRecord, after: ExecutionRecord) -> RunComparison:
    return compare(ComparisonSide(before), ComparisonSide(after), {})


def pairs(
    before: list[StepResult], after: list[StepResult], was: Json = None, now: Json = None
) -> list[tuple[str | None, str | None, str]]:
    found = align(before, after, definitions(was), definitions(now))
    return [(path_of(pair.before), path_of(pair.after), pair.relation) for pair in found]


def path_of(found: StepResult | None) -> str | None:
    return found.path if found is not None else None


@given(value=values)
def test_a_value_does_not_differ_from_itself(value: Json) -> None:
    assert value_changes(value, value) == []


@given(before=values, after=values)
def test_each_difference_is_found_and_nothing_else(before: Json, after: Json) -> None:
    changes = value_changes(before, after)
    assert bool(changes) == (repr(before) != repr(after) and not same(before, after))
    assert all(change.sentence() for change in changes)


def same(before: Json, after: Json) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(same(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    return type(before) is type(after) and before == after


def test_changes_of_a_list_are_those_of_its_items() -> None:
    found = value_changes({"a": [1, 2, 3, 4]}, {"a": [0, 1, 2, 4]})
    assert [(change.kind, change.pointer) for change in found] == [("added", "/a/0"), ("removed", "/a/2")]
    assert [change.sentence() for change in found] == ["/a/0 is new: 0", "/a/2 is missing; it was 3"]


def test_numbers_of_two_types_are_one_value_but_true_is_not_1() -> None:
    assert value_changes([1], [1.0]) == []
    assert value_changes([1], [True])


def test_steps_are_paired_by_address() -> None:
    steps = [step("a"), step("b"), step("c")]
    assert pairs(steps, [step("a"), step("d", step_type="http"), step("c")]) == [
        ("a", "a", "same"),
        ("b", None, "removed"),
        (None, "d", "added"),
        ("c", "c", "same"),
    ]


def test_a_moved_step_is_found_with_what_is_in_it() -> None:
    before = [step("g"), step("g.x"), step("g.x.y")]
    after = [step("g"), step("x"), step("x.y")]
    assert pairs(before, after)[1:] == [("g.x", "x", "moved"), ("g.x.y", "x.y", "same")]


def test_a_step_of_another_name_is_found_by_its_content() -> None:
    def workflow(name: str, script: str) -> Json:
        return {"steps": [{"id": name, "type": "shell", "input": {"script": script}}]}

    script = "curl --fail https://example.org/data | sort"
    was, now = workflow("get", script), workflow("fetch", f"{script} | uniq")
    assert pairs([step("get")], [step("fetch")], was, now) == [("get", "fetch", "renamed")]
    other = workflow("fetch", "rm -rf build")
    assert pairs([step("get")], [step("fetch")], was, other) == [("get", None, "removed"), (None, "fetch", "added")]


names = st.lists(st.integers(0, 99).map(lambda number: f"s{number}"), min_size=1, max_size=12, unique=True)


@given(ids=names, data=st.data())
def test_steps_are_found_however_many_are_renamed_and_moved(ids: list[str], data: st.DataObject) -> None:
    """Each step has unique content, and at most one word changes with its name."""
    renamed = data.draw(st.sets(st.sampled_from(ids)))
    moved = data.draw(st.sets(st.sampled_from(ids))) - renamed
    order = data.draw(st.permutations(ids))

    def definition(name: str, content: str, more: str = "") -> dict[str, Json]:
        words = " ".join(f"{content}_{number}" for number in range(9))
        return {"id": name, "type": "shell", "input": {"script": f"{words} {more}"}}

    was = {"steps": [definition(name, name) for name in ids]}
    inner = {"cases": [{"when": "true", "steps": [definition(name, name) for name in order if name in moved]}]}
    now = {
        "steps": [
            {"id": "choose", "type": "switch", **inner, "default": {"steps": []}},
            *(definition(f"{name}_new" if name in renamed else name, name, "x") for name in order if name not in moved),
        ]
    }
    after = {name: f"choose.{name}" if name in moved else f"{name}_new" if name in renamed else name for name in order}
    steps = [step("choose", step_type="switch"), *(step(path) for path in after.values())]
    found = pairs([step(name) for name in ids], steps, was, now)
    assert {(left, right) for left, right, _ in found if left is not None} == set(after.items())
    assert {relation for left, _, relation in found if left in renamed} <= {"renamed"}
    assert {relation for left, _, relation in found if left in moved} <= {"moved"}


def test_hundreds_of_unlike_steps_are_matched_quickly() -> None:
    def workflow(word: str) -> Json:
        steps = [
            {"id": f"{word}{number}", "type": "shell", "input": {"script": f"{word} {number} | sort"}}
            for number in range(600)
        ]
        return {"steps": steps}

    sides = [[step(f"{word}{number}") for number in range(600)] for word in ("a", "b")]
    begin = time.process_time()
    found = pairs(sides[0], sides[1], workflow("a"), workflow("b"))
    assert time.process_time() - begin < 20
    assert {relation for _, _, relation in found} == {"added", "removed"}


repeated = st.lists(st.integers(0, 1) | st.booleans() | st.just([0]), max_size=40)


@given(start=repeated, before=repeated, after=repeated, end=repeated)
def test_long_lists_of_repeated_items_are_compared_as_short_ones(
    start: list[Json], before: list[Json], after: list[Json], end: list[Json]
) -> None:
    changes = value_changes([*start, *before, *end], [*start, *after, *end])
    assert bool(changes) == (not same(before, after))
    times = 200
    begin = time.process_time()
    changes = value_changes([*start, *before * times, *end], [*start, *after * times, *end])
    assert time.process_time() - begin < 20
    assert bool(changes) == (not same(before, after))


def test_an_item_in_front_of_a_long_list_is_one_change() -> None:
    items = list(range(20_000))
    assert [change.sentence() for change in value_changes(items, [-1, *items])] == ["/0 is new: -1"]
    assert [change.pointer for change in value_changes(items, [*items[:300], "x", *items[300:]])] == ["/300"]


def test_iterations_without_a_difference_are_one_line() -> None:
    steps = [step("e"), *(step(f"e[{number}]", output=number) for number in range(50))]
    other = [*steps[:30], step("e[29]", output="x"), *steps[31:]]
    lines = [line.text for line in comparison_lines(compared(run(*steps), run(*other)))]
    assert sum("e[" in line for line in lines) == 2
    assert [line.split()[0] for line in lines if "more in iterations" in line] == ["29", "20"]


def test_iterations_are_paired_by_their_items() -> None:
    before = [step("e"), step("e[0]", message="ada"), step("e[1]", message="bob"), step("e[1].x")]
    after = [step("e"), step("e[0]", message="bob"), step("e[0].x"), step("e[1]", message="eve")]
    assert pairs(before, after) == [
        ("e", "e", "same"),
        ("e[0]", None, "removed"),
        ("e[1]", "e[0]", "same"),
        ("e[1].x", "e[0].x", "same"),
        (None, "e[1]", "added"),
    ]
    twice = [step("e"), step("e[0]", message="ada"), step("e[1]", message="ada")]
    assert [pair[2] for pair in pairs(twice, twice)] == ["same"] * 3


ERROR = ExecutionError(type="http.5xx", message="no answer")


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (run(step("a")), run(step("a"), id="q"), "No difference but times and log lines."),
        (run(step("a")), run(step("a")), "No difference: both are run r."),
        (run(inputs={"n": 1}), run(inputs={"n": 2}), "The inputs differ: /n was 1 and is 2."),
        (
            run(step("a"), step("b", second=1)),
            run(step("a"), step("b", "failed", second=1, error=ERROR)),
            "The first step that differs is b: it was completed and is failed (http.5xx: no answer).",
        ),
        (
            run(step("g", second=3), step("g.x", second=2), step("b", second=1)),
            run(step("g", "failed", second=3), step("g.x", "failed", second=2), step("b", output=1, second=4)),
            "The first step that differs is g.x: it was completed and is failed.",
        ),
        (
            run(step("a", "skipped")),
            run(step("a", input={"n": 1})),
            "The first step that differs is a: it was skipped and is completed.",
        ),
        (run(step("a")), run(step("a", tries=3)), "The first step that differs is a: it took 3 attempts instead of 1."),
        (
            run(step("a", output={"n": 1})),
            run(step("a", output={"n": 2})),
            "The first step that differs is a: its output differs: /n was 1 and is 2.",
        ),
        (run(outputs=1), run(outputs=2), "The outputs differ: the value was 1 and is 2."),
        (run(), run(status="cancelled"), "The run is cancelled and was completed."),
        (run(), run(status="failed", error=ERROR), "The run is failed and was completed (http.5xx: no answer)."),
        (
            run(status="failed"),
            run(status="failed", error=ERROR),
            "The error of the run was none and is http.5xx: no answer.",
        ),
        (
            run(step("a")),
            run(step("a", "running"), status="interrupted"),
            "The first step that differs is a: it was completed and is unfinished.",
        ),
        (
            run(step("a", duration=1000.0)),
            run(step("a", duration=9000.0)),
            "No difference but times: a took 9.0s, usually 1.0s.",
        ),
        (run(workflow_id="v"), run(), "These are runs of two workflows, v and w."),
    ],
)
def test_the_first_difference_is_a_sentence(before: ExecutionRecord, after: ExecutionRecord, sentence: str) -> None:
    found = compared(before, after)
    assert found.difference == sentence
    assert found.same == sentence.startswith("No difference")
    headings = [line.text for line in comparison_lines(found) if line.tone == "heading"]
    assert " ".join(headings).startswith(sentence)


def test_a_step_is_slower_than_its_usual_time_not_than_one_quick_run() -> None:
    around = [step("e"), step("e[0]")]
    before, after = [run(*around, step("e[0].a", duration=taken)) for taken in (1000.0, 3000.0)]
    assert compared(before, after).steps[2].slower
    usual = {"e.a": UsualTime(p50=2000, p95=4000, runs=9)}
    assert not compare(ComparisonSide(before), ComparisonSide(after), usual).steps[2].slower


def test_logs_and_workflows_are_differences_of_lines() -> None:
    lines = [f"line {number}" for number in range(50)]
    before = ComparisonSide(run(step("a")), "{\n1\n}", None, {"a": lines})
    after = ComparisonSide(run(step("a")), "{\n2\n}", None, {"a": [*lines[:20], "new", *lines[20:]]})
    found = compare(before, after, {})
    assert [line for line in found.definition if line[0] in "+-"] == ["-1", "+2"]
    assert [line for line in found.steps[0].log if line[0] in "+-"] == ["+new"]
    assert found.difference == "The workflow was changed outside its steps."
    assert RunComparison.model_validate(found.to_wire()) == found


def test_a_path_without_indices_is_that_of_the_declaration() -> None:
    assert without_indices("build[3].fetch[12].x") == "build.fetch.x"
    assert without_indices("fetch") == "fetch"
