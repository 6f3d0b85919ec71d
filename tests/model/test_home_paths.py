"""Paths below a home folder, and names that no user has."""

from pathlib import Path

import pytest

from wftui.model.user.home_paths import expanded


def test_a_tilde_is_the_home_folder() -> None:
    assert expanded("~/a") == Path.home() / "a"
    assert expanded("a/~") == Path("a/~")


@pytest.mark.parametrize("text", ["~nobody-of-this-name/a", "~a\0b", "~\ud800", "~\udcff/a"])
def test_a_path_of_an_unknown_user_is_as_it_was(text: str) -> None:
    assert expanded(text) == Path(text)
