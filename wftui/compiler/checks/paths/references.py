"""Check references of expressions (inputs, steps, variables) and build the graph."""

from wftui.compiler.checks.paths.hidden_steps import giving_its_output, why_hidden
from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.expression import Expression
from wftui.compiler.expressions.foreign_names import instead_of_root
from wftui.compiler.expressions.reference import Reference
from wftui.compiler.expressions.translate import ROOTS
from wftui.compiler.tree.bindings import OUTSIDE_ITEMS, PREVIOUS, Binding, is_loop_variable
from wftui.compiler.tree.edits import edit
from wftui.compiler.tree.graph import Edge
from wftui.compiler.tree.nodes import NO_NAMES, StepNode
from wftui.compiler.tree.scopes import Scopes, waiting_step
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.text.suggestions import did_you_mean, mistyped, suggestion
from wftui.model.workflow.compilation import Fix
from wftui.runtime.functions import FUNCTIONS

VARS = "vars"
_BEFORE_STEPS = {"vars": "a variable", "group": "the concurrency group", "input_default": "a default of an input"}
"""Names for the values computed before the first step, by the use of their bindings."""

_ELSEWHERE = {
    "previous": "inside a loop, and a forEach that runs one item at a time",
    "error": "in the handlers of a catch; others read steps.<id>.error",
    "output": "in stopWhen of a forEach; others read steps.<id>.output",
    "index": "inside a forEach or a loop",
    "item": "inside a forEach; `as` names its items",
    "vars": "where the workflow has the key vars",
}
"""Places of the names that only some expressions have."""


class ReferenceChecker:
    """Checker of references; fills `found`, `edges` and `asked`, which `take` empties.

    Attributes:
        asked: the ids of steps that were looked up.
    """

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.workflow = scopes.tree.workflow
        self.found: list[Diagnostic] = []
        self.edges: list[Edge] = []
        self.asked: set[str] = set()
        properties = self.workflow.input_schema.get("properties")
        self.inputs: dict[str, Json] = properties if isinstance(properties, dict) else {}

    def take(self) -> tuple[list[Diagnostic], list[Edge], frozenset[str]]:
        """Return diagnostics, edges and looked up ids since the last call."""
        asked = NO_NAMES
        if self.asked:
            asked, self.asked = frozenset(self.asked), set()
        taken = self.found, self.edges, asked
        self.found, self.edges = [], []
        return taken

    def needs(self, node: StepNode) -> None:
        """Add the edges of `needs`, or of the order of the list."""
        siblings = self.scopes.of_body.get(id(node.body), {})
        if node.step.needs is None:
            if node.before is not None and "needs" not in node.raw:
                self.edges.append(Edge(node, node.before, "order", node))
            return
        self.asked.update(node.step.needs)
        for index, step_id in enumerate(node.step.needs):
            pointer = node.at("needs", index)
            target = siblings.get(step_id)
            if target is node:
                fix = patches.remove(f"remove {step_id}", pointer)
                self._report("dependency.self", f"the step {step_id} needs itself", pointer, node, "needs", (fix,))
            elif target is not None:
                self.edges.append(Edge(node, target, "needs", node, pointer_to(["needs", index])))
            elif step_id in self.scopes.everywhere:
                message = f"the step {step_id} is in another list of steps; needs can only name steps of the same list"
                fixes = [patches.remove(f"remove {step_id}", pointer)]
                around = waiting_step(self.scopes.everywhere[step_id], node.body)
                if around is not None and around.id and around is not node:
                    message += f"; need {around.id}, which contains it"
                    if around.id not in node.step.needs:
                        fixes.insert(0, patches.replace(f"change it to {around.id}", pointer, around.id))
                self._report("dependency.scope", message, pointer, node, "needs", tuple(fixes))
            else:
                others = [name for name in siblings if name != node.id]
                guess = mistyped(step_id, others)
                hint = did_you_mean(guess or suggestion(step_id, others))
                fixes = [patches.remove(f"remove {step_id}", pointer)]
                if guess:
                    fixes.insert(0, patches.replace(f"change it to {guess}", pointer, guess))
                message = f"there is no step {step_id!r}{hint}"
                self._report("dependency.unknown", message, pointer, node, "needs", tuple(fixes))

    def binding(self, binding: Binding, secret_fields: frozenset[str]) -> None:
        """Check the references of a binding and add the edges they make.

        Args:
            secret_fields: fields of the step's input that may contain secrets.
        """
        for expression, offset in binding.expressions:
            for reference in expression.references:
                self._reference(binding, expression, reference, offset, secret_fields)

    def _reference(
        self, binding: Binding, expression: Expression, reference: Reference, offset: int, secret_fields: frozenset[str]
    ) -> None:
        if binding.node is not None and binding.node.inherits(binding.pointer) and not _is_common(reference):
            message = "values in defaults are for many steps; they can only read inputs, env, run and vars"
            self._at(binding, reference, offset, "reference.defaults", message)
        elif reference.root == "inputs":
            self._input(binding, reference, offset)
        elif reference.root == "steps":
            self._step(binding, reference, offset)
        elif reference.root == "run":
            self._run(binding, reference, offset)
        elif reference.root == "env":
            self._env(binding, reference, offset)
        elif reference.root in ("secrets", "connection"):
            self._secret(binding, reference, offset, secret_fields)
        elif reference.root == "local":
            self._local(binding, reference, offset)

    def _input(self, binding: Binding, reference: Reference, offset: int) -> None:
        if not reference.path or not isinstance(reference.path[0], str):
            return
        name = reference.path[0]
        schema = self.workflow.input_schema
        open_ended = any(
            schema.get(key) not in (None, False)
            for key in ("additionalProperties", "patternProperties", "$ref", "allOf", "anyOf", "oneOf", "if")
        )
        if binding.use == "input_default" and name in self.inputs:
            self._earlier_input(binding, reference, offset, name)
            return
        if name in self.inputs or (open_ended and reference.path):
            return
        guess = mistyped(name, self.inputs)
        near = guess or suggestion(name, self.inputs)
        hint = did_you_mean(near and f"inputs.{near}", f"; inputSchema has {', '.join(self.inputs) or 'none'}")
        fixes = (edit(binding, offset + reference.offset, len(f"inputs.{name}"), f"inputs.{guess}"),) if guess else ()
        self._at(binding, reference, offset, "reference.input", f"there is no input {name!r}{hint}", fixes)

    def _earlier_input(self, binding: Binding, reference: Reference, offset: int, name: str) -> None:
        own = pointer_parts(binding.pointer)[2]
        known = [*self.inputs]
        if known.index(name) >= known.index(own):
            message = f"the default of {own} is computed before {name}; move {name} above it"
            self._at(binding, reference, offset, "reference.input", message)

    def _step(self, binding: Binding, reference: Reference, offset: int) -> None:
        if not reference.path or not isinstance(reference.path[0], str):
            return
        step_id = reference.path[0]
        self.asked.add(step_id)
        if binding.use in _BEFORE_STEPS:
            what = _BEFORE_STEPS[binding.use]
            message = f"{what} is computed before the first step, so it cannot read one"
            self._at(binding, reference, offset, "reference.not_upstream", message)
            return
        target = self.scopes.visible(binding.body, step_id)
        if target is None:
            self._unseen_step(binding, reference, offset, step_id)
            return
        if binding.node is None:
            return
        source = waiting_step(binding.node, target.body)
        if source is target:
            message = f"the step {step_id} cannot read itself"
            if target is not binding.node:
                message = f"{step_id} contains this step, so its output is not available yet"
            if "error" in binding.names and _handles(binding, target):
                message += "; its handlers read `error`"
            self._at(binding, reference, offset, "reference.self", message)
        elif source is not None:
            place = offset + reference.offset
            self.edges.append(Edge(source, target, "reference", binding.node, binding.at, place, reference.length))

    def _unseen_step(self, binding: Binding, reference: Reference, offset: int, step_id: str) -> None:
        hidden = self.scopes.everywhere.get(step_id)
        if hidden is not None:
            message = f"the step {step_id} cannot be read here: {why_hidden(self.scopes, binding, hidden)}"
            fixes: tuple[Fix, ...] = ()
            around = giving_its_output(self.scopes, binding, hidden)
            place, read = offset + reference.offset, f"steps.{step_id}"
            if around is not None and reference.path[1:2] == ("output",) and binding.text.startswith(read, place):
                fixes = (edit(binding, place, len(read), f"steps.{around.id}"),)
            self._at(binding, reference, offset, "reference.scope", message, fixes)
            return
        names = [name for name in self.scopes.names(binding.body) if not binding.node or name != binding.node.id]
        guess = mistyped(step_id, names)
        near = guess or suggestion(step_id, names)
        hint = did_you_mean(near and f"steps.{near}")
        fixes = (edit(binding, offset + reference.offset, len(f"steps.{step_id}"), f"steps.{guess}"),) if guess else ()
        self._at(binding, reference, offset, "reference.step", f"there is no step {step_id!r}{hint}", fixes)

    def _run(self, binding: Binding, reference: Reference, offset: int) -> None:
        if not reference.path or reference.path[0] not in ("status", "error"):
            return
        body = binding.body
        while body.owner is not None:
            body = body.owner.body
        if binding.node is None or body.kind != "finally":
            message = f"run.{reference.path[0]} is known only to the steps of finally, which run last"
            self._at(binding, reference, offset, "reference.run", message)

    def _env(self, binding: Binding, reference: Reference, offset: int) -> None:
        if not reference.path or reference.path[0] in self.workflow.env:
            return
        name = str(reference.path[0])
        listed = "env" in self.scopes.tree.raw
        fix = patches.add(f"list {name} in env", "/env/-" if listed else "/env", name if listed else [name])
        message = f"the environment variable {name} is not listed in env"
        self._at(binding, reference, offset, "reference.env", message, (fix,))

    def _secret(self, binding: Binding, reference: Reference, offset: int, secret_fields: frozenset[str]) -> None:
        field = binding.field.split(".")[1] if binding.use == "input" and "." in binding.field else ""
        if field not in secret_fields:
            allowed = ", ".join(sorted(secret_fields))
            where = (
                f"only in its fields {allowed}" if allowed and binding.use == "input" else "only in fields for secrets"
            )
            message = f"{reference.root} cannot be used here, where it could be shown: {where}"
            self._at(binding, reference, offset, "secret.place", message)
        elif reference.root == "connection" and binding.node and not binding.node.step.connection:
            self._at(binding, reference, offset, "connection.none", "the step names no connection to read from")

    def _local(self, binding: Binding, reference: Reference, offset: int) -> None:
        name = str(reference.path[0])
        if name == VARS and self.workflow.vars and binding.use == "input_default":
            message = "variables are computed after the inputs, so a default cannot read one"
            self._at(binding, reference, offset, "reference.var", message)
            return
        if name == VARS and self.workflow.vars and not self._is_item(binding, name):
            self._var(binding, reference, offset)
            return
        if name in binding.names:
            return
        meant: str | None
        if name in self.inputs:
            meant = f"inputs.{name}"
        elif self.scopes.visible(binding.body, name):
            meant = f"steps.{name}.output" if len(reference.path) == 1 else f"steps.{name}"
        else:
            here = [*ROOTS, *binding.names, *([VARS] if self.workflow.vars else [])]
            other = instead_of_root(name)
            meant = other if other in here else mistyped(name, [*here, *FUNCTIONS])
        if name == PREVIOUS and (parallel := _parallel_around(binding)) is not None:
            message = f"the items of {parallel.id} run in parallel, so none of them has a previous one"
            one = (patches.replace("run one item at a time", parallel.at("forEach", "maxParallel"), 1),)
            self._at(binding, reference, offset, "reference.name", message, one, len(name))
            return
        if name in _ELSEWHERE and meant not in (f"inputs.{name}", f"steps.{name}", f"steps.{name}.output"):
            message = f"{name} is known only {_ELSEWHERE[name]}"
            self._at(binding, reference, offset, "reference.name", message, (), len(name))
            return
        known = [*ROOTS, *sorted({*binding.names, *([VARS] if self.workflow.vars else [])})]
        hint = did_you_mean(meant, f"; known names: {', '.join(known)}")
        fixes = (edit(binding, offset + reference.offset, len(name), meant),) if meant else ()
        self._at(binding, reference, offset, "reference.name", f"there is no name {name!r}{hint}", fixes, len(name))

    def _is_item(self, binding: Binding, name: str) -> bool:
        node = binding.node if binding.use not in OUTSIDE_ITEMS else None
        loop = node.step.for_each if node is not None else None
        return (loop is not None and loop.as_ == name) or is_loop_variable(name, binding.body)

    def _var(self, binding: Binding, reference: Reference, offset: int) -> None:
        if len(reference.path) < 2 or not isinstance(reference.path[1], str):
            return
        name, known = reference.path[1], [*self.workflow.vars]
        if binding.use == "vars":
            known = known[: known.index(binding.field.split(".")[1])]
        if name in known:
            return
        guess = mistyped(name, known)
        near = guess or suggestion(name, known)
        hint = did_you_mean(near and f"vars.{near}", f"; vars has {', '.join(known) or 'none before it'}")
        fixes = (edit(binding, offset + reference.offset, len(f"vars.{name}"), f"vars.{guess}"),) if guess else ()
        message = f"there is no variable {name!r}{hint}"
        if name in self.workflow.vars:
            message = f"the variable {name} is computed later; move it before this one"
        self._at(binding, reference, offset, "reference.var", message, fixes)

    # --- reporting

    def _at(
        self,
        binding: Binding,
        reference: Reference,
        offset: int,
        code: str,
        message: str,
        fixes: tuple[Fix, ...] = (),
        length: int | None = None,
    ) -> None:
        place = offset + reference.offset
        self.found.append(
            binding.diagnostic(code, message, offset=place, length=length or reference.length, fixes=fixes)
        )

    def _report(
        self, code: str, message: str, pointer: str, node: StepNode, field: str, fixes: tuple[Fix, ...] = ()
    ) -> None:
        self.found.append(Diagnostic(code, message, pointer, step_id=node.id or None, field=field, fixes=fixes))


def _handles(binding: Binding, target: StepNode) -> bool:
    """Return whether a binding belongs to the catch of a step."""
    body = binding.body
    while body.owner is not None and body.owner is not target:
        body = body.owner.body
    inside = body.owner is target and body.kind == "catch"
    return inside or (binding.node is target and binding.pointer.startswith(target.at("catch")))


def _is_common(reference: Reference) -> bool:
    """Return whether every step can read it, and reads the same."""
    if reference.root == "local":
        return reference.path[0] == VARS
    return reference.root in ("inputs", "env", "run")


def _parallel_around(binding: Binding) -> StepNode | None:
    """Return the forEach around an expression whose items run in parallel, or None."""
    node = binding.node if binding.use not in OUTSIDE_ITEMS else None
    owner = node or binding.body.owner
    while owner is not None:
        if owner.step.for_each is not None and owner.step.for_each.max_parallel != 1:
            return owner
        owner = owner.body.owner
    return None


def cycle_diagnostic(edges: list[Edge]) -> Diagnostic:
    """Return the diagnostic of steps that wait for each other."""
    path = " → ".join([*(edge.source.id or "?" for edge in edges), edges[0].source.id or "?"])
    order = next((edge for edge in edges if edge.kind == "order"), None)
    reference = next((edge for edge in edges if edge.kind == "reference"), None)
    if order is not None and reference is not None:
        fix = patches.add(
            f"start {order.source.id} without waiting for the step before it", order.source.at("needs"), []
        )
        message = (
            f"steps.{reference.target.id} is not available yet: {reference.target.id} runs after {reference.source.id} "
            f"({path}, each waiting for the next)"
        )
        return Diagnostic(
            "reference.not_upstream",
            message,
            reference.pointer,
            offset=reference.offset,
            length=reference.length,
            step_id=reference.source.id or None,
            field=reference.pointer.removeprefix(reference.source.pointer)[1:].replace("/", "."),
            fixes=(fix,),
        )
    edge = next((edge for edge in edges if edge.kind != "order"), edges[0])
    fixes = tuple(
        patches.remove(f"remove {each.target.id} from the needs of {each.source.id}", each.pointer)
        for each in edges
        if each.kind == "needs"
    )
    return Diagnostic(
        "dependency.cycle",
        f"these steps wait for each other: {path}",
        edge.pointer,
        offset=edge.offset,
        length=edge.length,
        step_id=edge.source.id or None,
        field="needs" if edge.kind == "needs" else None,
        fixes=fixes,
    )
