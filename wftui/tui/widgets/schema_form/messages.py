"""Messages between the parts of a form."""

from collections.abc import Sequence

from textual.message import Message

from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.ways import Way


class Edited(Message):
    """A value changed; the form state is already up to date."""

    def __init__(self, node: FormNode) -> None:
        super().__init__()
        self.node = node


class FocusMoved(Message):
    """The focus moved to another field."""

    def __init__(self, node: FormNode) -> None:
        super().__init__()
        self.node = node


class Pasted(Message):
    """Multi-line text was pasted into a single-line editor."""

    def __init__(self, node: Leaf, text: str) -> None:
        super().__init__()
        self.node = node
        self.text = text


class WaysAsked(Message):
    """A person asks for the other ways to give a value."""

    def __init__(self, node: FormNode, ways: Sequence[Way]) -> None:
        super().__init__()
        self.node = node
        self.ways = ways
