"""Nodes of a form's state: their base class, and leaves.

A node for a value of another shape than its field's keeps the value unchanged, as JSON.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from wftui.model.base import Json
from wftui.model.forms.fields import FormField, as_json_field
from wftui.model.forms.text import BIG, TextError, format_value, is_big, parse_text
from wftui.model.json.equality import is_same
from wftui.model.schema.json_schema import MISSING

MOST_ITEMS = 300
"""A list with more items than this is a field for JSON."""

Show = Callable[["Leaf"], Json]
"""Returns a substitute for the value of a leaf."""


class Build(Protocol):
    """The function that makes a node; it knows all kinds."""

    def __call__(self, field: FormField, parent: "FormNode | None", value: Json, *, fill: bool) -> "FormNode":
        """Return the node of a field; with `fill`, an absent value gets its default."""
        raise NotImplementedError


class FormNode(ABC):
    """The state of a field.

    Attributes:
        field: the field.
        parent: the node around it; None for the whole form.
        nodes: the nodes in it.
        is_null: null was given instead of an object or a list.
    """

    def __init__(self, field: FormField, parent: "FormNode | None") -> None:
        self.field = field
        self.parent = parent
        self.nodes: list[FormNode] = []
        self.is_null = False

    @abstractmethod
    def collect(self, show: Show | None = None) -> Json:
        """Return the value; MISSING if absent, None for null."""

    @abstractmethod
    def differs(self) -> bool:
        """Return whether there is a value other than the default that is filled in."""

    def is_default(self, value: Json) -> bool:
        """Return whether a value is the default that the form fills in."""
        return is_same(value, self.field.default) and not self.field.bindable


class Leaf(FormNode):
    """Leaf of a form: a field without inner fields.

    Attributes:
        value: MISSING if absent.
        text: the editable text; empty for a big value.
        is_big: the value is too big to be shown (`form_text.BIG`).
        problem: the reason why the text is invalid, as a sentence; "" if it is valid.
    """

    def __init__(self, field: FormField, parent: "FormNode | None", value: Json) -> None:
        super().__init__(field, parent)
        self.value: Json = MISSING
        self.text = ""
        self.is_big = False
        self.problem = ""
        self.give(value)

    def give(self, value: Json) -> None:
        """Take a value as it is, whether it fits or not; MISSING clears the field."""
        self.value = value
        self.is_big = is_big(value)
        self.text = "" if self.is_big else format_value(self.field, value)
        self.problem = ""

    def type_text(self, text: str) -> None:
        """Take what a person typed."""
        self.text = text
        self.is_big = len(text) > BIG
        self.problem = ""
        try:
            self.value = parse_text(self.field, text)
        except TextError as problem:
            self.problem = str(problem)
            self.value = text
        if self.field.rest and self.value is not MISSING and not self.problem:
            is_list = self.field.types == frozenset({"array"})
            if not isinstance(self.value, list if is_list else dict):
                self.problem = "Write a JSON list: […]." if is_list else "Write a JSON object: {…}."

    def collect(self, show: Show | None = None) -> Json:
        """Return the value; MISSING if absent."""
        return self.value if show is None or self.value is MISSING else show(self)

    def differs(self) -> bool:
        """Return whether there is a value other than the default that is filled in."""
        return self.value is not MISSING and not self.is_default(self.value)


def as_json(node: FormNode) -> Leaf:
    """Return a field for JSON with the value of a node."""
    return Leaf(as_json_field(node.field), node.parent, node.collect())


def replace_node(node: FormNode, other: FormNode) -> None:
    """Replace a node in its parent."""
    assert node.parent is not None
    nodes = node.parent.nodes
    nodes[next(index for index, each in enumerate(nodes) if each is node)] = other
