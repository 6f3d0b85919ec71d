"""Messages between the parts of a form."""

from textual.message import Message

from wftui.model.forms.state import Node


class Edited(Message):
    """A value changed; the form state is already up to date."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


class FocusMoved(Message):
    """The focus moved to another field."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


class Pasted(Message):
    """Multi-line text was pasted into a single-line editor."""

    def __init__(self, node: Node, text: str) -> None:
        super().__init__()
        self.node = node
        self.text = text
