"""Facts that step types find in files beside the workflow, and their checks."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from wftui.compiler.diagnostics.diagnostic import Diagnostic, broken
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.literal_values import value_diagnostics
from wftui.compiler.tree.nodes import StepNode
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_to
from wftui.steps.api.findings import Notice
from wftui.steps.api.step_type import SiteFacts, StepSite, StepType, StepTypes
from wftui.workspace.files import file_etag

_NO_FACTS = SiteFacts()
"""Shared: most types of steps find none."""


@dataclass(slots=True)
class Sites:
    """Reader of the facts that step types find about their steps.

    Attributes:
        facts: those found, by step.
        looked_at: the files that were read, with their etags; None for a missing one.
    """

    folder: Path
    step_types: StepTypes
    facts: dict[StepNode, SiteFacts] = field(default_factory=dict)
    looked_at: dict[Path, str | None] = field(default_factory=dict)

    def facts_of(self, node: StepNode, step_type: StepType[Any]) -> SiteFacts:
        """Return the facts of a step."""
        if not step_type.site_files:
            return _NO_FACTS
        for name in step_type.site_files:
            path = self.folder / name
            self.looked_at.setdefault(path, file_etag(path))
        try:
            found = step_type.facts_at(node.step.input, StepSite(self.folder, node.step.connection, self.step_types))
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
            found = SiteFacts(notices=(Notice("", broken(step_type.word, error), "error"),))
        self.facts[node] = found
        return found

    def programs(self, node: StepNode, step_type: StepType[Any]) -> tuple[str, ...]:
        """Return the programs that a step starts, each once."""
        try:
            site = StepSite(self.folder, node.step.connection, self.step_types)
            return tuple(dict.fromkeys(step_type.programs(node.step.input, site)))
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
            found = self.facts.get(node, SiteFacts())
            notice = Notice("", broken(step_type.word, error), "error")
            self.facts[node] = replace(found, notices=(*found.notices, notice))
            return ()


def check_facts(node: StepNode, facts: SiteFacts, bindings: Iterable[Binding]) -> Iterator[Diagnostic]:
    """Check the literal input of a step against its facts; report their notices."""
    base = node.at("input")
    bound = frozenset(each.pointer.removeprefix(base) for each in bindings if each.use == "input")
    for name, schema in facts.field_schemas.items():
        if name not in node.step.input or pointer_to([name]) in bound:
            continue
        within = frozenset(each.removeprefix(pointer_to([name])) for each in bound if _first(each) == name)
        for each in value_diagnostics(json.dumps(schema), json.dumps(node.step.input[name]), within):
            yield Diagnostic(
                each.code,
                each.message if each.path else f"{name}: {each.message.removeprefix('input: ')}",
                node.at("input", name) + each.pointer,
                part=each.part,
                step_id=node.id or None,
                field=".".join(["input", name, *each.path]),
                fixes=each.fixes_at(node.at("input", name)),
            )
    for notice in facts.notices:
        at = (
            node.at("input", notice.field)
            if notice.field in node.step.input
            else base
            if "input" in node.raw
            else node.pointer
        )
        yield Diagnostic(
            "input.notice",
            notice.message,
            at,
            severity=notice.severity,
            step_id=node.id or None,
            field=f"input.{notice.field}".rstrip("."),
        )


def _first(pointer: str) -> str:
    return pointer.split("/", 2)[1] if "/" in pointer else ""
