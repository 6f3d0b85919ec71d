"""Check for exposed secrets: in outputs, command lines and defaults."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.reference import Reference
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.nodes import WorkflowTree
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.schema.json_schema import as_object
from wftui.model.schema.secret_schema import secret_pointers
from wftui.model.text.raw_text import next_mark
from wftui.steps.api.step_type import StepType

SecretInputs = list[tuple[str, ...]]
"""Paths of the secret inputs of a workflow."""


def secret_inputs(tree: WorkflowTree) -> SecretInputs:
    """Return the paths of the secret inputs."""
    return [tuple(pointer_parts(pointer)) for pointer in secret_pointers(as_object(tree.raw.get("inputSchema")))]


def check_secret_defaults(tree: WorkflowTree) -> Iterator[Diagnostic]:
    """Warn of secret inputs with a default."""
    yield from _defaults(as_object(tree.raw.get("inputSchema")), secret_inputs(tree))


def check_secrets(
    bindings: Iterable[Binding], secret: SecretInputs, step_type: StepType[Any] | None
) -> Iterator[Diagnostic]:
    """Warn of secrets that would be masked where they are needed, or be exposed.

    Args:
        bindings: those of one step, or of the workflow.
    """
    for binding in bindings:
        for expression, offset in binding.expressions:
            for reference in expression.references:
                if _is_secret(reference, secret):
                    yield from _shown(binding, reference, offset, step_type)


def _defaults(schema: Mapping[str, Json], secret: Iterable[tuple[str, ...]]) -> Iterator[Diagnostic]:
    for path in secret:
        keys = [key for part in path for key in ("properties", part)]
        found: Json = schema
        for key in keys:
            found = as_object(found).get(key)
        default = as_object(found).get("default")
        if default is not None and not (isinstance(default, str) and next_mark(default, 0)):
            pointer = "/inputSchema" + pointer_to([*keys, "default"])
            yield Diagnostic(
                "secret.default",
                f"the default of the secret input {'.'.join(path)} can be read by everyone who gets the file",
                pointer,
                "warning",
                field=f"inputSchema{pointer_to([*keys, 'default']).replace('/', '.')}",
                fixes=(patches.remove("remove the default", pointer),),
            )


def _is_secret(reference: Reference, secret: Iterable[tuple[str, ...]]) -> bool:
    """Return whether a reference reads a secret, or a value that contains one."""
    if reference.root in ("secrets", "connection"):
        return True
    path = tuple(map(str, reference.path))
    return reference.root == "inputs" and any(
        all(ours in (theirs, "*") for ours, theirs in zip(pointer, path, strict=False)) for pointer in secret
    )


def _shown(
    binding: Binding, reference: Reference, offset: int, step_type: StepType[Any] | None
) -> Iterator[Diagnostic]:
    name = ".".join([reference.root, *map(str, reference.path)])
    if binding.use == "output" and reference.root == "inputs":
        code, message = "secret.output", f"{name} is secret; outputs are stored and shown, so this will be ***"
    elif binding.node is not None and _is_visible(binding, reference, step_type):
        code = "secret.visible"
        message = f"{name} would be on a command line, which all users of the machine can read; pass it in env"
    else:
        return
    yield binding.diagnostic(code, message, "warning", offset=offset + reference.offset, length=reference.length)


def _is_visible(binding: Binding, reference: Reference, step_type: StepType[Any] | None) -> bool:
    if step_type is None or binding.use != "input":
        return False
    if reference.root != "inputs" and binding.field.split(".")[1] not in step_type.secret_fields:
        return False  # refused there in any case
    return any(f"{binding.field}.".startswith(f"input.{field}.") for field in step_type.visible_fields)
