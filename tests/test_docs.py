"""The pages of docs/ are what the code makes, and what they show as runnable runs."""

import runpy
from pathlib import Path

import pytest

MAKE = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "make.py"))


@pytest.mark.parametrize("name", sorted(MAKE["PAGES"]))
def test_a_page_is_current(name: str) -> None:
    assert (MAKE["HERE"] / name).read_text(encoding="utf-8") == MAKE["NOTE"] + MAKE["PAGES"][name]()
