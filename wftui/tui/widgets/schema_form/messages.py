"""What the parts of a form tell each other."""

from textual.message import Message

from wftui.model.form_state import Node


class Edited(Message):
    """A value changed, and the state knows it already."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


class FocusMoved(Message):
    """Another field has the focus."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


class Pasted(Message):
    """A text of several lines was pasted where one line has room."""

    def __init__(self, node: Node, text: str) -> None:
        super().__init__()
        self.node = node
        self.text = text
