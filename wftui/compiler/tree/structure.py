"""Read the structure of a workflow by the models; report and omit what is wrong."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.diagnostics.other_words import key_fixes, meant_container, meant_value
from wftui.compiler.tree.model_errors import ModelError, as_name, keys_beside, meant_list, model_errors_of
from wftui.compiler.tree.moved_steps import MovedSteps, move_steps
from wftui.compiler.tree.nodes import Body, KnownNodes, StepNode, WorkflowTree
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.text.suggestions import did_you_mean
from wftui.model.workflow.compilation import Fix, PatchOperation
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.definition import FORMAT, Branch, Catch, Step, Workflow
from wftui.model.workflow.inner_steps import BRANCH_KEYS

ModelT = TypeVar("ModelT", bound=BaseModel)

CONTAINER_KEYS: dict[str, tuple[str, ...]] = {
    "group": ("steps",),
    "switch": ("cases", "default"),
    "loop": ("steps", "until", "while", "maxIterations", "onLimit", "delay"),
    "race": ("branches",),
}
"""The keys that belong to each container."""

REQUIRED_CONTAINER_KEYS: dict[str, tuple[str, ...]] = {
    "group": ("steps",),
    "switch": ("cases",),
    "loop": ("steps", "maxIterations"),
    "race": ("branches",),
}

_ALL_CONTAINER_KEYS = frozenset(key for keys in CONTAINER_KEYS.values() for key in keys)
_EXAMPLES: dict[str, Json] = {"steps": [], "cases": [], "branches": [], "until": "false", "maxIterations": 10}


KnownBy = Callable[[Workflow, dict[str, Json]], KnownNodes]


def read_tree(value: Json, known: KnownBy | None = None) -> tuple[WorkflowTree | None, list[Diagnostic], MovedSteps]:
    """Return the valid part of a workflow as a tree.

    With it come its own diagnostics, and the known steps that moved. The tree is None if the file is not a workflow of
    a known format. Its steps hold their own diagnostics.

    Args:
        known: returns, for the workflow around the steps, the nodes and lists of the text before that are taken over
            where their step is the same object.
    """
    if not isinstance(value, dict):
        return None, [Diagnostic("workflow.type", "a workflow must be an object: { ... }", "")], MovedSteps("")
    refused = _check_format(value)
    if refused:
        return None, [refused], MovedSteps("")
    reader = _Reader(known if known is not None else lambda _workflow, _raw: KnownNodes())
    return reader.tree(value), reader.found, reader.moved


def _check_format(value: dict[str, Json]) -> Diagnostic | None:
    if "format" not in value:
        fix = patches.add('add "format": 1', "/format", FORMAT)
        return Diagnostic("format.missing", 'the key "format" is missing', "", part="key", field="format", fixes=(fix,))
    found = value["format"]
    if type(found) is int and found == FORMAT:
        return None
    if type(found) is int and found > FORMAT:
        message = (
            f"the workflow has format {found}, but this version of wftui reads format {FORMAT}; install a newer one"
        )
        return Diagnostic("format.unknown", message, "/format", field="format")
    fix = patches.replace(f"change it to {FORMAT}", "/format", FORMAT)
    message = f"unknown format {json.dumps(found)[:40]}; this version of wftui reads format {FORMAT}"
    return Diagnostic("format.unknown", message, "/format", field="format", fixes=(fix,))


_WITH_STEPS = frozenset({"steps", "default", *BRANCH_KEYS})


class _Reader:
    def __init__(self, known: KnownBy) -> None:
        self.found: list[Diagnostic] = []
        self.known_nodes = known
        self.known = KnownNodes()
        self.moved = MovedSteps("")
        self.listed: dict[Body, list[StepNode]] = {}

    def tree(self, raw: dict[str, Json]) -> WorkflowTree:
        own = {key: entry for key, entry in raw.items() if key not in ("steps", "finally")}
        own["steps"] = []
        stand_ins: dict[str, Json] = {"id": "unnamed", "format": FORMAT, "steps": []}
        workflow = self._model(Workflow, own, "", None, stand_ins, raw)
        self.known = self.known_nodes(workflow, raw)
        for node in self.known.nodes.values():
            self.listed.setdefault(node.body, []).append(node)
        if "steps" not in raw:
            fix = patches.add('add "steps"', "/steps", [])
            self.found.append(
                Diagnostic("key.missing", 'the key "steps" is missing', "", part="key", field="steps", fixes=(fix,))
            )
        main, last = self._list(Body("main", "/steps")), self._list(Body("finally", "/finally"))
        for body, key in ((main, "steps"), (last, "finally")):
            body.names = frozenset({"vars"} if workflow.vars else ())
            self._fill(body, raw.get(key, []))
        return WorkflowTree(workflow, raw, main, last)

    def _fill(self, body: Body, value: Json) -> None:
        owner = body.owner
        if not isinstance(value, list):
            field = body.pointer.rpartition("/")[2]
            self._report("value.type", f"{field} must be a list of steps: [ ... ]", body.pointer, owner, field)
            return
        for index, raw in enumerate(value):
            pointer = f"{body.pointer}/{index}"
            if not isinstance(raw, dict):
                self._report("value.type", "a step must be an object: { ... }", pointer, owner, None)
                continue
            node = self.known.nodes.get(pointer)
            if (node is None or node.raw is not raw) and not self.moved.nodes and body in self.listed:
                self.moved = move_steps(self.known, self.listed.pop(body), body, value)
                node = self.known.nodes.get(pointer)
            if node is not None and node.raw is raw:
                node.before = body.steps[-1] if body.steps else None
            else:
                node = self._step(raw, pointer, index, body)
            body.steps.append(node)

    def _list(self, body: Body) -> Body:
        """Return a list of steps: the object that its unchanged steps refer to."""
        known = self.known.bodies.get(body.pointer)
        if known is None or known.kind != body.kind:
            return body
        for each in fields(Body):
            setattr(known, each.name, getattr(body, each.name))
        return known

    def _step(self, raw: dict[str, Json], pointer: str, index: int, body: Body) -> StepNode:
        step_id = raw.get("id")
        named = step_id if isinstance(step_id, str) else None
        own = {key: entry for key, entry in raw.items() if key not in _WITH_STEPS}
        around, self.found = self.found, []
        step = self._model(Step, own, pointer, named, {"id": "unnamed", "type": ""}, raw)
        wrong_id = any(diagnostic.pointer == f"{pointer}/id" for diagnostic in self.found) or named is None
        before = body.steps[-1] if body.steps else None
        node = StepNode("" if wrong_id else step.id, step, raw, pointer, index, body, before)
        self._containers(node)
        node.found, self.found = self.found, around
        return node

    def _containers(self, node: StepNode) -> None:
        raw, kind = node.raw, node.step.type
        allowed = CONTAINER_KEYS.get(kind, ())
        for key in raw.keys() & _ALL_CONTAINER_KEYS:
            if key not in allowed and (kind or key not in ("steps", "cases", "branches")):
                owners = " or ".join(name for name, keys in CONTAINER_KEYS.items() if key in keys)
                fix = patches.remove(f"remove {key}", node.at(key))
                message = f"{key} is only allowed in a step of type {owners}"
                self._report("key.misplaced", message, node.at(key), node, key, fix)
        for key in REQUIRED_CONTAINER_KEYS.get(kind, ()):
            if key not in raw:
                fix = patches.add(f"add {key}", node.at(key), _EXAMPLES[key])
                message = f'a {kind} needs the key "{key}"'
                self._report("key.missing", message, node.pointer, node, key, fix)
        if kind == "loop" and not raw.keys() & {"until", "while"}:
            fix = patches.add("add until", node.at("until"), _EXAMPLES["until"])
            message = 'a loop needs the key "until", or "while"'
            self._report("key.missing", message, node.pointer, node, "until", fix)
        if kind in CONTAINER_TYPES and "input" in raw:
            fix = patches.remove("remove input", node.at("input"))
            message = f"a {kind} takes no input; the steps inside it have their own"
            self._report("key.misplaced", message, node.at("input"), node, "input", fix)
        if "steps" in raw and kind in ("group", "loop"):
            inner = self._list(Body("group" if kind == "group" else "loop", node.at("steps"), node))
            node.bodies.append(inner)
            self._fill(inner, raw["steps"])
        if kind == "switch":
            self._cases(node)
        if kind == "race":
            self._race(node)
        if "catch" in raw:
            self._catch(node)

    def _cases(self, node: StepNode) -> None:
        cases = node.raw.get("cases", [])
        if not isinstance(cases, list):
            self._no_list(node, "cases")
            return
        for index, case in enumerate(cases):
            at = node.at("cases", index)
            when = case.get("when") if isinstance(case, dict) else None
            inner = self._list(Body("case", f"{at}/steps", node, when=when if isinstance(when, str) else None))
            inner.when_pointer = f"{at}/when"
            self._branch(node, case, inner, at, ("when", "steps"))
        if "default" in node.raw:
            at = node.at("default")
            self._branch(node, node.raw["default"], self._list(Body("default", f"{at}/steps", node)), at, ("steps",))

    def _branch(self, node: StepNode, value: Json, body: Body, pointer: str, keys: tuple[str, ...]) -> None:
        field = pointer.removeprefix(node.pointer)[1:].replace("/", ".")
        if not isinstance(value, dict):
            message = f"{field} must be an object with {' and '.join(keys)}"
            fix = None
            if isinstance(value, list) and keys == ("steps",):
                fix = patches.replace('put "steps" around it', pointer, {"steps": value})
            self._report("value.type", message, pointer, node, field, fix)
            return
        for key in value:
            if key not in keys:
                self._unknown_key(key, value, pointer, node.id, field, keys)
        for key in keys:
            if key not in value:
                fix = patches.add(f"add {key}", f"{pointer}/{key}", [] if key == "steps" else "true")
                message = f'the key "{key}" is missing'
                self._report("key.missing", message, pointer, node, f"{field}.{key}", fix)
        if "when" in keys and "when" in value and not (isinstance(value["when"], str) and value["when"]):
            self._report(
                "value.type", "when must be an expression, as a text", f"{pointer}/when", node, f"{field}.when"
            )
        node.bodies.append(body)
        self._fill(body, value.get("steps", []))

    def _race(self, node: StepNode) -> None:
        names: set[str] = set()
        for at, branch, steps in self._objects(node, "branches", Branch, {"name": "unnamed", "steps": []}):
            body = self._list(Body("branch", f"{at}/steps", node, name=branch.name))
            if branch.name in names:
                message = f"the name {branch.name} is already used; names are unique within a race"
                self._report("id.duplicate", message, f"{at}/name", node, "branches")
            names.add(branch.name)
            node.bodies.append(body)
            self._fill(body, steps)
        if node.raw.get("branches") == []:
            self._report("value.empty", "a race needs a branch", node.at("branches"), node, "branches")

    def _catch(self, node: StepNode) -> None:
        for at, clause, steps in self._objects(node, "catch", Catch, {"steps": []}):
            output = [clause.output] if "output" in clause.model_fields_set else None
            body = self._list(Body("catch", f"{at}/steps", node, on=clause.on, output=output))
            node.bodies.append(body)
            self._fill(body, steps)

    def _objects(
        self, node: StepNode, key: str, model: type[ModelT], stand_ins: dict[str, Json]
    ) -> Iterator[tuple[str, ModelT, Json]]:
        """Yield pointer, model and steps of the objects in a list."""
        listed = node.raw.get(key, [])
        if not isinstance(listed, list):
            self._no_list(node, key)
            return
        for index, value in enumerate(listed):
            at, field = node.at(key, index), f"{key}.{index}"
            if not isinstance(value, dict):
                self._report("value.type", f"{field} must be an object with steps", at, node, field)
                continue
            if "steps" not in value:
                fix = patches.add("add steps", f"{at}/steps", [])
                self._report("key.missing", 'the key "steps" is missing', at, node, f"{field}.steps", fix)
            own = {**value, "steps": []}
            yield at, self._model(model, own, at, node.id or None, stand_ins, value), value.get("steps", [])

    def _no_list(self, node: StepNode, key: str) -> None:
        message, fix = meant_list(key, node.raw[key], node.at(key))
        self._report("value.type", message, node.at(key), node, key, fix)

    # --- models

    def _model(
        self,
        model: type[ModelT],
        raw: dict[str, Json],
        pointer: str,
        step_id: str | None,
        stand_ins: dict[str, Json],
        written: dict[str, Json],
    ) -> ModelT:
        """Return the model of the valid part of an object; report and omit the rest.

        Args:
            raw: the object without its lists of steps.
            written: the object as the file has it.
        """
        try:
            return model.model_validate(raw, strict=True, by_alias=True, by_name=False)
        except ValidationError as error:
            wrong = {str(each["loc"][0]) for each in error.errors(include_url=False, include_input=False)}
            for model_error in model_errors_of(error, raw):
                self._explain(model_error, written, pointer, step_id, model)
        kept = {key: entry for key, entry in raw.items() if key not in wrong}
        return model.model_validate({**stand_ins, **kept}, strict=True, by_alias=True, by_name=False)

    def _explain(
        self, model_error: ModelError, raw: Json, pointer: str, step_id: str | None, model: type[BaseModel]
    ) -> None:
        at, outside = pointer + pointer_to(model_error.path), pointer + pointer_to(model_error.path[:-1])
        if model_error.kind == "missing":
            fix = _example_fix(model_error.name, at)
            self.found.append(
                Diagnostic(
                    "key.missing",
                    f'the key "{model_error.name}" is missing',
                    outside,
                    part="key",
                    step_id=step_id,
                    field=model_error.field,
                    fixes=(fix,) if fix else (),
                )
            )
        elif model_error.kind == "extra_forbidden":
            field = ".".join(map(str, model_error.path[:-1]))
            known = keys_beside(model, model_error.path)
            if model is Step and not field:
                known = _keys_of_type(raw, known)
            around = raw
            for part in model_error.path[:-1]:
                around = around[part]
            self._unknown_key(str(model_error.path[-1]), around, outside, step_id, field, known)
        else:
            message, choices = model_error.sentence()
            value, guess = model_error.value, None
            if choices and isinstance(value, str):
                guess = meant_value(model_error.name, value, choices)
            meant = guess or model_error.meant()
            fixes: tuple[Fix, ...] = (
                () if meant is None else (patches.replace(f"change it to {json.dumps(meant)}", at, meant),)
            )
            if meant is None and at == "/env" and isinstance(value, dict) and "vars" not in raw:
                fixes = _as_vars(value)
            self.found.append(
                Diagnostic(
                    model_error.code,
                    message + did_you_mean(guess),
                    at,
                    step_id=step_id,
                    field=model_error.field,
                    fixes=fixes,
                )
            )

    def _unknown_key(
        self, key: str, around: dict[str, Json], pointer: str, step_id: str | None, field: str, known: tuple[str, ...]
    ) -> None:
        at = pointer + pointer_to([key])
        hint, fixes = key_fixes(key, around[key], pointer, known, around)
        whole = f"{field}.{key}" if field else key
        message = f"unknown key {key!r}{hint}"
        self.found.append(Diagnostic("key.unknown", message, at, part="key", step_id=step_id, field=whole, fixes=fixes))

    def _report(
        self, code: str, message: str, pointer: str, node: StepNode | None, field: str | None, fix: Fix | None = None
    ) -> None:
        """Report a diagnostic of a value; with a fix, of the key that it changes."""
        self.found.append(
            Diagnostic(
                code,
                message,
                pointer,
                part="key" if fix else "value",
                step_id=node.id or None if node else None,
                field=field,
                fixes=(fix,) if fix else (),
            )
        )


def _keys_of_type(step: Json, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys that a step of its type may have."""
    kind = step.get("type") if isinstance(step, dict) else None
    if not isinstance(kind, str) or not kind:
        return known
    container = meant_container(kind)
    if container == "":
        return ()
    others = _ALL_CONTAINER_KEYS.difference(CONTAINER_KEYS[container]) if container else _ALL_CONTAINER_KEYS
    others |= {"input", "connection"} if container else set()
    return tuple(each for each in known if each not in others)


def _as_vars(env: dict[str, Json]) -> tuple[Fix, ...]:
    """Return the fix that writes values of `env` as `vars`; none if names collide."""
    named = {as_name(name): value for name, value in env.items()}
    if None in named or len(named) < len(env):
        return ()
    patch = [
        PatchOperation(op="remove", path="/env"),
        PatchOperation(op="add", path="/vars", value={str(name): value for name, value in named.items()}),
    ]
    return (Fix(title="write them as vars", patch=patch),)


def _example_fix(name: str, pointer: str) -> Fix | None:
    examples: dict[str, Json] = {"maxAttempts": 3, "in": "[]", "kind": "http"}
    return patches.add(f"add {name}", pointer, examples[name]) if name in examples else None
