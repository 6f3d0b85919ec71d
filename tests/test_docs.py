"""The pages of docs/ are what the code makes."""

import pytest
from make import HERE, page, page_names


@pytest.mark.parametrize("name", page_names())
def test_a_page_is_current(name: str) -> None:
    assert (HERE / name).read_text(encoding="utf-8") == page(name)
