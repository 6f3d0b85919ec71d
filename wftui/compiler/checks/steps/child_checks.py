"""Check the steps that run another workflow: existence, recursion, inputs."""

import functools
import json
from collections.abc import Iterator

from wftui.compiler.checks.values import shapes
from wftui.compiler.checks.values.shapes import Shape
from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.template import split_template
from wftui.compiler.tree.literal_values import ValueDiagnostic, value_diagnostics
from wftui.compiler.tree.nodes import StepNode, strings_in
from wftui.compiler.tree.sub_workflows import SubWorkflow, SubWorkflows
from wftui.model.text.suggestions import did_you_mean, mistyped, suggestion


def check_child(node: StepNode, workflow_id: str, children: SubWorkflows) -> Iterator[Diagnostic]:
    """Check a step of type `workflow`."""
    called = node.step.input.get("workflow")
    if not isinstance(called, str) or split_template(called) is not None:
        return
    pointer, step_id = node.at("input", "workflow"), node.id or None
    back = None if "maxDepth" in node.step.input else children.path_back(workflow_id, called)
    if back is not None:
        path = " → ".join([workflow_id, *back])
        message = f"the workflow runs itself without end: {path}; set maxDepth in the input to limit it"
        yield Diagnostic("workflow.recursion", message, pointer, step_id=step_id, field="input.workflow")
        return
    child = children.get(called)
    if child is None:
        guess = mistyped(called, children.ids())
        hint = did_you_mean(guess or suggestion(called, children.ids()))
        fixes = (patches.replace(f"change it to {guess}", pointer, guess),) if guess else ()
        message = f"there is no workflow {called!r}{hint}"
        yield Diagnostic("workflow.unknown", message, pointer, step_id=step_id, field="input.workflow", fixes=fixes)
        return
    yield from _version(node, child)
    yield from _inputs(node, child)


def _version(node: StepNode, child: SubWorkflow) -> Iterator[Diagnostic]:
    """Warn of a version that the workflow does not have at present."""
    expected = node.step.input.get("version")
    if not isinstance(expected, str) or split_template(expected) is not None or expected == child.version:
        return
    pointer = node.at("input", "version")
    yield Diagnostic(
        "workflow.version",
        f"{child.id} has version {child.version} at present, so the step will fail with workflow.version",
        pointer,
        severity="warning",
        step_id=node.id or None,
        field="input.version",
        fixes=(patches.replace(f"change it to {child.version}", pointer, child.version),),
    )


def outputs_of(child_id: str, children: SubWorkflows) -> Shape:
    """Return the shape of a workflow's output: an object with its outputs."""
    child = children.get(child_id)
    if child is None:
        return shapes.UNKNOWN
    return shapes.of_members(dict.fromkeys(child.outputs, lambda: shapes.UNKNOWN))


def _inputs(node: StepNode, child: SubWorkflow) -> Iterator[Diagnostic]:
    given = node.step.input.get("inputs", {})
    if not isinstance(given, dict):
        return
    base = node.at("input", "inputs")
    bound = frozenset(
        pointer.removeprefix(base)
        for pointer, _field, text in strings_in(given, base, "")
        if split_template(text) is not None
    )
    written = "inputs" in node.step.input
    for each in _input_diagnostics(json.dumps(child.input_schema), json.dumps(given), bound):
        yield Diagnostic(
            each.code,
            f"{child.id}: {each.message}",
            base + each.pointer if written else node.at("input"),
            part=each.part,
            step_id=node.id or None,
            field=".".join(["input", "inputs", *each.path]),
            fixes=each.fixes_at(base) if written else (),
        )


@functools.lru_cache(maxsize=1_000)
def _input_diagnostics(schema: str, given: str, bound: frozenset[str]) -> tuple[ValueDiagnostic, ...]:
    from wftui.runtime.validation.validator import schema_problems, with_defaults

    parsed = json.loads(schema)
    if schema_problems(parsed):
        return ()  # reported when that workflow is compiled
    found = value_diagnostics(schema, json.dumps(with_defaults(parsed, json.loads(given))), bound)
    if found and not value_diagnostics(schema, given, bound):
        return ()  # only defaults are wrong, and a run leaves those out
    return found
