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
    """Text of several lines, or a big one, was pasted into a single-line editor.

    Attributes:
        whole: the text of the field with what was pasted.
    """

    def __init__(self, node: Leaf, text: str, whole: str) -> None:
        super().__init__()
        self.node = node
        self.text = text
        self.whole = whole


class WaysAsked(Message):
    """A person asks for the other ways to give a value."""

    def __init__(self, node: FormNode, ways: Sequence[Way]) -> None:
        super().__init__()
        self.node = node
        self.ways = ways
