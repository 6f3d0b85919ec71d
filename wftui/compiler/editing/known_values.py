"""The value that an expression would have now, from the results of a run."""

import importlib
from collections.abc import Mapping

from wftui.compiler.editing.placed_steps import PlacedStep, steps_in
from wftui.compiler.expressions.expression import Expression, compile_expression
from wftui.compiler.expressions.template import split_template
from wftui.compiler.python_code import Code
from wftui.model.base import Json, format_timestamp
from wftui.model.run.paths import iteration_index
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult
from wftui.model.schema.json_schema import as_list, as_object
from wftui.runtime.scope import BigValueError, Scope, StepValues
from wftui.runtime.workflow_errors import BindingError

_HIDDEN = frozenset({"secrets", "connection"})
_MODULES = ("filters_lists", "filters_numbers", "filters_text", "functions", "operators", "predicates", "values")
_REFERENCE = frozenset({"$value", "bytes", "preview"})


class UnknownValueError(Exception):
    """No value is known; the message says why, as the end of a sentence."""


def known_value(text: str, scope: Scope, *, bare: bool) -> Json:
    """Return the value of a string with expressions, or of an expression.

    Args:
        bare: the text is an expression without braces.

    Raises:
        UnknownValueError: it has no expression or errors, or reads what the run does not tell.
    """
    template = None if bare else split_template(text)
    expressions: tuple[Expression, ...]
    if bare:
        expressions = (compile_expression(text),)
    elif template is None or not template.evaluates:
        raise UnknownValueError("there is no expression")
    elif template.diagnostics:
        raise UnknownValueError("the expression has errors")
    else:
        expressions = tuple(part.expression for part in template.embedded)
    for expression in expressions:
        if expression.python is None:
            raise UnknownValueError("the expression has errors")
        hidden = sorted({each.root for each in expression.references} & _HIDDEN)
        if hidden:
            raise UnknownValueError(f"{hidden[0]} are known only in a run")
    code = template.python("") if template is not None else expressions[0].python
    assert code is not None
    try:
        return _evaluate(code, scope)
    except BigValueError:
        raise UnknownValueError("the output it reads is big") from None
    except BindingError as error:
        raise UnknownValueError(str(error)) from None


def _evaluate(code: Code, scope: Scope) -> Json:
    names: dict[str, object] = {name: importlib.import_module(f"wftui.runtime.{name}") for name in _MODULES}
    found: Json = eval(compile(code.flat, "<expression>", "eval"), {**names, "scope": scope})
    return found


def scope_at(
    workflow: Json, pointer: str | None, record: ExecutionRecord, environment: Mapping[str, str] = {}
) -> Scope:
    """Return what an expression of a step would see, if the run had come to it.

    Inside of iterations it is that of the newest one which the record holds.

    Args:
        pointer: of the step; None for the outputs of the workflow.
        environment: variables, of which the workflow names those that it reads.
    """
    whole = as_object(workflow)
    named = {name for name in as_list(whole.get("env")) if isinstance(name, str)}
    placed = steps_in(workflow)
    here = next((each for each in placed if each.pointer == pointer), None)
    scope = Scope(
        inputs=as_object(record.inputs),
        locals={} if record.vars is None else {"vars": record.vars},
        run={
            "id": record.id,
            "startedAt": format_timestamp(record.started_at) if record.started_at else None,
            "attempt": 1,
            "workflowId": record.workflow_id,
            "status": record.status,
        },
        env={name: value for name, value in environment.items() if name in named},
    )
    steps: dict[str, StepValues] = {}
    scope.steps = steps
    prefix = ""
    for around in [*reversed([*here.ancestors]), here] if here else []:
        _add_level(steps, around.siblings, prefix, record)
        prefix = _enter(around, prefix, record, scope)
    if here is None:
        for key in ("steps", "finally"):
            _add_level(steps, as_list(whole.get(key)), "", record)
    else:
        steps.pop(here.id, None)
    return scope


def _add_level(steps: dict[str, StepValues], siblings: Json, prefix: str, record: ExecutionRecord) -> None:
    for each in as_list(siblings):
        step_id = as_object(each).get("id")
        result = record.step(f"{prefix}{step_id}")
        if result is not None:
            steps[str(step_id)] = _values_of(result)


def _values_of(result: StepResult) -> StepValues:
    big = isinstance(result.output, Mapping) and result.output.keys() == _REFERENCE
    return StepValues(
        result.output,
        result.status,
        None if result.error is None else result.error.to_wire(),
        len(result.attempts),
        big,
    )


def _enter(step: PlacedStep, prefix: str, record: ExecutionRecord, scope: Scope) -> str:
    """Add the names of an iteration; return the start of the paths inside."""
    path = f"{prefix}{step.id}"
    each = step.step.get("forEach")
    repeats = isinstance(each, Mapping)
    if not repeats and step.step.get("type") != "loop":
        return f"{path}."
    known = [iteration_index(found.path) for found in record.step_results if _is_iteration(found, path)]
    index = max(known, default=0)
    names: dict[str, Json] = {"index": index, "previous": None}
    if isinstance(each, Mapping):
        items = each.get("in")
        try:
            listed = known_value(items, scope, bare=True) if isinstance(items, str) else items
            if isinstance(listed, list) and index < len(listed):
                names[str(each.get("as", "item"))] = listed[index]
        except UnknownValueError:
            pass  # a read of the item says that it is missing
    scope.locals = {**scope.locals, **names}
    return f"{path}[{index}]."


def _is_iteration(found: StepResult, path: str) -> bool:
    return found.path.startswith(f"{path}[") and found.path.endswith("]") and "." not in found.path[len(path) :]
