"""Texts that a filter derives from a secret are secret, too."""

import pytest

from wftui.model.base import Json
from wftui.runtime.language.derived_secrets import note_result

SECRET = "correct-horse"


class Held:
    """Holds one secret, and keeps what is derived from it."""

    def __init__(self) -> None:
        self.derived: list[str] = []

    def holds_secret(self, text: str) -> bool:
        return SECRET in text

    def add_derived(self, text: str) -> None:
        self.derived.append(text)


@pytest.mark.parametrize(
    ("arguments", "result", "derived"),
    [
        ([SECRET], "esroh-tcerroc", ["esroh-tcerroc"]),
        ([{"key": f"Bearer {SECRET}", "to": "ada"}], ["sum", "ada"], ["sum"]),
        ([SECRET], f"<{SECRET}>", []),
        (["ada", 3], "ADA", []),
    ],
)
def test_what_is_derived_from_a_secret_is_kept(arguments: Json, result: Json, derived: list[str]) -> None:
    held = Held()
    note_result(held, arguments, result)
    assert held.derived == derived
