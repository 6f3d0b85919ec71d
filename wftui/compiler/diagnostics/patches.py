"""Builders of fixes: JSON Patches that remove a diagnostic."""

from wftui.model.base import Json
from wftui.model.workflow.compilation import Fix, PatchOperation


def replace(title: str, pointer: str, value: Json) -> Fix:
    """Return a fix that replaces a value."""
    return Fix(title=title, patch=[PatchOperation(op="replace", path=pointer, value=value)])


def add(title: str, pointer: str, value: Json) -> Fix:
    """Return a fix that adds a member."""
    return Fix(title=title, patch=[PatchOperation(op="add", path=pointer, value=value)])


def remove(title: str, pointer: str) -> Fix:
    """Return a fix that removes a member."""
    return Fix(title=title, patch=[PatchOperation(op="remove", path=pointer)])


def rename(title: str, pointer: str, new_pointer: str) -> Fix:
    """Return a fix that renames a member."""
    return Fix(title=title, patch=[PatchOperation(op="move", path=new_pointer, from_=pointer)])
