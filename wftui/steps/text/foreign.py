"""Fields of the JSON objects that servers send, read with their types checked.

A field that is absent or null is empty. What has another type than expected is an error of that answer, never a
traceback later on.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from wftui.model.base import Json
from wftui.model.text.cuts import beginning
from wftui.runtime.language.json_kinds import kind_of
from wftui.runtime.workflow_errors import WorkflowError

_SHOWN = 60


class Fields:
    """An object of a foreign answer.

    Args:
        fail: makes the error of a sentence such as "usage is a list, not an object".
        where: its path, for messages; empty for the whole answer.

    Raises (all methods):
        WorkflowError: of `fail`, for a field of another type.
    """

    def __init__(self, value: Json, fail: Callable[[str], WorkflowError], where: str = "") -> None:
        self._fail = fail
        self._where = where
        if not isinstance(value, Mapping):
            raise self._wrong("", "an object", value)
        self.value = value

    def has(self, name: str) -> bool:
        """Return whether a field is there and not null."""
        return self.value.get(name) is not None

    def text(self, name: str) -> str:
        """Return a text."""
        return self.text_or_none(name) or ""

    def text_or_none(self, name: str) -> str | None:
        """Return a text; None where it is absent."""
        found = self.value.get(name)
        if found is not None and not isinstance(found, str):
            raise self._wrong(name, "a text", found)
        return found

    def label(self, name: str) -> str:
        """Return a text, or a number as text: ids come as both."""
        found = self.value.get(name)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return str(found)
        return self.text(name)

    def number(self, name: str) -> int | None:
        """Return a number of things."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise self._wrong(name, "a number", found)
        return int(found)

    def object(self, name: str) -> "Fields":
        """Return an object; an absent one has no fields."""
        found = self.value.get(name)
        return Fields({} if found is None else found, self._fail, self._at(name))

    def objects(self, name: str) -> "Iterator[Fields]":
        """Yield the objects of a list."""
        for index, item in enumerate(self.items(name)):
            yield Fields(item, self._fail, f"{self._at(name)}[{index}]")

    def items(self, name: str) -> list[Json]:
        """Return a list."""
        found = self.value.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._wrong(name, "a list", found)
        return found

    def parts(self, name: str) -> str:
        """Return a text that may come in parts, as texts or as objects with a text.

        Parts of other types, such as what a model thinks, are left out.
        """
        found = self.value.get(name)
        parts = found if isinstance(found, list) else [] if found is None else [found]
        texts: list[str] = []
        for index, part in enumerate(parts):
            if isinstance(part, str):
                texts.append(part)
                continue
            fields = Fields(part, self._fail, f"{self._at(name)}[{index}]")
            if fields.text("type") in ("", "text", "output_text"):
                # OpenAI's assistants have {"text": {"value": "…"}}.
                wrapped = isinstance(fields.value.get("text"), Mapping)
                texts.append(fields.object("text").text("value") if wrapped else fields.text("text"))
        return "".join(texts)

    def flag(self, name: str) -> bool:
        """Return true or false; an absent one is false."""
        found = self.value.get(name)
        if found is not None and not isinstance(found, bool):
            raise self._wrong(name, "true or false", found)
        return bool(found)

    def _at(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where and name else self._where or name

    def _wrong(self, name: str, wanted: str, value: Json) -> WorkflowError:
        shown = f" ({beginning(repr(value), _SHOWN)})" if isinstance(value, str | int | float) else ""
        return self._fail(f"{self._at(name) or 'the answer'} is {kind_of(value)}{shown}, not {wanted}")
